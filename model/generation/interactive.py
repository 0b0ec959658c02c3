"""Interactive generation: the user picks every token from a menu of the most likely ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from model.generation.reader import Reader
from model.generation.request import whole
from model.networks.network import Network
from model.text.normalise import WORD_START
from model.text.poem import compose
from model.text.release import TextRelease
from model.text.sampling import DecodingState, Stop, allowed
from model.text.tokens import EOS, UNK

MAX_MENU = 50
MAX_OWN = 2000  # characters
HELP = "a number: that token   o: write your own   x: take back   s: stop"


@dataclass
class Session:
    """A text built from pieces, which can be taken back: picked tokens, or the user's own text."""

    network: Network
    release: TextRelease
    prompt: str
    top_n: int
    pieces: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        whole("top_n", self.top_n, 1, MAX_MENU)
        self._reader, release = Reader(self.network), self.release
        self._read, _ = release.tokenizer.encode_prompt(self.prompt, with_break=release.prompt_break)

    @property
    def tokens(self) -> list[int]:
        """The tokens so far."""
        return [token for piece in self.pieces for token in piece]

    @property
    def text(self) -> str:
        """The prompt and the text so far."""
        written = self.release.tokenizer.decode(self.tokens, self._read)
        return compose(self.release, self.prompt, self._read, written, Stop.EOS, None).text

    def menu(self) -> tuple[list[int], NDArray[np.float32]]:
        """Return the most likely allowed next tokens, and the probability of each."""
        rules = self.release.rules
        state = reduce(
            lambda state, token: state.after(token, rules), self.tokens, DecodingState.behind(self._read, rules)
        )
        logits = allowed(self._reader.follow([*self._read, *self.tokens]), state.position, rules)
        order = np.argsort(-logits, kind="stable")[: min(self.top_n, int(np.isfinite(logits).sum()))]
        weights = np.exp(logits - logits.max())
        return [int(token) for token in order], (weights / weights.sum())[order]

    def own(self, text: str) -> str:
        """Add the user's own text, or a line break if it is empty; return an error message, empty if there is none."""
        if len(text) > MAX_OWN:
            return f"that is {len(text)} characters; at most {MAX_OWN} are accepted at a time"
        tokenizer = self.release.tokenizer
        seen = tokenizer.normalise(tokenizer.known(tokenizer.normalise(text)))
        if text.strip() and not seen:
            return "the network knows none of these characters or words"
        ids = tokenizer.encode(_with_edges(text, seen)) if seen else [tokenizer.break_id]
        self.pieces.append([token for token in ids if token != UNK])
        return ""

    def name(self, token: int) -> str:
        """Return the label of a token in the menu."""
        names = {EOS: "(the end)", self.release.rules.break_id: "(a new line)"}
        piece = self.release.tokenizer.pieces([token])[0].replace(WORD_START, " ")
        return names.get(token) or (piece if piece.strip() else "(a space)")


def _with_edges(text: str, normalised: str) -> str:
    """Return the normalised text with a space at each end where `text` has one, since normalising strips them."""
    return " " * text[:1].isspace() + normalised + " " * text[-1:].isspace()


def interact(session: Session, ask: Callable[[], str], say: Callable[[str], None]) -> str:
    """Run the menu until the user stops, picks EOS or ends the input; return the text. `ask` reads a line."""
    say(HELP)
    while True:
        tokens, chances = session.menu()
        say("\n" + session.text)
        for number, (token, chance) in enumerate(zip(tokens, chances, strict=True), 1):
            say(f"{number:>3}  {chance:>4.0%}  {session.name(token)}")
        try:
            if _obey(session, ask().strip(), tokens, ask, say):
                return session.text
        except EOFError:
            return session.text


def _obey(
    session: Session, answer: str, tokens: Sequence[int], ask: Callable[[], str], say: Callable[[str], None]
) -> bool:
    """Carry out the user's command; return whether the text is finished."""
    if answer == "s":
        return True
    if answer == "x":
        del session.pieces[-1:]
    elif answer == "o":
        say("your own text (empty: a new line):")
        if amiss := session.own(ask()):
            say(amiss)
    elif answer in map(str, range(1, len(tokens) + 1)):
        session.pieces.append([tokens[int(answer) - 1]])
        return session.pieces[-1] == [EOS]
    else:
        say(HELP)
    return False
