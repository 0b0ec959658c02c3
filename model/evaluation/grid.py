"""Poems for a grid of parameters, under neutral names so that they can be judged blind."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import product
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

import numpy as np

from model.errors import ModelError
from model.evaluation.diversity import distinct
from model.generation.request import Request, request

if TYPE_CHECKING:
    from model.networks.language_model import LanguageModel

MAX_CELLS = 200
DIALS = ("top_k", "chaos", "temperature")
USUAL: dict[str, list[Any]] = {"top_k": [2, 10, 40], "chaos": [0.0, 0.25, 0.6], "temperature": [0.5, 0.7, 1.0]}
DISTINCT = (1, 2, 3)  # of words, of pairs, of triples


@dataclass(frozen=True)
class Cell:
    """The poems for one setting of the dials, under a name that does not reveal it."""

    name: str
    dials: dict[str, Any]
    poems: list[str]


def cells(
    release: "LanguageModel",
    values: Mapping[str, Sequence[Any]],
    given: Mapping[str, object],
    *,
    prompt: str,
    seed: int,
    count: int,
    length: int | None = None,
) -> Iterator[Cell]:
    """Yield each cell with `count` poems, the same seeds in all, in an order shuffled by the request.

    `values` are the values to try for each of DIALS, `given` the parameters that all cells share. ModelError if
    something is out of bounds.
    """
    choices = [dict(zip(DIALS, choice, strict=True)) for choice in product(*(values[dial] for dial in DIALS))]
    if not 1 <= len(choices) <= MAX_CELLS:
        raise ModelError(f"the grid would have {len(choices)} cells; there may be from 1 to {MAX_CELLS}")
    asked = [
        request(
            release, {**given, "top_k": dials["top_k"], "chaos": dials["chaos"]}, prompt=prompt, seed=seed,
            count=count, temperature=[dials["temperature"]], length=length,
        )
        for dials in choices
    ]  # fmt: skip
    for place, i in enumerate(_order(release, asked, count)):
        yield Cell(_name(place), choices[i], [poem.text for poem in asked[i].poems(release, 0, count)])


def _order(release: "LanguageModel", asked: Sequence[Request], count: int) -> list[int]:
    """Shuffle the cells, seeded by everything that determines them, so that one grid reveals nothing about another."""
    whole = json.dumps([count, *(one.origin(release) for one in asked)])
    dice = np.random.default_rng(int.from_bytes(sha256(whole.encode()).digest()))
    return [int(i) for i in dice.permutation(len(asked))]


def _name(place: int) -> str:
    """Return the name of a cell: A to Z, then AA, AB, ..."""
    letters = len(ascii_uppercase)
    return (_name(place // letters - 1) if place >= letters else "") + ascii_uppercase[place % letters]


def poems(title: str, grid: Sequence[Cell]) -> str:
    """Return the poems in Markdown, with only the cells' letters as headings."""
    parts = [f"# {title}", "Not selected, in random order."]
    for cell in grid:
        parts += [f"## {cell.name}", *(f"```\n{poem}\n```" for poem in cell.poems)]
    return "\n\n".join(parts) + "\n"


def key(title: str, grid: Sequence[Cell]) -> str:
    """Return a Markdown table of what the letters stand for, and how diverse the words of each cell are."""
    head = "| cell | " + " | ".join(DIALS) + " | " + " | ".join(f"distinct-{n}" for n in DISTINCT) + " |"
    rows = [head, "|---" * (1 + len(DIALS) + len(DISTINCT)) + "|", *map(_row, grid)]
    return f"# {title}: settings by letter\n\n" + "\n".join(rows) + "\n"


def _row(cell: Cell) -> str:
    dials = ("equal chances" if cell.dials[dial] is None else f"{cell.dials[dial]:g}" for dial in DIALS)
    figures = (f"{distinct(cell.poems, n):.3f}" for n in DISTINCT)
    return f"| {cell.name} | " + " | ".join([*dials, *figures]) + " |"
