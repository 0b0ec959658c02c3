"""JSON values to tensors, with TF-Serving's rules for types, ranges and shapes, and its error messages."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import numpy as np

from serving.errors import Code, ServingError, invalid
from serving.parsing import quote

type_of = type  # `set(map(type_of, items))` collects a long list's types at C speed


@dataclass(frozen=True)
class _Numbers:
    """The range of a tensor type. Integers and floats are distinct: `1.0` is not an integer."""

    dtype: type[np.generic]
    lowest: float
    highest: float
    largest_integer: int = 0  # for float types: all integers up to this one are exact


_MAX_DEPTH = 32  # numpy allows 64 dimensions, and the batch is one more
_INT32 = (-(2**31), 2**31 - 1)
_INTEGERS = {
    # int8, int16 and uint8 accept any int32 and wrap, as TF-Serving's int_val does.
    "int8": _Numbers(np.int8, *_INT32),
    "int16": _Numbers(np.int16, *_INT32),
    "uint8": _Numbers(np.uint8, *_INT32),
    "int32": _Numbers(np.int32, *_INT32),
    "int64": _Numbers(np.int64, -(2**63), 2**63 - 1),
    "uint32": _Numbers(np.uint32, 0, 2**32 - 1),
    "uint64": _Numbers(np.uint64, 0, 2**64 - 1),
}
_FLOATS = {
    "float": _Numbers(np.float32, -float(np.finfo(np.float32).max), float(np.finfo(np.float32).max), 2**24 - 1),
    "double": _Numbers(np.float64, -float(np.finfo(np.float64).max), float(np.finfo(np.float64).max), 2**53 - 1),
}
_JSON_TYPES: dict[type, str] = {dict: "Object", list: "Array", str: "String", int: "Number", float: "Number"}
_UINT64_END = 2**64  # integers from here on are doubles to RapidJSON
_INT64_START = -(2**63)


class Flattener:
    """Collects the values of one input, flat."""

    def __init__(self, type_name: str) -> None:
        self.type_name = type_name
        self.values: list[Any] = []

    def add(self, value: object) -> tuple[int, ...]:
        """Append the values of a scalar or a nested list, validated; return its shape."""
        shape = _shape(value)
        self._fill(value, shape, 0)
        return shape

    def tensor(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return all collected values as one tensor."""
        if self.type_name == "string":
            return np.array(self.values, dtype=object).reshape(shape)
        if self.type_name == "bool":
            return np.array(self.values, dtype=np.bool_).reshape(shape)
        numbers = _INTEGERS.get(self.type_name) or _FLOATS[self.type_name]
        wide = np.int64 if numbers.dtype in (np.int8, np.int16, np.uint8) else numbers.dtype
        return np.array(self.values, dtype=wide).astype(numbers.dtype).reshape(shape)

    def _fill(self, value: object, shape: tuple[int, ...], level: int) -> None:
        if not isinstance(value, list):
            self._add_scalar(value, shape, level)
            return
        _check_list(value, shape, level)
        if level == len(shape) - 1 and self._takes_all(value):
            self.values.extend(value)
            return
        for item in value:
            self._fill(item, shape, level + 1)

    def _add_scalar(self, value: object, shape: tuple[int, ...], level: int) -> None:
        if level != len(shape):
            message = (
                f"JSON Value: {quote(value)} found at incorrect level: {level + 1} in the JSON DOM. "
                f"Expected at level: {len(shape)}"
            )
            raise invalid(message)
        self.values.append(_convert(value, self.type_name))

    def _takes_all(self, values: list[Any]) -> bool:
        """Return whether a fast check accepts a whole list of numbers; False means that each must be checked."""
        types = set(map(type_of, values))
        if types == {int} and self.type_name in _INTEGERS:
            numbers = _INTEGERS[self.type_name]
            return bool(numbers.lowest <= min(values) and max(values) <= numbers.highest)
        if types and types <= {int, float} and self.type_name in _FLOATS:
            limit = _FLOATS[self.type_name].largest_integer if int in types else _FLOATS[self.type_name].highest
            return bool(-limit <= min(values) and max(values) <= limit)
        return False


def is_base64(value: object) -> bool:
    """Return whether a JSON value is `{"b64": "..."}`."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("b64"), str)


def shape_text(shape: tuple[int, ...]) -> str:
    """Return a shape as in TF-Serving's messages: `[2,3]`."""
    return f"[{','.join(map(str, shape))}]"


def _shape(value: object) -> tuple[int, ...]:
    shape: list[int] = []
    while isinstance(value, list):
        if len(shape) == _MAX_DEPTH:
            message = f"Lists are nested more than {_MAX_DEPTH} deep"
            raise invalid(message)
        shape.append(len(value))
        value = value[0] if value else None
    return tuple(shape)


def _check_list(value: list[Any], shape: tuple[int, ...], level: int) -> None:
    if level >= len(shape):
        message = f"Encountered list at unexpected level: {level} expected < {len(shape)}"
        raise invalid(message)
    if len(value) != shape[level]:
        message = f"Encountered list at unexpected size: {len(value)} at level: {level} expected size: {shape[level]}"
        raise invalid(message)


def _convert(value: object, type_name: str) -> object:
    """Return a JSON scalar as a value of the tensor type; raise TF-Serving's error if it does not fit."""
    if type_name == "string":
        return _string(value)
    if type_name == "bool":
        if isinstance(value, bool):
            return value
    elif type_name in _INTEGERS:
        numbers = _INTEGERS[type_name]
        if type(value) is int and numbers.lowest <= value <= numbers.highest:
            return value
    elif type_name in _FLOATS:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _float(value, type_name, _FLOATS[type_name])
    elif not isinstance(value, dict):
        raise ServingError(Code.UNIMPLEMENTED, f"Conversion of JSON Value: {quote(value)} to type: {type_name}")
    raise _type_error(value, type_name)


def _float(value: float, type_name: str, numbers: _Numbers) -> float:
    if isinstance(value, int) and _INT64_START <= value < _UINT64_END:
        exact = abs(value) <= numbers.largest_integer
    else:
        exact = value in (np.inf, -np.inf) or value != value or numbers.lowest <= value <= numbers.highest  # noqa: PLR0124 -- NaN
    if not exact:
        message = f"Cannot convert JSON value: {quote(value)} to {type_name} without loss of precision."
        raise invalid(message)
    return float(value)


def _string(value: object) -> bytes:
    if isinstance(value, str):
        try:
            return value.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError as error:
            message = "JSON Parse error: The surrogate pair in string is invalid."
            raise invalid(message) from error
    if not isinstance(value, dict):
        raise _type_error(value, "string")
    if not is_base64(value):
        message = f"JSON Value: {quote(value)} not formatted correctly for base64 data"
        raise invalid(message)
    return _base64(value["b64"])


def _base64(text: str) -> bytes:
    """Return decoded base64; padding is optional and white space ignored, as in absl."""
    stripped = "".join(text.split()).rstrip("=")
    try:
        return base64.b64decode(stripped + "=" * (-len(stripped) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        message = "Unable to base64 decode"
        raise invalid(message) from error


def _type_error(value: object, type_name: str) -> ServingError:
    return invalid(f"JSON Value: {quote(value)} Type: {_json_type(value)} is not of expected type: {type_name}")


def _json_type(value: object) -> str:
    if isinstance(value, bool):
        return str(value)
    return _JSON_TYPES.get(type(value), "Null")
