"""A word-level tokenizer, as in textgenrnn: lower case, punctuation split off, spaces restored when decoding."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Self, get_args

from model.text.normalise import normalise
from model.text.tokens import EOS, SPECIAL, UNK, Tokenizer
from model.text.vocabulary import BREAK_ID, LINE_BREAK, check_tokens, read_vocabulary, write_vocabulary

KIND = "words"
LAST_KEPT = 0xFFFF  # code points whose shape is cached: others are rare, and hostile texts may hold a million
# The spacing of a mark: a space on both sides; none on its left, its right or both; or, as for straight quotes,
# alternately none on its right (opening) and none on its left (closing).
Spacing = Literal["apart", "left", "right", "both", "paired"]
_GLUED = {"apart": (False, False), "left": (True, False), "right": (False, True), "both": (True, True)}

# Matched against a text with "a" for each letter and "0" for each digit: a word, possibly with inner apostrophes,
# hyphens or decimal points; up to three of the same mark; or a line break.
_TOKEN = re.compile(r"[a0]+(?:['’‐‑-][a0]+|(?<=0)[.,:]0[a0]*)*|([^\sa0])\1{0,2}|\n")


class _Shapes(dict[int, str]):
    def __missing__(self, code: int) -> str:
        character = chr(code)
        kind = unicodedata.category(character)
        # Combining vowel signs, as in Indic scripts, count as letters.
        is_mark = character.isspace() or (kind[0] in "PS" and character != "_")
        shape = character if is_mark else "0" if kind == "Nd" else "a"
        if code <= LAST_KEPT:
            self[code] = shape
        return shape


_SHAPES = _Shapes()


def spans(text: str) -> list[tuple[int, int]]:
    """Return the start and the end of each token in a text."""
    return [match.span() for match in _TOKEN.finditer(text.translate(_SHAPES))]


def split(text: str) -> list[str]:
    """Return the tokens of a text: words, marks and line breaks."""
    return [text[start:end] for start, end in spans(text)]


def is_word(token: str) -> bool:
    """Return whether a token is a word rather than a mark."""
    return _SHAPES[ord(token[0])] in ("a", "0")


def small(text: str, steps: Sequence[str]) -> str:
    """Return `text` normalised and in lower case. Lowering may allow new compositions, so the steps run again."""
    return normalise(normalise(text, steps).lower(), steps)


@dataclass
class _Line:
    """The state of printing one line."""

    spacing: Mapping[str, Spacing]
    run: list[str] = field(default_factory=list)  # the last tokens, at most two, without a space between them
    glued: bool = False  # the last token has no space on its right
    open: set[str] = field(default_factory=set)

    def add(self, token: str) -> str:
        """Return `token`, preceded by a space if one separates it from the token before."""
        left, right = self._sides(token)
        glued, self.glued = self.glued or left, right
        # Keep the space where without it the text would be split differently, as in "it' s".
        together = [*self.run, token]
        if not self.run or (glued and split("".join(together)) == together):
            self.run = together[-2:]
            return token
        self.run = [token]
        return " " + token

    def _sides(self, token: str) -> tuple[bool, bool]:
        kind = self.spacing.get(token, "apart")
        if kind != "paired":
            return _GLUED[kind]
        self.open ^= {token}
        return token not in self.open, token in self.open


def printed(tokens: Iterable[str], spacing: Mapping[str, Spacing]) -> list[str]:
    """Return each token with the space before it, if any; empty tokens stay empty."""
    line, texts = _Line(spacing), []
    for token in tokens:
        if token == LINE_BREAK:
            line = _Line(spacing)
        texts.append(line.add(token) if token.strip() else token)
    return texts


class WordTokenizer(Tokenizer):
    """A tokenizer whose tokens are lower-case words, punctuation marks and line breaks.

    Normalising lowers the case and spaces the marks by `spacing`, as is most frequent in the corpus. Encoding and
    decoding a text normalised in this way is lossless if all its words are known; capitals and unusual spacing are
    lost, and an unknown word becomes one UNK, which decodes to nothing. Scripts without spaces between words need the
    tokenizers `characters` or `bpe`.
    """

    def __init__(self, tokens: Sequence[str], spacing: Mapping[str, Spacing], normalisation: Sequence[str]) -> None:
        """Create a tokenizer for these tokens, the line break first, and the spacing of each mark among them.

        ValueError if they are not valid.
        """
        check_tokens(tokens)
        for token in tokens:
            if split(token) != [token] or token.lower() != token:
                raise ValueError(f"{token!r} is neither a word nor a mark")
        if set(spacing) != {token for token in tokens[1:] if not is_word(token)}:
            raise ValueError("the spacing does not match the marks")
        if not all(isinstance(kind, str) and kind in get_args(Spacing) for kind in spacing.values()):
            raise ValueError(f"a spacing must be one of {', '.join(get_args(Spacing))}")
        super().__init__([*SPECIAL, *tokens], BREAK_ID, normalisation)
        self.alphabet = frozenset("".join(tokens)) | {" "}
        self._spacing = dict(spacing)
        self._ids = {token: id_ for id_, token in enumerate(tokens, BREAK_ID)}

    @classmethod
    def read(cls, data: bytes, normalisation: Sequence[str]) -> Self:
        """Read a vocabulary file. ValueError if it is not valid."""
        table = read_vocabulary(data, KIND, spacing=dict)
        return cls(table["tokens"], table["spacing"], normalisation)

    def to_bytes(self) -> bytes:
        """Return the contents of the vocabulary file."""
        return write_vocabulary(KIND, self._pieces[BREAK_ID:], spacing=self._spacing)

    def normalise(self, text: str) -> str:
        """Return `text` normalised: in lower case, and spaced as it will be printed."""
        # A hyphen that gains spaces may become a dash, so the steps run once more.
        return self._spaced(super().normalise(self._spaced(small(text, self.normalisation))))

    def _spaced(self, text: str) -> str:
        return "".join(printed(split(text), self._spacing))

    def known(self, text: str) -> str:
        """Return a normalised text with a space in place of each word and mark outside the vocabulary."""
        parts, end = list[str](), 0
        for start, stop in spans(text):
            parts += [text[end:start], text[start:stop] if text[start:stop] in self._ids else " "]
            end = stop
        return "".join([*parts, text[end:]])

    def _encode(self, text: str) -> list[int]:
        """Return the ids of a text, with UNK for each word and mark outside the vocabulary."""
        return [self._ids.get(token, UNK) for token in split(text)]

    def _print(self, ids: Sequence[int]) -> list[str]:
        return printed(["" if id_ <= EOS else p for id_, p in zip(ids, self.pieces(ids), strict=True)], self._spacing)
