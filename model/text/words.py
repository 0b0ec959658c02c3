"""Words as tokens, as textgenrnn has them: small letters, punctuation apart, spaces restored when printed."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Self, get_args

from model.text.normalise import normalise
from model.text.tokens import EOS, SPECIAL, UNK, Tokenizer
from model.text.vocabulary import BREAK_ID, LINE_BREAK, check_tokens, read_vocabulary, write_vocabulary

KIND = "words"
LAST_KEPT = 0xFFFF  # code points whose shape is remembered: few texts have others, and hostile ones have a million
# How a mark stands: with a space on both sides, without one on its left, its right or both, or like a straight quote
# without one on its right the first time in a line, on its left the second.
Spacing = Literal["apart", "left", "right", "both", "paired"]
_GLUED = {"apart": (False, False), "left": (True, False), "right": (False, True), "both": (True, True)}

# Over a text whose letters are a and digits are 0: a word, perhaps with apostrophes, hyphens or a decimal point inside;
# up to three of one mark in a row; a line break.
_TOKEN = re.compile(r"[a0]+(?:['’‐‑-][a0]+|(?<=0)[.,:]0[a0]*)*|([^\sa0])\1{0,2}|\n")


class _Shapes(dict[int, str]):
    def __missing__(self, code: int) -> str:
        character = chr(code)
        kind = unicodedata.category(character)
        # The marks of Indic vowels and the like are letters here.
        is_mark = character.isspace() or (kind[0] in "PS" and character != "_")
        shape = character if is_mark else "0" if kind == "Nd" else "a"
        if code <= LAST_KEPT:
            self[code] = shape
        return shape


_SHAPES = _Shapes()


def spans(text: str) -> list[tuple[int, int]]:
    """Return where each token of a text starts and ends."""
    return [match.span() for match in _TOKEN.finditer(text.translate(_SHAPES))]


def split(text: str) -> list[str]:
    """Return the tokens of a text: words, marks and line breaks."""
    return [text[start:end] for start, end in spans(text)]


def is_word(token: str) -> bool:
    """Return whether a token is a word and no mark."""
    return _SHAPES[ord(token[0])] in ("a", "0")


def small(text: str, steps: Sequence[str]) -> str:
    """Return `text` normalised and in small letters, which the steps see too: two may compose that no capitals do."""
    return normalise(normalise(text, steps).lower(), steps)


@dataclass
class _Line:
    """A line that is being printed."""

    spacing: Mapping[str, Spacing]
    run: list[str] = field(default_factory=list)  # the last tokens, two at most, that no space parts
    glued: bool = False  # the last token has no space on its right
    open: set[str] = field(default_factory=set)

    def add(self, token: str) -> str:
        """Return `token` with the space that parts it from the one before."""
        left, right = self._sides(token)
        glued, self.glued = self.glued or left, right
        # What without a space would be read as other tokens, as "it' s", keeps one.
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
    """Return each token with the space that it has before it; an empty one stays so."""
    line, texts = _Line(spacing), []
    for token in tokens:
        if token == LINE_BREAK:
            line = _Line(spacing)
        texts.append(line.add(token) if token.strip() else token)
    return texts


class WordTokenizer(Tokenizer):
    """Words in small letters, marks of punctuation and line breaks as tokens.

    Normalising makes letters small, and spaces those that `spacing` has for the marks: as the corpus mostly wrote
    them. A text that was normalised so, and all of whose words are known, comes back exactly; capitals and unusual
    spaces are lost, and of an unknown word, one UNK, nothing comes back. A script that writes no spaces between words
    makes one word of many: characters or bpe are for those.
    """

    def __init__(self, tokens: Sequence[str], spacing: Mapping[str, Spacing], normalisation: Sequence[str]) -> None:
        """Make a tokenizer of the tokens that it knows, the line break first, and how each mark among them stands.

        ValueError where they are none.
        """
        check_tokens(tokens)
        for token in tokens:
            if split(token) != [token] or token.lower() != token:
                raise ValueError(f"{token!r} is no word and no mark")
        if set(spacing) != {token for token in tokens[1:] if not is_word(token)}:
            raise ValueError("the spacing is not that of the marks")
        if not all(isinstance(kind, str) and kind in get_args(Spacing) for kind in spacing.values()):
            raise ValueError(f"a spacing is none of {', '.join(get_args(Spacing))}")
        super().__init__([*SPECIAL, *tokens], BREAK_ID, normalisation)
        self.alphabet = frozenset("".join(tokens)) | {" "}
        self._spacing = dict(spacing)
        self._ids = {token: id_ for id_, token in enumerate(tokens, BREAK_ID)}

    @classmethod
    def read(cls, data: bytes, normalisation: Sequence[str]) -> Self:
        """Read a vocabulary file. ValueError where it is none."""
        table = read_vocabulary(data, KIND, spacing=dict)
        return cls(table["tokens"], table["spacing"], normalisation)

    def to_bytes(self) -> bytes:
        """Return the vocabulary file."""
        return write_vocabulary(KIND, self._pieces[BREAK_ID:], spacing=self._spacing)

    def normalise(self, text: str) -> str:
        """Return `text` as the network sees it: in small letters, and spaced as it will be printed."""
        # A hyphen that is given its spaces may be a dash to the steps, so they have another look.
        return self._spaced(super().normalise(self._spaced(small(text, self.normalisation))))

    def _spaced(self, text: str) -> str:
        return "".join(printed(split(text), self._spacing))

    def known(self, text: str) -> str:
        """Return a normalised text with a space for each word and mark that the vocabulary does not know."""
        parts, end = list[str](), 0
        for start, stop in spans(text):
            parts += [text[end:start], text[start:stop] if text[start:stop] in self._ids else " "]
            end = stop
        return "".join([*parts, text[end:]])

    def _encode(self, text: str) -> list[int]:
        """Return the ids of a text, UNK for each word and mark that the vocabulary does not know."""
        return [self._ids.get(token, UNK) for token in split(text)]

    def _print(self, ids: Sequence[int]) -> list[str]:
        return printed(["" if id_ <= EOS else p for id_, p in zip(ids, self.pieces(ids), strict=True)], self._spacing)
