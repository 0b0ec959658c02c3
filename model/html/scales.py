"""The axes of a chart: the positions of values, and the labelled ticks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from model.html.numbers import short

LARGEST, _SMALLEST = 1e15, 1e-100  # a larger value is drawn at the end of the axis, a smaller one counts as 0
_ALIKE = 1e-5  # relative difference below which values have the same label
_FIGURES = 6  # significant figures of a label
TICKS = 5  # at most, approximately
_MANY = 20  # values from which on outliers are cut off
_SHARE, _FAR = 0.95, 4.0  # values are cut if this share of them lies below a quarter of the highest
_LEAST = 6.0  # least ratio of the ends of a logarithmic axis, so that it has two labels
_DECADES = 2  # with fewer decades, a logarithmic axis labels 2 and 5 too


@dataclass(frozen=True)
class Scale:
    """An axis from `low` to `high`."""

    low: float
    high: float
    logarithmic: bool = False
    whole: bool = False  # only integers are labelled
    years: bool = False  # thousands are not separated

    def place(self, value: float) -> float:
        """Return the position between low and high as a fraction, clipped at both ends."""
        if self.logarithmic:
            value = max(value, self.low)
            way = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            way = (value - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, way))

    def ticks(self) -> list[tuple[float, str]]:
        """Return the positions and labels of the ticks."""
        values = _decades(self) if self.logarithmic else _steps(self)
        return [(self.place(value), f"{value:.0f}" if self.years else short(value, _FIGURES)) for value in values]


def linear(values: Sequence[float], *, from_zero: bool = False, whole: bool = False) -> Scale:
    """Return an axis with round ends; a few values far above all others are left outside."""
    if not values:
        return Scale(0.0, 1.0, whole=whole)
    values = _drawable(values)
    low, high = min(values), _cut(values)
    low = min(low, 0.0) if from_zero else low
    if _alike(low, high):
        low, high = (low - abs(low) / 2, high + abs(high) / 2) if high else (0.0, 1.0)
    step = _step(low, high, whole=whole)
    # A thousandth of a step above a round value still belongs to it.
    return Scale(math.floor(low / step + 1e-3) * step, math.ceil(high / step - 1e-3) * step, whole=whole)


def exact(values: Sequence[float]) -> Scale:
    """Return an axis from the lowest value to the highest."""
    drawable = _drawable(values) or [0.0, 1.0]
    low, high = min(drawable), max(drawable)
    room = max(1.0, abs(low) * _ALIKE) if _alike(low, high) else 0.0
    return Scale(low - room, high + room)


def logarithmic(values: Sequence[float]) -> Scale:
    """Return a logarithmic axis of the values above 0, with a small margin."""
    usable = [value for value in _drawable(values) if value > 0]
    if not usable:
        return Scale(0.1, 10.0, logarithmic=True)
    low, high = min(usable), max(usable)
    room = max((high / low) ** 0.08, math.sqrt(_LEAST * low / high))
    return Scale(low / room, high * room, logarithmic=True)


def _drawable(values: Sequence[float]) -> list[float]:
    return [max(-LARGEST, min(LARGEST, value)) if abs(value) >= _SMALLEST else 0.0 for value in values]


def _alike(low: float, high: float) -> bool:
    return high - low <= _ALIKE * max(abs(low), abs(high))


def _cut(values: Sequence[float]) -> float:
    ordered = sorted(values)
    usual = ordered[int(_SHARE * (len(ordered) - 1))]
    return 1.5 * usual if len(ordered) >= _MANY and 0 < _FAR * usual < ordered[-1] else ordered[-1]


def _step(low: float, high: float, *, whole: bool = False) -> float:
    rough = max((high - low) / TICKS, 1.0 if whole else 0.0)
    ten = 10.0 ** math.floor(math.log10(rough))
    steps = [ten * factor for factor in (1, 2, 2.5, 5, 10)]
    return next(step for step in steps if step >= rough * 0.999 and not (whole and step % 1))


def _steps(scale: Scale) -> list[float]:
    step = _step(scale.low, scale.high, whole=scale.whole)
    first, last = math.ceil(scale.low / step - 1e-6), math.floor(scale.high / step + 1e-6)
    return [index * step for index in range(first, last + 1)]


def _decades(scale: Scale) -> list[float]:
    first, last = math.floor(math.log10(scale.low)), math.ceil(math.log10(scale.high))
    every = max(1, math.ceil((last - first) / (TICKS + 1)))
    factors = (1, 2, 5) if math.log10(scale.high / scale.low) < _DECADES else (1,)
    values = [factor * 10.0**power for power in range(first, last + 1, every) for factor in factors]
    return [value for value in values if scale.low <= value <= scale.high]
