"""A character-level tokenizer, as in torch-rnn."""

from collections.abc import Sequence
from typing import Self

from model.text.tokens import EOS, SPECIAL, UNK, Tokenizer
from model.text.vocabulary import BREAK_ID, check_tokens, read_vocabulary, write_vocabulary

KIND = "characters"


class CharacterTokenizer(Tokenizer):
    """A tokenizer whose tokens are the code points of a corpus, of any script, including space and line break.

    Encoding and decoding a normalised text in its alphabet is lossless. Every other character becomes one UNK, which
    decodes to nothing. A character that readers see as one but Unicode encodes as several is several tokens.
    """

    def __init__(self, characters: Sequence[str], normalisation: Sequence[str]) -> None:
        """Create a tokenizer for these characters, the line break first. ValueError if they are not valid."""
        check_tokens(characters)
        if any(len(character) != 1 for character in characters):
            raise ValueError("a token is longer than one character")
        super().__init__([*SPECIAL, *characters], BREAK_ID, normalisation)
        self.alphabet = frozenset(characters)
        self._ids = {character: id_ for id_, character in enumerate(characters, BREAK_ID)}

    @classmethod
    def read(cls, data: bytes, normalisation: Sequence[str]) -> Self:
        """Read a vocabulary file. ValueError if it is not valid."""
        return cls(read_vocabulary(data, KIND)["tokens"], normalisation)

    def to_bytes(self) -> bytes:
        """Return the contents of the vocabulary file."""
        return write_vocabulary(KIND, self._pieces[BREAK_ID:])

    def _encode(self, text: str) -> list[int]:
        """Return the ids of a text, UNK for each character that is not in the alphabet."""
        return [self._ids.get(character, UNK) for character in text]

    def _print(self, ids: Sequence[int]) -> list[str]:
        return ["" if id_ <= EOS else piece for id_, piece in zip(ids, self.pieces(ids), strict=True)]
