"""Reading a prompt and choosing a token as graph operations, as `model.text.sampling` defines the choice.

Only what LiteRT has as well, so that the whole converts: no arrays of tensors, no float64.
"""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model.networks.network import Network
from model.text.sampling import Pool, Rules
from model.text.tokens import BOS, EOS, PAD, UNK

NEVER = (PAD, UNK, BOS)  # the tokens that are never written


class GraphPosition(NamedTuple):
    """The position of each row's next token: the step, the breaks right before it [B], and whether it is written [B].

    Rows that have ended are not written.
    """

    step: tf.Tensor
    breaks: tf.Tensor
    alive: tf.Tensor

    @property
    def line_start(self) -> tf.Tensor:
        """Whether the next token starts a line, [B]."""
        return self.breaks > 0


class Draw(NamedTuple):
    """The numbers by which the next token of each row is drawn, each [B]."""

    noise: tf.Tensor
    chaos: tf.Tensor
    inverse_temperature: tf.Tensor
    top_k: tf.Tensor
    line_start_k: tf.Tensor
    chaos_k: tf.Tensor


class Masked(NamedTuple):
    """The logits [B, vocabulary], the lowest number where a token may not come, and how many tokens may come [B]."""

    logits: tf.Tensor
    allowed: tf.Tensor

    def log_probability(self, token: tf.Tensor) -> tf.Tensor:
        """Return the log-probability of each row's token [B], at temperature 1."""
        return tf.gather(self.logits, token, batch_dims=1) - tf.reduce_logsumexp(self.logits, axis=1)


class Choices(NamedTuple):
    """One step of every row, each [B]; zeros where a row has ended."""

    token: tf.Tensor
    pool: tf.Tensor
    rank: tf.Tensor
    probability: tf.Tensor


class Steps:
    """What every signature that writes does with a network, step by step."""

    def __init__(self, network: Network, rules: Rules) -> None:
        self.network, self.rules = network, rules

    def read(self, tokens: tf.Tensor) -> tuple[tf.Tensor, Any]:
        """Read each row of tokens [B, WINDOW] up to its PADs; return the joined features of its last, and the state."""
        lengths = tf.maximum(length(tokens), 1)
        batch = tf.shape(tokens)[0]
        state = self.network.initial_state(batch)
        # Only its width is asked for: this step is not computed. A second copy of it would be, and LiteRT would hold
        # the weights of each copy anew.
        joined, _ = self.network.step(tokens[:, 0], state)
        joined = tf.zeros([batch, joined.shape[-1]])

        def more(step: tf.Tensor, *_: object) -> tf.Tensor:
            return step < tf.reduce_max(lengths)

        def read(step: tf.Tensor, joined: tf.Tensor, state: Any) -> Any:
            new = self.network.step(tokens[:, step], state)
            kept = tf.nest.map_structure(lambda a, b: _where_row(step < lengths, a, b), new, (joined, state))
            return step + 1, *kept

        _, joined, state = tf.while_loop(more, read, (tf.constant(0), joined, state))
        return joined, state

    def choose(self, masked: Masked, position: GraphPosition, draw: Draw) -> Choices:
        """Pick a token of each row, as `model.text.sampling.choose` does."""
        pool, size = _pool(position, draw)
        size = tf.where(position.alive, tf.clip_by_value(size, 1, masked.allowed), 1)
        values, ids = tf.math.top_k(masked.logits, tf.reduce_max(size))  # equal logits by lower id
        rank = tf.clip_by_value(self._rank(values, size, draw), 0, size - 1)
        if self.rules.force_breaks:
            forced = (ids[:, 0] == self.rules.break_id) | (ids[:, 0] == EOS)
            pool, rank = tf.where(forced, Pool.FORCED, pool), tf.where(forced, 0, rank)
        token = tf.gather(ids, rank, batch_dims=1)
        chosen = (token, pool, rank, tf.exp(masked.log_probability(token)))
        return Choices(*(tf.where(position.alive, x, tf.zeros_like(x)) for x in chosen))

    def _rank(self, values: tf.Tensor, size: tf.Tensor, draw: Draw) -> tf.Tensor:
        """Return the rank [B] that the noise picks among the `size` [B] first of the ranked logits [B, k]."""
        weights = tf.exp((values - values[:, :1]) * draw.inverse_temperature[:, None])
        weights = tf.where(tf.sequence_mask(size, tf.shape(values)[1]), weights, 0)
        weighted = first_beyond(weights, draw.noise, self.network.sizes.vocabulary)
        equal = tf.cast(draw.noise * tf.cast(size, tf.float32), tf.int32)
        return tf.where(draw.inverse_temperature == 0, equal, weighted)

    def mask(self, logits: tf.Tensor, position: GraphPosition) -> Masked:
        """Mask what may not come at the position in each row of logits [B, vocabulary]."""
        no_end = (position.step == 0) | position.line_start
        no_break = (position.breaks > 1) | ((position.step == 0) & position.line_start)
        # Sums, as LiteRT takes ten times as long over a mask of booleans. A logit plus the lowest number is the lowest.
        masked = logits + self._lowest_at(*NEVER)
        for condition, token in ((no_end, EOS), (no_break, self.rules.break_id)):
            masked += tf.cast(condition, tf.float32)[:, None] * self._lowest_at(token)
        allowed = self.network.sizes.vocabulary - len(NEVER) - tf.cast(no_end, tf.int32) - tf.cast(no_break, tf.int32)
        return Masked(masked, allowed)

    def _lowest_at(self, *tokens: int) -> NDArray[np.float32]:
        """Return zeros [vocabulary] with the lowest number at the tokens."""
        row = np.zeros(self.network.sizes.vocabulary, np.float32)
        row[list(tokens)] = np.finfo(np.float32).min
        return row


def length(tokens: tf.Tensor) -> tf.Tensor:
    """Return how many of each row of tokens [B, T] are not PAD, [B]."""
    return tf.reduce_sum(tf.cast(tokens != PAD, tf.int32), axis=1)


def last(tokens: tf.Tensor, count: int) -> tf.Tensor:
    """Return the last [B, count] of tokens [B, WINDOW] that are not PAD, PAD behind them where they are fewer."""
    first = tf.maximum(length(tokens) - count, 0)
    return tf.gather(tokens, first[:, None] + tf.range(count), batch_dims=1)


def place(arrays: tuple[tf.Tensor, ...], step: tf.Tensor, values: tuple[tf.Tensor, ...]) -> tuple[tf.Tensor, ...]:
    """Return the arrays, [B, T] each, with `values`, [B] each, in the column `step`."""
    here = tf.range(arrays[0].shape[1]) == step
    return tuple(tf.where(here, value[:, None], array) for array, value in zip(arrays, values, strict=True))


def _where_row(rows: tf.Tensor, new: tf.Tensor, old: tf.Tensor) -> tf.Tensor:
    return tf.where(tf.reshape(rows, [-1] + [1] * (len(new.shape) - 1)), new, old)


def _pool(position: GraphPosition, draw: Draw) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the pool that serves each row and its size, each [B]."""
    chaotic = draw.chaos == 1
    pool = tf.where(chaotic, Pool.CHAOS, Pool.BASE)
    size = tf.where(chaotic, draw.chaos_k, draw.top_k)
    line_start = position.line_start
    return tf.where(line_start, Pool.LINE_START, pool), tf.where(line_start, draw.line_start_k, size)


def first_beyond(weights: tf.Tensor, noise: tf.Tensor, most: int) -> tf.Tensor:
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
