"""The walk through the numbers of a day: only which number comes next, without any network access.

Numbers are assigned consecutively, and poems are deleted one by one, so nearly all up to the last one exist. The walk
begins above the last number, goes down, and tries each one. After GAP missing numbers it makes strides; from the first
number found it searches upwards until GAP are missing. It skips runs shorter than a stride that have more than GAP
missing numbers on both sides.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

GAP = 100
STRIDE = 50
CEILING = 12_000  # where to look for the last number if nothing indicates it; the highest observed is 10967


class Phase(StrEnum):
    """The phases of the walk."""

    LIST = "list"  # about to request the day's list
    SEEK = "seek"  # striding downwards
    UP = "up"  # searching upwards for the last number
    DOWN = "down"
    DONE = "done"


@dataclass(frozen=True)
class Bookmark:
    """The position of the walk within a day."""

    phase: Phase = Phase.LIST
    number: int = 0  # the next to try
    misses: int = 0  # in a row
    back: int = 0  # where to continue downwards after the upward search
    known: int = 0  # everything from here upwards has been tried in this phase


def enter(top: int | None, most: int) -> Bookmark:
    """Start a day whose last number is about `top`, or unknown if None. No number exceeds `most`."""
    if top is None:
        return Bookmark(Phase.SEEK, CEILING, known=most + 1)
    return Bookmark(Phase.UP, top + 1, back=top, known=most + 1)


def after(place: Bookmark, alive: bool | None) -> Bookmark:  # noqa: FBT001  what the step is about
    """Return the position after a number was tried; `alive` is None if the result is unknown."""
    misses = {True: 0, False: place.misses + 1, None: place.misses}[alive]
    if place.phase == Phase.UP:
        number = place.number + 1
        if misses >= GAP or number >= place.known:
            return _down(place.back)
        return replace(place, number=number, misses=misses)
    if place.phase == Phase.SEEK:
        if alive is False and place.number > STRIDE:
            return replace(place, number=place.number - STRIDE)
        return replace(place, phase=Phase.UP, number=place.number + 1, back=place.number - 1, misses=0)
    if misses >= GAP and place.number > STRIDE:
        return Bookmark(Phase.SEEK, place.number - STRIDE, known=place.number)
    return _down(place.number - 1, misses)


def _down(number: int, misses: int = 0) -> Bookmark:
    return Bookmark(Phase.DOWN, number, misses) if number > 0 else Bookmark(Phase.DONE)
