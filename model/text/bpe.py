"""Tokens by YouTokenToMe's byte pair encoding."""

from collections.abc import Sequence
from pathlib import Path

import youtokentome

from model.text.normalise import BREAK
from model.text.tokens import BOS, EOS, PAD, UNK, Tokenizer

_SPACED_BREAK = f" {BREAK} "


class BpeTokenizer(Tokenizer):
    """A trained YouTokenToMe vocabulary in which a line break is one token."""

    def __init__(self, path: Path, normalisation: Sequence[str]) -> None:
        self._bpe = youtokentome.BPE(str(path))
        self.normalisation = tuple(normalisation)
        self.vocabulary_size: int = self._bpe.vocab_size()
        self.alphabet = frozenset("".join(self._bpe.vocab()[EOS + 1 :])) | {" ", "\n"}
        self.break_id: int = self._bpe.subword_to_id("\u2581" + BREAK)

    def encode(self, text: str) -> list[int]:
        """Give the ids of a normalised text, UNK for a run of characters that the vocabulary does not know."""
        ids: list[int] = self._bpe.encode(text.replace("\n", _SPACED_BREAK))
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Give the text of `ids`, special ids left out. An id out of range raises ValueError."""
        lines: list[list[int]] = [[]]
        for id_ in ids:
            if id_ == self.break_id:
                lines.append([])
            else:
                lines[-1].append(id_)
        texts: list[str] = self._bpe.decode(lines, ignore_ids=[PAD, UNK, BOS, EOS])
        # The marks are tokens of their own too, which no text has and a network may still draw: they are not shown.
        return "\n".join(" ".join(text.replace(BREAK, "").split()) for text in texts)

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """Give each token as it is written in the vocabulary."""
        return [self._bpe.id_to_subword(id_) for id_ in ids]
