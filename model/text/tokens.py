"""Token ids, and the interface of every tokenizer."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import takewhile

from model.text.normalise import BACKWARDS, normalise, turn
from model.text.turning import in_reading_order

PAD, UNK, BOS, EOS = range(4)
SPECIAL = ("<PAD>", "<UNK>", "<BOS>", "<EOS>")
WINDOW = 256  # the width of every token tensor of a SavedModel
PROMPT_TOKENS = WINDOW - 2  # leaving room for BOS before and a break after
# The sizes of the signature `lines`.
CANDIDATES = 32  # lines written for each poem
START_TOKENS = 8  # that a candidate can be told to begin with
LINE_TOKENS = 32  # of a candidate, its start and its end included


def window(tokens: Sequence[int], count: int = WINDOW) -> list[int]:
    """Return the last `count` tokens, padded to WINDOW: the input of a SavedModel."""
    read = list(tokens[-count:])
    return read + [PAD] * (WINDOW - len(read))


class Tokenizer(ABC):
    """Converts between normalised text and ids, with a line break as one token.

    `alphabet` is the set of characters that tokens consist of; `break_id` is the id of a line break. With `backwards`
    the network reads and writes the words of each line in reverse order. Ids are always in the network's order; text
    is in reading order, except in `texts`.
    """

    alphabet: frozenset[str]

    def __init__(self, pieces: Sequence[str], break_id: int, normalisation: Sequence[str]) -> None:
        self._pieces = tuple(pieces)
        self.vocabulary_size = len(self._pieces)
        self.break_id = break_id
        self.normalisation = tuple(normalisation)
        self.backwards = BACKWARDS in self.normalisation

    def normalise(self, text: str) -> str:
        """Return `text` normalised, in reading order."""
        return normalise(text, self.normalisation)

    def turn(self, text: str) -> str:
        """Convert a text from reading order to the network's order, or back."""
        return turn(text) if self.backwards else text

    def encode(self, text: str) -> list[int]:
        """Return the ids of a normalised text, with UNK for anything outside the vocabulary."""
        return self._encode(self.turn(text))

    @abstractmethod
    def _encode(self, text: str) -> list[int]:
        """Return the ids of a normalised text given in the network's order."""

    def known(self, text: str) -> str:
        """Return a normalised text without anything outside the vocabulary."""
        return "".join(character for character in text if character in self.alphabet)

    def texts(self, ids: Sequence[int], after: Sequence[int] = ()) -> list[str]:
        """Return the text that each of `ids` adds after `after`, in the network's order; special ids add nothing.

        Joined they are the text, which with `backwards` must still be passed to `turn`. An id out of range raises
        ValueError.
        """
        line = list(takewhile(lambda id_: id_ != self.break_id, reversed(after)))[::-1]
        return self._print([*line, *ids])[len(line) :]

    def reading(self, ids: Sequence[int], after: Sequence[int] = ()) -> list[tuple[int, str]]:
        """Return the index in `ids` and the text of each token, in reading order.

        Joined, the texts equal the result of `decode`. An id out of range raises ValueError.
        """
        texts = self.texts(ids, after)
        return in_reading_order(texts) if self.backwards else list(enumerate(texts))

    def decode(self, ids: Sequence[int], after: Sequence[int] = ()) -> str:
        """Return the text of `ids` as a continuation of `after`. An id out of range raises ValueError.

        With `backwards`, the words of an unfinished line are its last ones.
        """
        return self.turn("".join(self.texts(ids, after)))

    @abstractmethod
    def _print(self, ids: Sequence[int]) -> list[str]:
        """Return the text that each of `ids` adds, beginning at the start of a line."""

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """Return each token as it is spelled in the vocabulary. An id out of range raises ValueError."""
        for id_ in ids:
            if not 0 <= id_ < self.vocabulary_size:
                raise ValueError(f"there is no token {id_}: the ids are 0 to {self.vocabulary_size - 1}")
        return [self._pieces[id_] for id_ in ids]

    def encode_text(self, text: str) -> list[int]:
        """Return the ids of a whole normalised text, as used in training: BOS, the lines separated by breaks, EOS."""
        return [BOS, *self.encode(text), EOS]

    def encode_prompt(self, prompt: str, *, with_break: bool = True) -> tuple[list[int], bool]:
        """Return the ids that the network reads for a prompt, BOS first, and whether the prompt was truncated.

        A break comes last, unless `with_break` is false: then the text continues the prompt's last line.
        """
        lines = [(line, self.known(line)) for line in self.normalise(prompt).split("\n")]
        # Drop a line of unknown characters together with its break: left empty, it would be a stanza break.
        text = "\n".join(known for line, known in lines if known.strip() or not line)
        ids = [id_ for id_ in self.encode(self.normalise(text)) if id_ != UNK]
        if not ids:
            return [BOS], False
        return [BOS, *ids[-PROMPT_TOKENS:], *[self.break_id] * with_break], len(ids) > PROMPT_TOKENS
