"""A byte pair encoding tokenizer, using YouTokenToMe."""

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
    """A trained YouTokenToMe vocabulary in which a line break is one token; ValueError if it is not.

    Encoding and decoding a normalised text in its alphabet is lossless; runs of unknown characters are dropped.
    """

    def __init__(self, path: Path, normalisation: Sequence[str]) -> None:
        self._bpe = youtokentome.BPE(str(path))
        pieces = self._bpe.vocab()
        super().__init__(pieces, self._bpe.subword_to_id(WORD_START + BREAK), normalisation)
        if self.break_id <= EOS:
            raise ValueError("the line break is not a token")
        self.alphabet = frozenset("".join(pieces[EOS + 1 :])) | {" ", "\n"}

    @classmethod
    def read(cls, data: bytes, normalisation: Sequence[str]) -> Self:
        """Read a model from its bytes. ValueError if they are not a valid model."""
        _check(data)
        with tempfile.NamedTemporaryFile(suffix=".model") as file:  # YouTokenToMe reads from a path only
            file.write(data)
            file.flush()
            return cls(Path(file.name), normalisation)

    def _encode(self, text: str) -> list[int]:
        """Return the ids of a text, with one UNK for each run of characters outside the vocabulary."""
        ids: list[int] = self._bpe.encode(text.replace("\n", _SPACED_BREAK))
        return ids

    def _print(self, ids: Sequence[int]) -> list[str]:
        texts, is_start, spaced = list[str](), True, False
        for id_, piece in zip(ids, self.pieces(ids), strict=True):
            if id_ == self.break_id:
                texts.append("\n")
                is_start, spaced = True, False
                continue
            # The marks are also tokens of their own. No text contains them, but a network may draw them: hide them.
            body = "" if id_ <= EOS else piece.replace(WORD_START, "").replace(BREAK, "")
            spaced = spaced or piece.startswith(WORD_START)
            texts.append(" " + body if body and spaced and not is_start else body)
            is_start, spaced = is_start and not body, spaced and not body
        return texts


def _check(data: bytes) -> None:
    """Raise ValueError if `data` is not a valid YouTokenToMe model, since loading one would crash the process.

    A model holds the numbers of characters and pairs, a code point and an id for each character, two parts and an id
    for each pair, and the special ids. Ids follow the special ones: first the characters', then the pairs' in order.
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
        raise ValueError("the YouTokenToMe model is invalid")
