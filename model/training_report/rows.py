"""Reading a history that may be empty, cut short, or hold what is no number."""

from collections.abc import Mapping
from typing import Any

from model.html.charts import Points, finite

Row = Mapping[str, Any]


def rows(history: Row, name: str) -> list[Row]:
    """Give the rows of a list of the history that say which step they are of, by step."""
    found = history.get(name)
    usable = [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []
    return sorted((row for row in usable if finite(row.get("step")) is not None), key=lambda row: float(row["step"]))


def last(rows: list[Row], name: str) -> float | None:
    """Give the newest value there is."""
    return next((value for row in reversed(rows) if (value := finite(row.get(name))) is not None), None)


def points(rows: list[Row], name: str, factor: float = 1.0) -> Points:
    """Give a value by step, times a factor; nothing where no row has it."""
    found = [(float(row["step"]), finite(row.get(name))) for row in rows]
    if all(value is None for _, value in found):
        return []
    return [(step, None if value is None else value * factor) for step, value in found]
