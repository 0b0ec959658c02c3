"""Token ids, and what every tokenizer can do."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import takewhile

from model.text.normalise import BACKWARDS, normalise, turn
from model.text.turning import in_reading_order

PAD, UNK, BOS, EOS = range(4)
SPECIAL = ("<PAD>", "<UNK>", "<BOS>", "<EOS>")
WINDOW = 256  # the width of every token tensor of a SavedModel
PROMPT_TOKENS = WINDOW - 2  # BOS before and a break behind


class Tokenizer(ABC):
    """Between normalised text and ids, with a line break as one token.

    `alphabet` holds the characters that tokens are made of; `break_id` is the id of a line break. With `backwards`
    the network reads and writes the words of each line in reverse order, and ids are always in the network's order.
    Text is in the order of reading, but for that of `texts`.
    """

    alphabet: frozenset[str]

    def __init__(self, pieces: Sequence[str], break_id: int, normalisation: Sequence[str]) -> None:
        self._pieces = tuple(pieces)
        self.vocabulary_size = len(self._pieces)
        self.break_id = break_id
        self.normalisation = tuple(normalisation)
        self.backwards = BACKWARDS in self.normalisation

    def normalise(self, text: str) -> str:
        """Return `text` as the network sees it, in the order of reading."""
        return normalise(text, self.normalisation)

    def turn(self, text: str) -> str:
        """Return a text that is in the order of reading in that of the network, and the other way round."""
        return turn(text) if self.backwards else text

    def encode(self, text: str) -> list[int]:
        """Return the ids of a normalised text, UNK for what the vocabulary does not know."""
        return self._encode(self.turn(text))

    @abstractmethod
    def _encode(self, text: str) -> list[int]:
        """Return the ids of a normalised text that is in the network's order."""

    def known(self, text: str) -> str:
        """Return a normalised text without what the vocabulary does not know."""
        return "".join(character for character in text if character in self.alphabet)

    def texts(self, ids: Sequence[int], after: Sequence[int] = ()) -> list[str]:
        """Return what each of `ids` adds to the text of `after`, in the order of writing; special ids add nothing.

        Put together they are the text, which with `backwards` is still to be turned. An id out of range raises
        ValueError.
        """
        line = list(takewhile(lambda id_: id_ != self.break_id, reversed(after)))[::-1]
        return self._print([*line, *ids])[len(line) :]

    def reading(self, ids: Sequence[int], after: Sequence[int] = ()) -> list[tuple[int, str]]:
        """Return for each of `ids`, in the order of reading, its place in `ids` and its text.

        Put together the texts are those of `decode`. An id out of range raises ValueError.
        """
        texts = self.texts(ids, after)
        return in_reading_order(texts) if self.backwards else list(enumerate(texts))

    def decode(self, ids: Sequence[int], after: Sequence[int] = ()) -> str:
        """Return the text of `ids`, as it goes on after that of `after`. An id out of range raises ValueError.

        With `backwards` what is written of an unfinished line is the end of that line.
        """
        return self.turn("".join(self.texts(ids, after)))

    @abstractmethod
    def _print(self, ids: Sequence[int]) -> list[str]:
        """Return the text that each of `ids` adds, from the start of a line."""

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """Return each token as it is written in the vocabulary. An id out of range raises ValueError."""
        for id_ in ids:
            if not 0 <= id_ < self.vocabulary_size:
                raise ValueError(f"there is no token {id_}: the ids are 0 to {self.vocabulary_size - 1}")
        return [self._pieces[id_] for id_ in ids]

    def encode_text(self, text: str) -> list[int]:
        """Return a whole normalised text as the network is trained on it: BOS, lines with breaks between, EOS."""
        return [BOS, *self.encode(text), EOS]

    def encode_prompt(self, prompt: str, *, with_break: bool = True) -> tuple[list[int], bool]:
        """Return what the network reads of a prompt, BOS first, and whether it was cut to fit.

        A break comes last, or with `with_break` false nothing, so that the text goes on in the same line.
        """
        lines = [(line, self.known(line)) for line in self.normalise(prompt).split("\n")]
        # A line of unknown characters goes with its end: empty, it would be a stanza's.
        text = "\n".join(known for line, known in lines if known.strip() or not line)
        ids = [id_ for id_ in self.encode(self.normalise(text)) if id_ != UNK]
        if not ids:
            return [BOS], False
        return [BOS, *ids[-PROMPT_TOKENS:], *[self.break_id] * with_break], len(ids) > PROMPT_TOKENS
