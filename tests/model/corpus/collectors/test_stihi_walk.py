"""The way through the numbers of a day: all that lives is found, and little else is asked for."""

import random
from collections.abc import Collection

import pytest

from model.corpus.collectors.stihi_walk import GAP, STRIDE, Bookmark, Phase, after, enter

MOST = 99_998


def walk(alive: Collection[int], top: int | None, unknown: Collection[int] = ()) -> list[int]:
    """Return the numbers tried, in order."""
    place, tried = enter(top, MOST), []
    while place.phase != Phase.DONE:
        assert 0 < place.number <= MOST
        tried.append(place.number)
        place = after(place, None if place.number in unknown else place.number in alive)
    return tried


def thinned(seed: int, last: int, share: float) -> set[int]:
    choose = random.Random(seed)
    return {number for number in range(1, last + 1) if choose.random() < share}


@pytest.mark.parametrize("last", [0, 1, 49, 51, 60, 149, 700, 6500, 11000])
@pytest.mark.parametrize("share", [1.0, 0.9, 0.5])
@pytest.mark.parametrize("listed", [True, False])
def test_all_poems_of_a_day_are_found(last: int, share: float, listed: bool) -> None:  # noqa: FBT001
    alive = thinned(last, last, share)
    tried = walk(alive, max(alive, default=0) if listed and alive else None)
    assert alive <= set(tried)
    assert len(tried) <= last + 2 * GAP + (0 if listed and alive else 12_000 / STRIDE + STRIDE)


@pytest.mark.parametrize("top", [3, 400, 699])
def test_a_list_that_names_too_low_a_number_loses_nothing(top: int) -> None:
    alive = thinned(1, 700, 0.8)
    assert alive <= set(walk(alive, top))


def test_the_walk_goes_downwards() -> None:
    assert walk({1, 2, 3}, 3) == [*range(4, 4 + GAP), 3, 2, 1]


@pytest.mark.parametrize("seed", range(5))
def test_a_long_gap_is_crossed_in_strides_and_nothing_behind_it_is_lost(seed: int) -> None:
    alive = thinned(seed, 2000 + seed, 0.7) | {number + 5000 for number in thinned(seed, 900, 0.7)}
    tried = walk(alive, max(alive))
    assert alive <= set(tried)
    assert len([number for number in tried if 2200 < number < 4900]) < 100


def test_a_gap_down_to_the_first_poems() -> None:
    alive = {1, 2, *range(3000, 3300)}
    assert alive <= set(walk(alive, 3299))


def test_no_number_is_tried_over_and_over() -> None:
    alive = thinned(3, 3000, 0.02)
    tried = walk(alive, max(alive))
    assert max(tried.count(number) for number in tried) <= 3


def test_pages_that_cannot_be_read_are_no_gap() -> None:
    unknown = set(range(300, 600))
    alive = set(range(1, 300)) | set(range(600, 700))
    assert alive | unknown <= set(walk(alive, 699, unknown))


def test_the_walk_ends_where_every_page_lives() -> None:
    place = enter(MOST - 5, MOST)
    for _ in range(5):
        place = after(place, alive=True)
    assert place == Bookmark(Phase.DOWN, MOST - 5)
