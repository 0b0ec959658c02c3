"""Tokens by YouTokenToMe's byte pair encoding."""

import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import youtokentome

from model.text.normalise import BREAK, WORD_START
from model.text.tokens import BOS, EOS, PAD, SPECIAL, UNK, Tokenizer

_SPACED_BREAK = f" {BREAK} "


class BpeTokenizer(Tokenizer):
    """A trained YouTokenToMe vocabulary in which a line break is one token, ValueError where it is none.

    Every normalised text of its alphabet comes back exactly; of a run of unknown characters nothing does.
    """

    def __init__(self, path: Path, normalisation: Sequence[str]) -> None:
        self._bpe = youtokentome.BPE(str(path))
        pieces = self._bpe.vocab()
        super().__init__(pieces, self._bpe.subword_to_id(WORD_START + BREAK), normalisation)
        if self.break_id <= EOS:
            raise ValueError("the line break is no token")
        self.alphabet = frozenset("".join(pieces[EOS + 1 :])) | {" ", "\n"}

    @classmethod
    def read(cls, data: bytes, normalisation: Sequence[str]) -> Self:
        """Read a model from its bytes. ValueError where they are none."""
        _check(data)
        with tempfile.NamedTemporaryFile(suffix=".model") as file:  # YouTokenToMe reads from a path only
            file.write(data)
            file.flush()
            return cls(Path(file.name), normalisation)

    def _encode(self, text: str) -> list[int]:
        """Return the ids of a text, UNK for a run of characters that the vocabulary does not know."""
        ids: list[int] = self._bpe.encode(text.replace("\n", _SPACED_BREAK))
        return ids

    def _print(self, ids: Sequence[int]) -> list[str]:
        texts, is_start, spaced = list[str](), True, False
        for id_, piece in zip(ids, self.pieces(ids), strict=True):
            if id_ == self.break_id:
                texts.append("\n")
                is_start, spaced = True, False
                continue
            # The marks are tokens of their own too, which no text has and a network may still draw: they are not shown.
            body = "" if id_ <= EOS else piece.replace(WORD_START, "").replace(BREAK, "")
            spaced = spaced or piece.startswith(WORD_START)
            texts.append(" " + body if body and spaced and not is_start else body)
            is_start, spaced = is_start and not body, spaced and not body
        return texts


def _check(data: bytes) -> None:
    """Raise ValueError for what is no model of YouTokenToMe, which would take the process down with it.

    A model is the counts of characters and pairs, a code point and an id for each character, two parts and an id for
    each pair, and the special ids. The ids are those after the special ones, and of the pairs in their order.
    """
    numbers = (
        [int(number) for number in data.split()] if re.fullmatch(rb"(?:[0-9]{1,7}\s+)*[0-9]{1,7}\s*", data) else []
    )
    characters, pairs = numbers[:2] if len(numbers) > 1 else (0, 0)
    parts, first = 2 + 2 * characters, len(SPECIAL) + characters
    points, ids, rules = numbers[2:parts:2], numbers[3:parts:2], numbers[parts : -len(SPECIAL)]
    if (
        not characters
        or len(numbers) != parts + 3 * pairs + len(SPECIAL)
        or max(points) > sys.maxunicode
        or sorted(ids) != list(range(len(SPECIAL), first))
        or rules[2::3] != list(range(first, first + pairs))
        or any(max(rules[i : i + 2]) >= rules[i + 2] for i in range(0, 3 * pairs, 3))
        or numbers[-len(SPECIAL) :] != [UNK, PAD, BOS, EOS]
    ):
        raise ValueError("the model of YouTokenToMe is broken")
