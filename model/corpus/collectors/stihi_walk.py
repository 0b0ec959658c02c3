"""The way through the numbers of a day: no web here, only which number comes next.

Numbers are given without holes and fall out one by one, as poems are deleted, so nearly all up to the last are alive.
The walk begins above the last, goes down, and tries each number. After GAP missing ones it makes strides, and from the
first number found alive looks up again until GAP are missing. It passes over what stands alone in more than GAP
missing numbers and is shorter than a stride.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

GAP = 100
STRIDE = 50
CEILING = 12_000  # where to look for the last number when nothing tells it; the highest seen is 10967


class Phase(StrEnum):
    """What the walk is doing."""

    LIST = "list"  # about to ask for the day's list
    SEEK = "seek"  # making strides downwards
    UP = "up"  # looking for the last number upwards
    DOWN = "down"
    DONE = "done"


@dataclass(frozen=True)
class Bookmark:
    """Where the walk is within a day."""

    phase: Phase = Phase.LIST
    number: int = 0  # the next to try
    misses: int = 0  # in a row
    back: int = 0  # where to go down from after looking up
    known: int = 0  # from here upwards all has been tried, in this phase


def enter(top: int | None, most: int) -> Bookmark:
    """Begin a day whose last number is about `top`; None where it is not known. No number is above `most`."""
    if top is None:
        return Bookmark(Phase.SEEK, CEILING, known=most + 1)
    return Bookmark(Phase.UP, top + 1, back=top, known=most + 1)


def after(place: Bookmark, alive: bool | None) -> Bookmark:  # noqa: FBT001  what the step is about
    """Return the place after a number was tried; `alive` is None where that could not be told."""
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
