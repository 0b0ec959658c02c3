"""Token ids, and what every tokenizer can do."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import takewhile

from model.text.normalise import normalise

PAD, UNK, BOS, EOS = range(4)
SPECIAL = ("<PAD>", "<UNK>", "<BOS>", "<EOS>")
WINDOW = 256  # the width of every token tensor of a SavedModel
PROMPT_TOKENS = WINDOW - 2  # BOS before and a break behind


class Tokenizer(ABC):
    """Between normalised text and ids, with a line break as one token.

    `alphabet` holds the characters that tokens are made of; `break_id` is the id of a line break.
    """

    alphabet: frozenset[str]

    def __init__(self, pieces: Sequence[str], break_id: int, normalisation: Sequence[str]) -> None:
        self._pieces = tuple(pieces)
        self.vocabulary_size = len(self._pieces)
        self.break_id = break_id
        self.normalisation = tuple(normalisation)

    def normalise(self, text: str) -> str:
        """Give `text` as the network sees it."""
        return normalise(text, self.normalisation)

    @abstractmethod
    def encode(self, text: str) -> list[int]:
        """Give the ids of a normalised text, UNK for what the vocabulary does not know."""

    def known(self, text: str) -> str:
        """Give a normalised text without what the vocabulary does not know."""
        return "".join(character for character in text if character in self.alphabet)

    def texts(self, ids: Sequence[int], after: Sequence[int] = ()) -> list[str]:
        """Give what each of `ids` adds to the text of `after`; special ids add nothing.

        Put together they are the text. An id out of range raises ValueError.
        """
        line = list(takewhile(lambda id_: id_ != self.break_id, reversed(after)))[::-1]
        return self._print([*line, *ids])[len(line) :]

    def decode(self, ids: Sequence[int], after: Sequence[int] = ()) -> str:
        """Give the text of `ids`, as it goes on after that of `after`. An id out of range raises ValueError."""
        return "".join(self.texts(ids, after))

    @abstractmethod
    def _print(self, ids: Sequence[int]) -> list[str]:
        """Give the text that each of `ids` adds, from the start of a line."""

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """Give each token as it is written in the vocabulary. An id out of range raises ValueError."""
        for id_ in ids:
            if not 0 <= id_ < self.vocabulary_size:
                raise ValueError(f"there is no token {id_}: the ids are 0 to {self.vocabulary_size - 1}")
        return [self._pieces[id_] for id_ in ids]

    def encode_text(self, text: str) -> list[int]:
        """Give a whole normalised text as the network is trained on it: BOS, lines with breaks between, EOS."""
        return [BOS, *self.encode(text), EOS]

    def encode_prompt(self, prompt: str, *, with_break: bool = True) -> tuple[list[int], bool]:
        """Give what the network reads of a prompt, BOS first, and whether it was cut to fit.

        A break comes last, or with `with_break` false nothing, so that the text goes on in the same line.
        """
        lines = [(line, self.known(line)) for line in self.normalise(prompt).split("\n")]
        # A line of unknown characters goes with its end: empty, it would be a stanza's.
        text = "\n".join(known for line, known in lines if known.strip() or not line)
        ids = [id_ for id_ in self.encode(self.normalise(text)) if id_ != UNK]
        if not ids:
            return [BOS], False
        return [BOS, *ids[-PROMPT_TOKENS:], *[self.break_id] * with_break], len(ids) > PROMPT_TOKENS
