"""Reading a dataclass from a table of TOML or JSON, with an error message for anything invalid."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin

from model.errors import ModelError

T = TypeVar("T")
Bounds = Mapping[str, tuple[float, float]]  # of numbers and of list elements, by name


def from_table(cls: type[T], table: Any, where: str, bounds: Bounds = {}) -> T:  # noqa: B006  it is only read
    """Create the dataclass `cls` from a table with exactly its keys and types; ModelError names what is invalid."""
    check_value(table, dict, where)
    check_keys(cls, table, where)
    types = {field.name: field.type for field in fields(cls)}  # type: ignore[arg-type]
    for name, value in table.items():
        check_value(value, types[name], f"{where}: {name}")
        if name in bounds:
            check_bounds(value, bounds[name], f"{where}: {name}")
    return cls(**table)


def check_bounds(value: Any, bounds: tuple[float, float], where: str) -> None:
    """Raise ModelError if a number is out of bounds, also within a list or a table; other values have no bounds."""
    if isinstance(value, list):
        for element in value:
            check_bounds(element, bounds, f"{where}: each element")
    elif isinstance(value, dict):
        for name, element in value.items():
            check_bounds(element, bounds, f"{where}: {name}")
    elif isinstance(value, int | float) and not bounds[0] <= value <= bounds[1]:
        raise ModelError(f"{where} must be between {bounds[0]:g} and {bounds[1]:g}")


def check_keys(cls: type, table: Mapping[str, Any], where: str) -> None:
    """Raise ModelError if the table has unknown keys, or lacks one without a default."""
    known = {field.name: field for field in fields(cls)}
    needed = {name for name, field in known.items() if field.default is field.default_factory is MISSING}
    for wrong, word in ((set(table) - set(known), "unknown"), (needed - set(table), "missing")):
        if wrong:
            raise ModelError(f"{where}: {word} key {min(wrong)!r}")


def check_value(value: Any, wanted: Any, where: str) -> None:
    """Raise ModelError if the value, or an element of a list or table, is not of the type."""
    kind = get_origin(wanted) or wanted
    if kind is Literal:
        if not isinstance(value, str) or value not in get_args(wanted):
            raise ModelError(f"{where} {value!r} is unknown; there are: {', '.join(get_args(wanted))}")
        return
    kinds = (
        tuple(get_origin(part) or part for part in get_args(wanted))
        if kind is UnionType
        else (int, float)
        if kind is float
        else (kind,)
    )
    if not isinstance(value, kinds) or isinstance(value, bool) != (kind is bool):
        raise ModelError(f"{where} must be of type {'table' if kind is dict else kind.__name__}")
    for element in value if kind is list else ():
        check_value(element, get_args(wanted)[0], f"{where}: each element")
    if kind is dict and get_args(wanted)[1:] == (float,):
        for name, element in value.items():
            check_value(element, get_args(wanted)[1], f"{where}: {name}")
