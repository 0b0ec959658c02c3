"""The signatures of a SavedModel: the whole of sampling in one graph, as `model.text.sampling` defines it.

TensorFlow only, plain operations only, and no randomness inside: the same inputs give the same outputs.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from model.export.lines import LinesRequest, write_lines
from model.export.steps import Choices, Draw, GraphPosition, Steps, last, length, place
from model.networks.network import Network
from model.networks.sizes import signatures
from model.text.sampling import Rules, Stop
from model.text.tokens import BOS, CANDIDATES, EOS, LINE_TOKENS, START_TOKENS, WINDOW

RUNNING = -1  # what `stop` holds while a row lives
REAL = ("noise", "inverse_temperature")  # the inputs that are float32; the others are int32


class GraphRequest(NamedTuple):
    """What each row of a batch B asks for: the vectors are [B, WINDOW], the numbers [B]."""

    noise: tf.Tensor
    chaos: tf.Tensor
    inverse_temperature: tf.Tensor
    top_k: tf.Tensor
    line_start_k: tf.Tensor
    chaos_k: tf.Tensor
    max_tokens: tf.Tensor
    max_lines: tf.Tensor

    def draw(self, step: tf.Tensor) -> Draw:
        """Return the numbers for the token at a step."""
        noise, chaos, inverse_temperature = (vector[:, step] for vector in self[:3])
        return Draw(noise, chaos, inverse_temperature, self.top_k, self.line_start_k, self.chaos_k)


class GraphState(NamedTuple):
    """How far each row has come, each [B]: the breaks right before the next token, the lines, why it stopped."""

    breaks: tf.Tensor
    lines: tf.Tensor
    stop: tf.Tensor


class SamplingGraph:
    """A network, its rules and its small files, as the functions that a SavedModel has."""

    def __init__(self, network: Network, rules: Rules, config: bytes, tokenizer: bytes, *, ear: bool = False) -> None:
        self.network, self.rules = network, rules
        self.config, self.tokenizer = config, tokenizer
        self.names = signatures(network.sizes, ear=ear)
        self.steps = Steps(network, rules)

    def signatures(self) -> dict[str, Any]:
        """Return the functions by the names that TF-Serving knows them by."""
        vector, number, candidates = (None, WINDOW), (None,), (None, CANDIDATES)
        request = {name: vector if name in (*REAL, "chaos") else number for name in GraphRequest._fields}
        of_line = {"starts": START_TOKENS, "noise": LINE_TOKENS, "chaos": LINE_TOKENS}
        line = {name: (*candidates, of_line[name]) if name in of_line else candidates for name in LinesRequest._fields}
        functions: dict[str, tuple[Any, dict[str, Any]]] = {
            "serving_default": (self.next_logits, {"tokens": vector}),
            "generate": (self.generate, {"prompt": vector, **request}),
            "lines": (self.lines, {"prompt": vector, **line}),
            "release": (self.release, {"unused": number}),
        }
        return {name: tf.function(functions[name][0], _specs(functions[name][1])) for name in self.names}

    def next_logits(self, tokens: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the logits [B, vocabulary] at the last of `tokens` [B, WINDOW] that is not PAD."""
        if self.network.context:
            return {"logits": self.network.next_logits(last(tokens, self.network.context))}
        joined, _ = self.steps.read(tokens)
        return {"logits": self.network.logits(joined)}

    def release(self, unused: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the release's config.json and tokenizer file, each [B]."""
        batch = tf.shape(unused)
        return {"config_bytes": tf.fill(batch, self.config), "tokenizer_bytes": tf.fill(batch, self.tokenizer)}

    def lines(self, prompt: tf.Tensor, *request: tf.Tensor) -> dict[str, tf.Tensor]:
        """Write candidates for the line after each row of `prompt` [B, WINDOW]; see `model.export.lines`."""
        return write_lines(self.steps, prompt, LinesRequest(*request))

    def generate(self, prompt: tf.Tensor, *request: tf.Tensor) -> dict[str, tf.Tensor]:
        """Write a poem after each row of `prompt` [B, WINDOW]; docs/architecture.md says what comes out."""
        asked = GraphRequest(*request)
        joined, state = self.steps.read(prompt)
        blank = tf.zeros_like(prompt)
        arrays = (blank, blank, blank, tf.zeros_like(asked.noise))  # of Choices, [B, WINDOW] each
        none = tf.zeros_like(asked.top_k)
        progress = GraphState(self._breaks(prompt), none, none + RUNNING)

        def lives(step: tf.Tensor, progress: GraphState, *_: object) -> tf.Tensor:
            return (step < WINDOW) & tf.reduce_any(progress.stop == RUNNING)

        def write(step: tf.Tensor, progress: GraphState, joined: tf.Tensor, state: Any, arrays: Any) -> Any:
            position = GraphPosition(step, progress.breaks, progress.stop == RUNNING)
            masked = self.steps.mask(self.network.logits(joined), position)
            choices = self.steps.choose(masked, position, asked.draw(step))
            joined, state = self.network.step(choices.token, state)
            progress = self._advance(progress, choices.token, step, asked)
            return step + 1, progress, joined, state, place(arrays, step, choices)

        _, progress, _, _, arrays = tf.while_loop(lives, write, (tf.constant(0), progress, joined, state, arrays))
        columns = dict(zip(Choices._fields, arrays, strict=True))
        tokens = columns.pop("token")
        return {"tokens": tokens, **columns, "length": length(tokens), "stop": progress.stop}

    def _breaks(self, prompt: tf.Tensor) -> tf.Tensor:
        """Return 1 for the rows [B] that begin at the start of a line, 0 for those that go on in the prompt's last."""
        newest = tf.gather(prompt, length(prompt) - 1, batch_dims=1)
        return tf.cast((newest == BOS) | (newest == self.rules.break_id), tf.int32)

    def _advance(self, progress: GraphState, token: tf.Tensor, step: tf.Tensor, asked: GraphRequest) -> GraphState:
        """Return the progress after `token` [B], as `model.text.sampling.DecodingState` does."""
        is_break = token == self.rules.break_id
        lines = progress.lines + tf.cast(is_break & (progress.breaks == 0) & (step > 0), tf.int32)
        stop = tf.where(step + 1 >= tf.minimum(asked.max_tokens, WINDOW), Stop.MAX_TOKENS, RUNNING)
        stop = tf.where(lines >= asked.max_lines, Stop.MAX_LINES, stop)
        stop = tf.where(token == EOS, Stop.EOS, stop)
        return GraphState(
            tf.where(is_break, progress.breaks + 1, 0), lines, tf.where(progress.stop == RUNNING, stop, progress.stop)
        )


def _specs(shapes: dict[str, tuple[int | None, ...]]) -> list[tf.TensorSpec]:
    return [tf.TensorSpec(shape, tf.float32 if name in REAL else tf.int32, name) for name, shape in shapes.items()]
