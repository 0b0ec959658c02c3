"""Characters as tokens, as torch-rnn has them."""

from collections.abc import Sequence
from typing import Self

from model.text.tokens import EOS, SPECIAL, UNK, Tokenizer
from model.text.vocabulary import BREAK_ID, check_tokens, read_vocabulary, write_vocabulary

KIND = "characters"


class CharacterTokenizer(Tokenizer):
    """Each code point of a corpus is a token, of any script, the space and the line break among them.

    Every normalised text of its alphabet comes back exactly. Every other character is UNK, one for each, and of UNK
    nothing comes back. What a reader takes for one character and Unicode for several is several tokens.
    """

    def __init__(self, characters: Sequence[str], normalisation: Sequence[str]) -> None:
        """Make a tokenizer of the characters that it knows, the line break first. ValueError where they are none."""
        check_tokens(characters)
        if any(len(character) != 1 for character in characters):
            raise ValueError("a token is longer than one character")
        super().__init__([*SPECIAL, *characters], BREAK_ID, normalisation)
        self.alphabet = frozenset(characters)
        self._ids = {character: id_ for id_, character in enumerate(characters, BREAK_ID)}

    @classmethod
    def read(cls, data: bytes, normalisation: Sequence[str]) -> Self:
        """Read a vocabulary file. ValueError where it is none."""
        return cls(read_vocabulary(data, KIND)["tokens"], normalisation)

    def to_bytes(self) -> bytes:
        """Return the vocabulary file."""
        return write_vocabulary(KIND, self._pieces[BREAK_ID:])

    def _encode(self, text: str) -> list[int]:
        """Return the ids of a text, UNK for each character that is not in the alphabet."""
        return [self._ids.get(character, UNK) for character in text]

    def _print(self, ids: Sequence[int]) -> list[str]:
        return ["" if id_ <= EOS else piece for id_, piece in zip(ids, self.pieces(ids), strict=True)]
