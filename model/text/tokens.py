"""Between text and token ids, by YouTokenToMe."""

from collections.abc import Sequence
from pathlib import Path

import youtokentome

from model.text.normalise import BREAK, normalise

PAD, UNK, BOS, EOS = range(4)
WINDOW = 256  # the width of every token tensor of a SavedModel
PROMPT_TOKENS = WINDOW - 2  # BOS before and a break behind

_SPACED_BREAK = f" {BREAK} "


class BpeTokenizer:
    """A trained YouTokenToMe vocabulary in which a line break is one token."""

    def __init__(self, path: Path, normalisation: Sequence[str]) -> None:
        self._bpe = youtokentome.BPE(str(path))
        self.normalisation = tuple(normalisation)
        self.vocabulary_size: int = self._bpe.vocab_size()
        self.alphabet = frozenset("".join(self._bpe.vocab()[EOS + 1 :])) | {" ", "\n"}
        self.break_id: int = self._bpe.subword_to_id("\u2581" + BREAK)

    def normalise(self, text: str) -> str:
        """Give `text` as the network sees it."""
        return normalise(text, self.normalisation)

    def encode(self, text: str) -> list[int]:
        """Give the ids of a normalised text, UNK where the vocabulary has no character for it."""
        ids: list[int] = self._bpe.encode(text.replace("\n", _SPACED_BREAK))
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Give the text of `ids`; special ids are left out. An id out of range raises ValueError."""
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

    def encode_text(self, text: str) -> list[int]:
        """Give a whole text as the network is trained on it: BOS, lines with breaks between, EOS."""
        return [BOS, *self.encode(text), EOS]

    def encode_prompt(self, prompt: str) -> tuple[list[int], bool]:
        """Give what the network reads of a prompt, BOS first and a break last, and whether it was cut to fit."""
        # Out before normalising, so that a line of unknown characters leaves no empty line.
        known = "".join(character for character in self.normalise(prompt) if character in self.alphabet)
        ids = self.encode(self.normalise(known))
        if not ids:
            return [BOS], False
        return [BOS, *ids[-PROMPT_TOKENS:], self.break_id], len(ids) > PROMPT_TOKENS
