"""The signatures of a SavedModel: the whole of sampling in one graph, as `model.text.sampling` defines it.

TensorFlow only, plain operations only, and no randomness inside: the same inputs give the same outputs. Only what
LiteRT has as well, so that the whole converts: no arrays of tensors, no float64.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from model.networks.network import Network
from model.networks.sizes import signatures
from model.text.sampling import Pool, Rules, Stop
from model.text.tokens import BOS, EOS, PAD, UNK, WINDOW

RUNNING = -1  # what `stop` holds while a row lives


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


class GraphState(NamedTuple):
    """How far each row has come, each [B]: the breaks right before the next token, the lines, why it stopped."""

    breaks: tf.Tensor
    lines: tf.Tensor
    stop: tf.Tensor


class Choices(NamedTuple):
    """One step of every row, each [B]; zeros where a row has stopped."""

    token: tf.Tensor
    pool: tf.Tensor
    rank: tf.Tensor
    probability: tf.Tensor


class SamplingGraph:
    """A network, its rules and its small files, as the functions that a SavedModel has."""

    def __init__(self, network: Network, rules: Rules, config: bytes, tokenizer: bytes) -> None:
        self.network, self.rules = network, rules
        self.config, self.tokenizer = config, tokenizer

    def signatures(self) -> dict[str, Any]:
        """Return the functions by the names that TF-Serving knows them by."""
        vector, number = (None, WINDOW), (None,)
        request = {
            name: vector if name in ("noise", "chaos", "inverse_temperature") else number
            for name in GraphRequest._fields
        }
        real = ("noise", "inverse_temperature")
        specs = {
            name: tf.TensorSpec(shape, tf.float32 if name in real else tf.int32, name)
            for name, shape in request.items()
        }
        functions = {
            "serving_default": tf.function(self.next_logits, [tf.TensorSpec(vector, tf.int32, "tokens")]),
            "generate": tf.function(self.generate, [tf.TensorSpec(vector, tf.int32, "prompt"), *specs.values()]),
            "release": tf.function(self.release, [tf.TensorSpec(number, tf.int32, "unused")]),
        }
        return {name: functions[name] for name in signatures(self.network.sizes)}

    def next_logits(self, tokens: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the logits [B, vocabulary] at the last of `tokens` [B, WINDOW] that is not PAD."""
        if self.network.context:
            return {"logits": self.network.next_logits(_last(tokens, self.network.context))}
        joined, _ = self._read(tokens)
        return {"logits": self.network.logits(joined)}

    def release(self, unused: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the release's config.json and tokenizer file, each [B]."""
        batch = tf.shape(unused)
        return {"config_bytes": tf.fill(batch, self.config), "tokenizer_bytes": tf.fill(batch, self.tokenizer)}

    def generate(self, prompt: tf.Tensor, *request: tf.Tensor) -> dict[str, tf.Tensor]:
        """Write a poem after each row of `prompt` [B, WINDOW]; docs/architecture.md says what comes out."""
        asked = GraphRequest(*request)
        joined, state = self._read(prompt)
        blank = tf.zeros_like(prompt)
        arrays = [blank, blank, blank, tf.zeros_like(asked.noise)]  # of Choices, [B, WINDOW] each
        none = tf.zeros_like(asked.top_k)
        progress = GraphState(self._breaks(prompt), none, none + RUNNING)

        def lives(step: tf.Tensor, progress: GraphState, *_: object) -> tf.Tensor:
            return (step < WINDOW) & tf.reduce_any(progress.stop == RUNNING)

        def write(step: tf.Tensor, progress: GraphState, joined: tf.Tensor, state: Any, arrays: list[tf.Tensor]) -> Any:
            choices = self._choose(self.network.logits(joined), step, progress, asked)
            joined, state = self.network.step(choices.token, state)
            here = tf.range(WINDOW) == step
            arrays = [tf.where(here, values[:, None], array) for array, values in zip(arrays, choices, strict=True)]
            return step + 1, self._advance(progress, choices.token, step, asked), joined, state, arrays

        _, progress, _, _, arrays = tf.while_loop(lives, write, (tf.constant(0), progress, joined, state, arrays))
        columns = dict(zip(Choices._fields, arrays, strict=True))
        tokens = columns.pop("token")
        return {"tokens": tokens, **columns, "length": _length(tokens), "stop": progress.stop}

    def _read(self, tokens: tf.Tensor) -> tuple[tf.Tensor, Any]:
        """Read each row of tokens [B, WINDOW] up to its PADs; return the joined features of its last, and the state."""
        length = tf.maximum(_length(tokens), 1)
        batch = tf.shape(tokens)[0]
        state = self.network.initial_state(batch)
        # Only its width is asked for: this step is not computed. A second copy of it would be, and LiteRT would hold
        # the weights of each copy anew.
        joined, _ = self.network.step(tokens[:, 0], state)
        joined = tf.zeros([batch, joined.shape[-1]])

        def more(step: tf.Tensor, *_: object) -> tf.Tensor:
            return step < tf.reduce_max(length)

        def read(step: tf.Tensor, joined: tf.Tensor, state: Any) -> Any:
            new = self.network.step(tokens[:, step], state)
            kept = tf.nest.map_structure(lambda a, b: _where_row(step < length, a, b), new, (joined, state))
            return step + 1, *kept

        _, joined, state = tf.while_loop(more, read, (tf.constant(0), joined, state))
        return joined, state

    def _choose(self, logits: tf.Tensor, step: tf.Tensor, progress: GraphState, asked: GraphRequest) -> Choices:
        """Pick a token of each row's logits [B, vocabulary], as `model.text.sampling.choose` does."""
        masked, allowed = self._allowed(logits, step, progress)
        pool, size = _pool(step, progress, asked)
        alive = progress.stop == RUNNING
        size = tf.where(alive, tf.clip_by_value(size, 1, allowed), 1)
        values, ids = tf.math.top_k(masked, tf.reduce_max(size))  # equal logits by lower id
        weights = tf.exp((values - values[:, :1]) * asked.inverse_temperature[:, step, None])
        weights = tf.where(tf.sequence_mask(size, tf.shape(values)[1]), weights, 0)
        weighted = draw(weights, asked.noise[:, step], self.network.sizes.vocabulary)
        equal = tf.cast(asked.noise[:, step] * tf.cast(size, tf.float32), tf.int32)
        rank = tf.where(asked.inverse_temperature[:, step] == 0, equal, weighted)
        rank = tf.clip_by_value(rank, 0, size - 1)
        if self.rules.force_breaks:
            forced = (ids[:, 0] == self.rules.break_id) | (ids[:, 0] == EOS)
            pool, rank = tf.where(forced, Pool.FORCED, pool), tf.where(forced, 0, rank)
        token = tf.gather(ids, rank, batch_dims=1)
        probability = tf.exp(tf.gather(values, rank, batch_dims=1) - tf.reduce_logsumexp(masked, axis=1))
        return Choices(*(tf.where(alive, x, tf.zeros_like(x)) for x in (token, pool, rank, probability)))

    def _allowed(self, logits: tf.Tensor, step: tf.Tensor, progress: GraphState) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the logits with what may not come at minus infinity, and how many may [B]."""
        ids = tf.range(self.network.sizes.vocabulary)
        forbidden = tf.reduce_any(ids[:, None] == [PAD, UNK, BOS], axis=1)
        no_end = (step == 0) | _line_start(progress)
        no_break = (progress.breaks > 1) | ((step == 0) & _line_start(progress))
        forbidden |= no_end[:, None] & (ids == EOS) | no_break[:, None] & (ids == self.rules.break_id)
        allowed = tf.reduce_sum(tf.cast(~forbidden, tf.int32), axis=1)
        return tf.where(forbidden, logits.dtype.min, logits), allowed

    def _breaks(self, prompt: tf.Tensor) -> tf.Tensor:
        """Return 1 for the rows [B] that begin at the start of a line, 0 for those that go on in the prompt's last."""
        last = tf.gather(prompt, _length(prompt) - 1, batch_dims=1)
        return tf.cast((last == BOS) | (last == self.rules.break_id), tf.int32)

    def _advance(self, progress: GraphState, token: tf.Tensor, step: tf.Tensor, asked: GraphRequest) -> GraphState:
        """Return the progress after `token` [B], as `model.text.sampling.DecodingState` does."""
        is_break = token == self.rules.break_id
        lines = progress.lines + tf.cast(is_break & ~_line_start(progress) & (step > 0), tf.int32)
        stop = tf.where(step + 1 >= tf.minimum(asked.max_tokens, WINDOW), Stop.MAX_TOKENS, RUNNING)
        stop = tf.where(lines >= asked.max_lines, Stop.MAX_LINES, stop)
        stop = tf.where(token == EOS, Stop.EOS, stop)
        return GraphState(
            tf.where(is_break, progress.breaks + 1, 0), lines, tf.where(progress.stop == RUNNING, stop, progress.stop)
        )


def _length(tokens: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.cast(tokens != PAD, tf.int32), axis=1)


def _last(tokens: tf.Tensor, count: int) -> tf.Tensor:
    """Return the last [B, count] of tokens [B, WINDOW] that are not PAD, PAD behind them where they are fewer."""
    first = tf.maximum(_length(tokens) - count, 0)
    return tf.gather(tokens, first[:, None] + tf.range(count), batch_dims=1)


def _where_row(rows: tf.Tensor, new: tf.Tensor, old: tf.Tensor) -> tf.Tensor:
    return tf.where(tf.reshape(rows, [-1] + [1] * (len(new.shape) - 1)), new, old)


def _line_start(progress: GraphState) -> tf.Tensor:
    return progress.breaks > 0


def _pool(step: tf.Tensor, progress: GraphState, asked: GraphRequest) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the pool that serves each row and its size, each [B]."""
    chaotic = asked.chaos[:, step] == 1
    pool = tf.where(chaotic, Pool.CHAOS, Pool.BASE)
    size = tf.where(chaotic, asked.chaos_k, asked.top_k)
    line_start = _line_start(progress)
    return tf.where(line_start, Pool.LINE_START, pool), tf.where(line_start, asked.line_start_k, size)


def draw(weights: tf.Tensor, noise: tf.Tensor, most: int) -> tf.Tensor:
    """Return the first column [B] at which the sum of the weights so far exceeds noise [B] times their whole sum.

    `weights` [B, k] are float32 from 0 to 1, `noise` is a multiple of 2^-24 below 1, and k is `most` or less. It is k
    where no sum exceeds. What `model.text.sampling` asks of float64 is answered in integers, for LiteRT has no float64
    and float32 picks another token once in a few hundred steps when the pool is large. The sums are exact, as
    2^bits * high + low, but for what of a weight is below 2^-2bits (2^-52 with 3,500 tokens).
    """
    bits = 38 - most.bit_length()  # so that a sum below 2^38 times the noise's word of 24 bits stays below 2^62
    scaled = weights * 2.0**bits
    whole = tf.floor(scaled)
    high = tf.cumsum(tf.cast(whole, tf.int64), axis=1)
    low = tf.cumsum(tf.cast((scaled - whole) * 2.0**bits, tf.int64), axis=1)
    word = tf.cast(noise * 2.0**24, tf.int64)[:, None]
    # sum > noise * whole sum, the high parts on the left; beyond 2^62 they decide alone.
    left = tf.clip_by_value(high * 2**24 - word * high[:, -1:], -(2 ** (62 - bits)), 2 ** (62 - bits)) * 2**bits
    beyond = left > word * low[:, -1:] - low * 2**24
    return tf.reduce_sum(tf.cast(~beyond, tf.int32), axis=1)  # the sums rise: so many come before the first beyond
