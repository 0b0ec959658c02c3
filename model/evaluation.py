"""How well a network predicts texts: accuracy, perplexity and bits per character."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.text.normalise import line_ends
from model.text.tokens import PAD, UNK, Tokenizer

LOST_CHARACTER_BITS = 16  # what a character costs that the vocabulary does not know or a normalisation took away
BATCH_TOKENS = 8192
PAD_TO = 64

Predict = Callable[[NDArray[np.int32]], NDArray[Any]]


@dataclass(frozen=True)
class Scores:
    """Of the texts as a whole. `bits_per_char`: all bits of all tokens over all characters, newlines included."""

    texts: int
    tokens: int
    characters: int
    accuracy: float
    perplexity: float
    bits_per_char: float


def score(predict: Predict, tokenizer: Tokenizer, texts: Sequence[str]) -> Scores:
    """Score a network whose `predict` gives logits [B, T, vocabulary] for tokens [B, T]."""
    rows = [tokenizer.encode_text(tokenizer.normalise(text)) for text in texts]
    nats = correct = tokens = 0.0
    for batch in batches(rows):
        # Of UNK nothing can be learned: its characters are charged in lost_characters.
        known = (batch[:, 1:] != PAD) & (batch[:, 1:] != UNK)
        losses, hits = _predictions(predict(batch[:, :-1]), batch[:, 1:])
        nats += float(losses[known].sum())
        correct += float(hits[known].sum())
        tokens += int(known.sum())
    characters = sum(len(line_ends(text)) for text in texts)
    lost = sum(lost_characters(tokenizer, text) for text in texts)
    bits = nats / math.log(2) + lost * LOST_CHARACTER_BITS
    return Scores(len(texts), int(tokens), characters, correct / tokens, math.exp(nats / tokens), bits / characters)


def lost_characters(tokenizer: Tokenizer, text: str) -> int:
    """Count what `text` loses between the page and the network: changed by normalisation, or not in the vocabulary."""
    seen = tokenizer.normalise(text)
    changed = Counter(line_ends(text)) - Counter(seen)
    unknown = sum(count for character, count in Counter(seen).items() if character not in tokenizer.alphabet)
    return changed.total() + unknown


def batches(rows: Sequence[list[int]]) -> Iterator[NDArray[np.int32]]:
    """Give the rows, longest first, in batches [B, 1 + a multiple of PAD_TO], padded with PAD on the right."""
    waiting = sorted(rows, key=len, reverse=True)
    while waiting:
        width = 1 + math.ceil((len(waiting[0]) - 1) / PAD_TO) * PAD_TO
        count = max(1, BATCH_TOKENS // width)
        batch = np.full((min(count, len(waiting)), width), PAD, np.int32)
        for line, row in zip(batch, waiting, strict=False):
            line[: len(row)] = row
        yield batch
        waiting = waiting[count:]


def _predictions(logits: NDArray[Any], targets: NDArray[np.int32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    logits = logits.astype(np.float32)
    peak = logits.max(axis=-1)
    chosen = np.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]
    losses = np.log(np.exp(logits - peak[..., None]).sum(axis=-1)) + peak - chosen
    return losses, logits.argmax(axis=-1) == targets
