"""How well a network predicts texts: accuracy, perplexity and bits per character."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from model.errors import ModelError
from model.evaluation.losses import LOST_CHARACTER_BITS, lost_characters
from model.networks.network import Network, Tensor
from model.text.normalise import line_ends
from model.text.tokens import PAD, UNK, Tokenizer

BATCH_TOKENS = 8192
BATCH_LOGITS = 2**25  # 128 MiB of float32, whatever the vocabulary
PAD_TO = 64
PIECE, WARM_UP = 8192, 1024  # tokens: longer texts are read in pieces, each preceded by some context
WINDOWS = 1024  # per batch, for a network with a context

Predict = Callable[[NDArray[np.int32]], NDArray[Any]]


@dataclass(frozen=True)
class Scores:
    """Scores over all texts. `bits_per_char` is the total bits divided by all characters, including newlines.

    Perplexity covers known tokens only, so a small vocabulary lowers it; `unknown` and `lost` show the price.
    """

    texts: int
    tokens: int
    unknown: int  # tokens; each counts as a miss in accuracy
    characters: int
    lost: int  # characters that cannot be recovered from the tokens
    accuracy: float
    perplexity: float
    bits_per_char: float


def score(predict: Predict, tokenizer: Tokenizer, texts: Sequence[str], *, capital_lines: bool = False) -> Scores:
    """Score a network whose `predict` returns logits [B, T, vocabulary] for tokens [B, T].

    What tokenisation loses is charged too. With `capital_lines`, lines are printed with capitals. ModelError if there
    are no texts, or if the logits are not finite.
    """
    characters = sum(len(line_ends(text)) for text in texts)
    if not characters:
        raise ModelError("there are no texts to score")
    rows = [tokenizer.encode_text(tokenizer.normalise(text)) for text in texts]
    nats, correct, tokens, unknown = 0.0, 0, 0, 0
    for batch in batches(rows, tokenizer.vocabulary_size):
        losses, hits = _predictions(predict(batch.inputs), batch.targets)
        # UNK is not scored: its characters are charged as lost.
        known = (batch.targets != PAD) & (batch.targets != UNK)
        nats += float(losses[known].sum(dtype=np.float64))
        correct += int(hits[known].sum())
        tokens += int(np.count_nonzero(batch.targets != PAD))
        unknown += int(np.count_nonzero(batch.targets == UNK))
    if not math.isfinite(nats):
        raise ModelError("the network's weights are unusable: its logits are NaN or infinite")
    lost = lost_characters(tokenizer, texts, capital_lines=capital_lines)
    bits = nats / math.log(2) + lost * LOST_CHARACTER_BITS
    perplexity = _exp(nats / (tokens - unknown))
    return Scores(len(texts), tokens, unknown, characters, lost, correct / tokens, perplexity, bits / characters)


def _exp(nats: float) -> float:
    """Return e^nats, capped to stay finite, as JSON has no infinity."""
    return math.exp(min(nats, 700))


@dataclass(frozen=True)
class ScoringBatch:
    """Tokens [B, T] and their targets, PAD where not to be scored."""

    inputs: NDArray[np.int32]
    targets: NDArray[np.int32]


def batches(rows: Sequence[list[int]], vocabulary: int) -> Iterator[ScoringBatch]:
    """Yield batches of rows, longest first, padded on the right to a multiple of PAD_TO; every target occurs once."""
    waiting = sorted((piece for row in rows for piece in _pieces(row)), key=lambda piece: -len(piece[0]))
    size = min(BATCH_TOKENS, BATCH_LOGITS // vocabulary)
    while waiting:
        width = 1 + math.ceil((len(waiting[0][0]) - 1) / PAD_TO) * PAD_TO
        taken, waiting = waiting[: (count := max(1, size // width))], waiting[count:]
        tokens = np.full((len(taken), width), PAD, np.int32)
        targets = np.full((len(taken), width - 1), PAD, np.int32)
        for i, (piece, seen) in enumerate(taken):
            tokens[i, : len(piece)] = piece
            targets[i, seen : len(piece) - 1] = piece[seen + 1 :]
        yield ScoringBatch(tokens[:, :-1], targets)


def _pieces(row: list[int]) -> Iterator[tuple[list[int], int]]:
    """Cut a row into pieces that fit into memory, each with the number of its targets that are already scored."""
    for start in range(0, max(len(row) - 1, 1), PIECE):
        seen = min(start, WARM_UP)
        yield row[start - seen : start + PIECE + 1], seen


@np.errstate(invalid="ignore")  # infinities become NaN, which `score` reports
def _predictions(logits: NDArray[Any], targets: NDArray[np.int32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    logits = logits.astype(np.float32, copy=False)
    peak = logits.max(axis=-1)
    chosen = np.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]
    hits = logits.argmax(axis=-1) == targets
    weights = np.exp(np.subtract(logits, peak[..., None]))
    return np.log(weights.sum(axis=-1)) + peak - chosen, hits


def predictor(network: Network) -> Predict:
    """Return a function that predicts with the network, from tokens [B, T] to logits [B, T, vocabulary].

    A network with a `context` reads the last `context` tokens up to each position; at PAD the logits are zero.
    """
    if network.context is None:
        predict: Predict = network.predict_on_batch
        return predict
    ahead, context = _Ahead(network), network.context

    def from_windows(tokens: NDArray[np.int32]) -> NDArray[Any]:
        read = np.concatenate([windows(row, context) for row in tokens])[tokens.ravel() != PAD]
        found = [_padded(ahead.predict_on_batch, read[i : i + WINDOWS]) for i in range(0, len(read), WINDOWS)]
        logits = np.zeros((*tokens.shape, network.sizes.vocabulary), np.float32)
        logits[tokens != PAD] = np.concatenate(found)
        return logits

    return from_windows


class _Ahead(keras.Model):  # type: ignore[misc]
    """A network that predicts only the token after the last one, compiled by Keras's backend."""

    def __init__(self, network: Network) -> None:
        super().__init__(name="ahead")
        self.network = network
        self.built = True

    def call(self, tokens: Tensor) -> Tensor:
        return self.network.next_logits(tokens)


def _padded(predict: Predict, rows: NDArray[np.int32]) -> NDArray[Any]:
    """Predict for at most WINDOWS rows, padded to WINDOWS so that only one shape is compiled."""
    return predict(np.pad(rows, ((0, WINDOWS - len(rows)), (0, 0)), mode="edge"))[: len(rows)]


def windows(row: NDArray[np.int32], context: int) -> NDArray[np.int32]:
    """Return for each of the tokens [T] the last `context` tokens up to it, [T, context], padded on the right."""
    places = np.arange(len(row))[:, None] - np.minimum(np.arange(len(row)), context - 1)[:, None] + np.arange(context)
    return np.where(places <= np.arange(len(row))[:, None], row[np.minimum(places, len(row) - 1)], PAD).astype(np.int32)
