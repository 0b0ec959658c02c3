"""The signature `lines`: candidates for the next line of a poem, from which the caller chooses.

A candidate begins at the start of a line, with the tokens that it is told to begin with, and ends with the line.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from model.export.steps import Draw, GraphPosition, Steps, length, place
from model.text.tokens import CANDIDATES, EOS, LINE_TOKENS, PAD, START_TOKENS


class LinesRequest(NamedTuple):
    """What each candidate of a batch of poems B asks for: the numbers are [B, CANDIDATES].

    `starts` [B, CANDIDATES, START_TOKENS] are the tokens that it begins with, PAD behind them; `noise` and `chaos` are
    [B, CANDIDATES, LINE_TOKENS].
    """

    starts: tf.Tensor
    noise: tf.Tensor
    chaos: tf.Tensor
    inverse_temperature: tf.Tensor
    top_k: tf.Tensor
    line_start_k: tf.Tensor
    chaos_k: tf.Tensor

    def rows(self) -> "LinesRequest":
        """Return the request with a row for each candidate and a start token or PAD for each step."""
        rows = LinesRequest(*(tf.reshape(one, [-1, *one.shape[2:]]) for one in self))
        return rows._replace(starts=tf.pad(rows.starts, [[0, 0], [0, LINE_TOKENS - START_TOKENS]]))

    def draw(self, step: tf.Tensor) -> Draw:
        """Return the numbers for the token at a step of each row."""
        return Draw(self.noise[:, step], self.chaos[:, step], *self[3:])


def write_lines(steps: Steps, prompt: tf.Tensor, request: LinesRequest) -> dict[str, tf.Tensor]:
    """Write the candidates after each row of `prompt` [B, WINDOW]; docs/architecture.md says what comes out."""
    asked = request.rows()
    joined, state = tf.nest.map_structure(_for_each_candidate, steps.read(prompt))
    arrays = (tf.zeros_like(asked.chaos), tf.zeros_like(asked.noise))  # the tokens, and their log-probabilities

    def lives(step: tf.Tensor, alive: tf.Tensor, *_: object) -> tf.Tensor:
        return (step < LINE_TOKENS) & tf.reduce_any(alive)

    def write(step: tf.Tensor, alive: tf.Tensor, joined: tf.Tensor, state: Any, arrays: Any) -> Any:
        position = GraphPosition(step, tf.cast(alive & (step == 0), tf.int32), alive)
        masked = steps.mask(steps.network.logits(joined), position)
        start, chosen = asked.starts[:, step], steps.choose(masked, position, asked.draw(step)).token
        token = tf.where(alive & (start != PAD), start, chosen)
        log_probability = tf.where(alive, masked.log_probability(token), 0.0)
        joined, state = steps.network.step(token, state)
        alive &= (token != steps.rules.break_id) & (token != EOS)
        return step + 1, alive, joined, state, place(arrays, step, (token, log_probability))

    alive = tf.fill(tf.shape(asked.top_k), True)  # noqa: FBT003  the value
    *_, arrays = tf.while_loop(lives, write, (tf.constant(0), alive, joined, state, arrays))
    tokens, log_probability = arrays
    outputs = {"tokens": tokens, "length": length(tokens), "log_probability": log_probability}
    return {name: tf.reshape(one, [-1, CANDIDATES, *one.shape[1:]]) for name, one in outputs.items()}


def _for_each_candidate(of_poem: tf.Tensor) -> tf.Tensor:
    """Return what was read of each poem, [B, ...], once for each of its candidates, [B * CANDIDATES, ...]."""
    size = of_poem.shape[1:]
    return tf.reshape(tf.tile(of_poem[:, None], [1, CANDIDATES, *[1] * len(size)]), [-1, *size])
