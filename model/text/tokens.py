"""Token ids, and what every tokenizer can do."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from model.text.normalise import normalise

PAD, UNK, BOS, EOS = range(4)
WINDOW = 256  # the width of every token tensor of a SavedModel
PROMPT_TOKENS = WINDOW - 2  # BOS before and a break behind


class Tokenizer(ABC):
    """Between normalised text and ids, with a line break as one token.

    `alphabet` holds the characters that are not unknown; `break_id` is the id of a line break.
    """

    normalisation: tuple[str, ...]
    vocabulary_size: int
    alphabet: frozenset[str]
    break_id: int

    def normalise(self, text: str) -> str:
        """Give `text` as the network sees it."""
        return normalise(text, self.normalisation)

    @abstractmethod
    def encode(self, text: str) -> list[int]:
        """Give the ids of a normalised text, UNK for what the vocabulary does not know."""

    @abstractmethod
    def decode(self, ids: Sequence[int]) -> str:
        """Give the text of `ids`; special ids are left out. An id out of range raises ValueError."""

    @abstractmethod
    def pieces(self, ids: Sequence[int]) -> list[str]:
        """Give each token as it is written in the vocabulary."""

    def encode_text(self, text: str) -> list[int]:
        """Give a whole normalised text as the network is trained on it: BOS, lines with breaks between, EOS."""
        return [BOS, *self.encode(text), EOS]

    def encode_prompt(self, prompt: str) -> tuple[list[int], bool]:
        """Give what the network reads of a prompt, BOS first and a break last, and whether it was cut to fit."""
        # Out before normalising, so that a line of unknown characters leaves no empty line.
        known = "".join(character for character in self.normalise(prompt) if character in self.alphabet)
        ids = self.encode(self.normalise(known))
        if not ids:
            return [BOS], False
        return [BOS, *ids[-PROMPT_TOKENS:], self.break_id], len(ids) > PROMPT_TOKENS
