"""Generation of one text, token by token. Every decoder uses it except the graph, which implements the same rules."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model.text.parameters import Parameters
from model.text.sampling import Choice, DecodingState, Pools, Position, Rules, Stop, chaos_vector, choose, noise_vector


@dataclass(frozen=True)
class Dial:
    """The settings by which one token is drawn."""

    pools: Pools
    inverse_temperature: np.float32


@dataclass
class Writing:
    """A text being generated. `dials` alternate token by token; `noise` and `chaos` hold one value per token."""

    rules: Rules
    dials: Sequence[Dial]
    max_lines: int
    max_tokens: int
    noise: NDArray[np.float32]
    chaos: NDArray[np.int32]
    state: DecodingState
    choices: list[Choice] = field(default_factory=list)
    stop: Stop | None = None

    @classmethod
    def after(
        cls, prompt: Sequence[int], seed: int, rules: Rules, parameters: Parameters, *,
        dials: Sequence[Dial] = (), max_tokens: int | None = None,
    ) -> Self:  # fmt: skip
        """Start a text after the tokens of a prompt; `dials` and `max_tokens`, if given, override the parameters."""
        length = max_tokens or parameters.max_tokens
        usual = Dial(parameters.pools, np.float32(parameters.inverse_temperature))
        noise, chaos = noise_vector(seed, length), chaos_vector(seed, parameters.chaos, length)
        state = DecodingState.behind(prompt, rules)
        return cls(rules, dials or [usual], parameters.max_lines, length, noise, chaos, state)

    @property
    def tokens(self) -> list[int]:
        """The ids so far."""
        return [choice.token for choice in self.choices]

    def write(self, logits: NDArray[np.float32]) -> int:
        """Choose the next token by its logits [vocabulary], add it, and return it."""
        choice = self.choose(logits, self.state.position)
        self.choices.append(choice)
        self.state = self.state.after(choice.token, self.rules)
        self.stop = self.state.stop(choice.token, self.max_lines, self.max_tokens)
        return choice.token

    def choose(self, logits: NDArray[np.float32], position: Position) -> Choice:
        """Return the choice at a position, by its dial, noise and chaos, without adding it to the text."""
        dial = self.dials[position.step % len(self.dials)]
        return choose(
            logits,
            position,
            self.rules,
            dial.pools,
            chaotic=bool(self.chaos[position.step]),
            noise=self.noise[position.step],
            inverse_temperature=dial.inverse_temperature,
        )
