"""Dropping the longest texts: those whose number of lines reaches a percentile of the corpus."""

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

PERCENT = 100


class BelowPercentile:
    """Keeps the texts whose number is below a percentile of all numbers. `observe` must be given all numbers first."""

    def __init__(self, percentile: int) -> None:
        self._share = percentile / PERCENT
        self._counts = Counter[int]()
        self._limit = 0.0

    def observe(self, keys: Sequence[int]) -> None:
        """Record the numbers of some texts."""
        self._counts.update(keys)

    def settle(self) -> None:
        """Compute the percentile, interpolating between two numbers if it lies between them."""
        if self._counts:
            place = (self._counts.total() - 1) * self._share
            low, high = self._ranked(int(place)), self._ranked(int(place) + (place % 1 > 0))
            self._limit = low + (high - low) * (place % 1)

    def keep(self, keys: Sequence[int], candidates: Sequence[bool]) -> list[bool]:
        """Return for each text whether it is kept."""
        return [kept and number < self._limit for number, kept in zip(keys, candidates, strict=True)]

    def _ranked(self, rank: int) -> int:
        numbers = sorted(self._counts)
        passed = accumulate(self._counts[number] for number in numbers)
        return next(number for number, count in zip(numbers, passed, strict=True) if rank < count)
