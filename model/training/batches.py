"""The batches of an epoch: a pure function of the texts, the settings and the epoch's number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from model.errors import ModelError
from model.presets.preset import Training
from model.text.tokens import PAD
from model.training.mixture import Mixture, Rows, Tokens


class Batch(NamedTuple):
    """The input of a training step: `tokens` [B, T], and their `targets` [B, T], or [B, 1] after the last token only.

    Only targets with weight 1 count, or all of them if `weights` is None. `labels` [B] are the labels of the texts.
    """

    tokens: NDArray[np.int32]
    targets: NDArray[np.int32]
    weights: NDArray[np.float32] | None = None
    labels: NDArray[np.int32] | None = None

    @property
    def counted(self) -> int:
        """The number of targets that count."""
        return self.targets.size if self.weights is None else int(self.weights.sum())

    @property
    def inputs(self) -> tuple[Any, Any, Any]:
        """The arguments of train_on_batch: x, y and the weights of y. A network with labels has two outputs."""
        if self.labels is None:
            return self.tokens, self.targets, self.weights
        outputs = ("labelled", "text")
        weights = None if self.weights is None else dict.fromkeys(outputs, self.weights)
        return (self.tokens, self.labels), dict.fromkeys(outputs, self.targets), weights


class Batches(Protocol):
    """The batches of any epoch; every epoch has `steps` of them."""

    steps: int

    def epoch(self, number: int) -> Iterator[Batch]:
        """Return the batches of an epoch, the same on every call."""


@dataclass
class StreamBatches:
    """Windows over the concatenated, shuffled texts, starting at a different offset every epoch."""

    texts: Rows | Mixture
    settings: Training

    def __post_init__(self) -> None:
        self._mixture = _mixture(self.texts)
        usable = self._mixture.tokens - self.settings.window  # whatever offset an epoch starts at
        self.steps = _enough(max(0, (usable - 1) // self.settings.window) // self.settings.batch_size)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield windows of `window` tokens in a random order."""
        settings = self.settings
        random = np.random.default_rng([settings.seed, number])
        stream = self._mixture.stream(random)
        stream = stream[random.integers(min(settings.window, len(stream) - settings.window)) :]
        starts = random.permutation(np.arange(0, len(stream) - settings.window, settings.window))
        for step in range(self.steps):
            chosen = starts[step * settings.batch_size : (step + 1) * settings.batch_size]
            yield _shifted(stream, chosen, settings.window)


@dataclass
class CarriedBatches:
    """The concatenated, shuffled texts cut into `batch_size` tracks; each batch continues where the last one ended."""

    texts: Rows | Mixture
    settings: Training

    def __post_init__(self) -> None:
        self._mixture = _mixture(self.texts)
        track = (self._mixture.tokens - 1) // self.settings.batch_size
        self.steps = _enough(track // self.settings.window)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield windows of `window` tokens, one from each track, in order."""
        settings = self.settings
        stream = self._mixture.stream(np.random.default_rng([settings.seed, number]))
        starts = np.arange(settings.batch_size) * ((len(stream) - 1) // settings.batch_size)
        for step in range(self.steps):
            yield _shifted(stream, starts + step * settings.window, settings.window)


class TextBatches:
    """Windows within single texts, for a network that sees `context` tokens: no window spans two texts.

    If the network predicts at `every_position`, the windows of a long text overlap by half, and targets already
    covered by the previous window do not count; otherwise there is one window for each token.
    """

    def __init__(
        self, rows: Rows, settings: Training, context: int, *, every_position: bool, labels: Sequence[int] = ()
    ) -> None:
        self.rows, self.settings, self.context, self.every = rows, settings, context, every_position
        self.labels = np.array(labels, np.int32)
        self.stride = max(1, context // 2) if every_position else 1
        self.windows = np.concatenate([self._windows(i, len(row) - 1) for i, row in enumerate(rows)])
        self.steps = _enough(len(self.windows) // settings.batch_size)

    def _windows(self, row: int, length: int) -> NDArray[np.int32]:
        """Return [N, 3]: the row, and the tokens of it read up to the end of a window and of the one before."""
        first = min(self.context, length) if self.every else 1
        ends = np.unique(np.arange(first, length + self.stride, self.stride).clip(max=length))
        return np.stack([np.full(len(ends), row), ends, np.append(0, ends[:-1])], axis=1).astype(np.int32)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield windows of `context` tokens in a random order, padded on the right where a text is shorter."""
        random = np.random.default_rng([self.settings.seed, number])
        order = random.permutation(len(self.windows))
        for step in range(self.steps):
            chosen = order[step * self.settings.batch_size : (step + 1) * self.settings.batch_size]
            yield self._batch(self.windows[chosen])

    def _batch(self, windows: NDArray[np.int32]) -> Batch:
        shape = (len(windows), self.context)
        tokens, targets, weights = np.full(shape, PAD, np.int32), np.full(shape, PAD, np.int32), np.zeros(shape, "f4")
        for i, (row, end, before) in enumerate(windows):
            text, start = self.rows[row], max(0, end - self.context)
            tokens[i, : end - start] = text[start:end]
            targets[i, : end - start] = text[start + 1 : end + 1]
            weights[i, max(0, before - start) : end - start] = 1
        labels = self.labels[windows[:, 0]] if len(self.labels) else None
        if self.every:
            return Batch(tokens, targets, weights, labels)
        last = np.array([[self.rows[row][end]] for row, end, _ in windows], np.int32)
        return Batch(tokens, last, None, labels)


def _mixture(texts: Rows | Mixture) -> Mixture:
    return texts if isinstance(texts, Mixture) else Mixture([(texts, 1)])


def _shifted(stream: Tokens, starts: NDArray[np.int64], window: int) -> Batch:
    # The stream uses the narrowest type that holds its ids; only batches are converted to the network's type.
    windows = np.stack([stream[start : start + window + 1] for start in starts]).astype(np.int32, copy=False)
    return Batch(windows[:, :-1], windows[:, 1:])


def _enough(steps: int) -> int:
    if not steps:
        raise ModelError("the corpus is smaller than one batch of windows; lower batch_size or window in the preset")
    return steps
