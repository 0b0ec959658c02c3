"""Predict requests over REST to named tensors: `instances` (row format) and `inputs` (columnar format)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from serving.errors import ServingError, invalid
from serving.parsing import quote
from serving.tensors import Flattener, is_base64, shape_text


def signature_name(document: dict[str, Any]) -> str:
    """Return the name of the requested signature, empty for the default one."""
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        message = f"JSON Value: {quote(document)} not formatted correctly. 'signature_name' key must be a string value."
        raise invalid(message)
    return name


def is_row(document: dict[str, Any]) -> bool:
    """Return whether the request is in row format; raise ServingError if it has both formats or neither."""
    if "instances" in document and "inputs" in document:
        message = (
            f"JSON Value: {quote(document)} Not formatted correctly expecting only one of "
            "'inputs' or 'instances' keys to exist "
        )
        raise invalid(message)
    if "instances" not in document and "inputs" not in document:
        message = "Missing 'inputs' or 'instances' key"
        raise invalid(message)
    return "instances" in document


def row_tensors(document: dict[str, Any], types: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Return the tensors of `instances`; their first dimension is the number of items."""
    instances = document["instances"]
    if not isinstance(instances, list):
        message = f"JSON Value: {quote(document)} Expecting 'instances' to be an list/array"
        raise invalid(message)
    if not instances:
        message = f"JSON Value: {quote(document)} No values in 'instances' array"
        raise invalid(message)
    named = _is_named(instances[0])
    if len(types) > 1 and not named:
        message = (
            "instances is a plain list, but expecting list of objects as multiple "
            "input tensors required as per tensorinfo_map"
        )
        raise invalid(message)
    batch = _RowInputs(types)
    for number, item in enumerate(instances):
        if named:
            batch.add_named(number, item)
        else:
            batch.add_plain(number, item)
    return batch.tensors(len(instances))


def column_tensors(document: dict[str, Any], types: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Return the tensors of `inputs`, which carry their own batch dimension."""
    inputs = document["inputs"]
    if _is_named(inputs):
        return {name: _tensor(_member(inputs, name), type_name) for name, type_name in types.items()}
    if len(types) > 1:
        message = (
            "inputs is a plain value/list, but expecting an object as multiple "
            "input tensors required as per tensorinfo_map"
        )
        raise invalid(message)
    ((name, type_name),) = types.items()
    return {name: _tensor(inputs, type_name)}


class _RowInputs:
    """The items of a row request, collected by input; every item must have the shapes of the first."""

    def __init__(self, types: Mapping[str, str]) -> None:
        self._flats = {name: Flattener(type_name) for name, type_name in types.items()}
        self._shapes: dict[str, tuple[int, ...]] = {}

    def add_named(self, number: int, item: object) -> None:
        """Add an object with one value for each input."""
        if not isinstance(item, dict) or is_base64(item):
            message = f"Expecting object but got list at item {number} of input list"
            raise invalid(message)
        for name, value in item.items():
            try:
                self._add(name, value)
            except ServingError as error:
                raise _element_error(number, f" key: {name}", error) from error
        if item.keys() != self._flats.keys():
            message = (
                f"Failed to process element: {number} of 'instances' list. JSON object: {quote(item)} "
                f"keys must be equal to: {','.join(sorted(self._flats))}"
            )
            raise invalid(message)

    def add_plain(self, number: int, item: object) -> None:
        """Add a value or list for the only input."""
        if _is_named(item):
            message = f"Expecting value/list but got object at item {number} of input list"
            raise invalid(message)
        try:
            self._add(next(iter(self._flats)), item)
        except ServingError as error:
            raise _element_error(number, "", error) from error

    def tensors(self, count: int) -> dict[str, np.ndarray]:
        """Return a tensor of `count` items for each input."""
        return {name: flat.tensor((count, *self._shapes[name])) for name, flat in self._flats.items()}

    def _add(self, name: str, value: object) -> None:
        if name not in self._flats:
            message = f"JSON object: does not have named input: {name}"
            raise invalid(message)
        before = len(self._flats[name].values)
        shape = self._flats[name].add(value)
        first = self._shapes.setdefault(name, shape)
        size, expected = len(self._flats[name].values) - before, int(np.prod(first))
        if size != expected:
            message = f"Expecting tensor size: {expected} but got: {size}"
            raise invalid(message)
        if shape != first:
            message = f"Expecting shape {shape_text(first)} but got: {shape_text(shape)}"
            raise invalid(message)


def _is_named(value: object) -> bool:
    return isinstance(value, dict) and not is_base64(value)


def _member(inputs: dict[str, Any], name: str) -> object:
    if name not in inputs:
        message = f"Missing named input: {name} in 'inputs' object."
        raise invalid(message)
    return inputs[name]


def _tensor(value: object, type_name: str) -> np.ndarray:
    flat = Flattener(type_name)
    shape = flat.add(value)
    return flat.tensor(shape)


def _element_error(number: int, key: str, error: ServingError) -> ServingError:
    return invalid(f"Failed to process element: {number}{key} of 'instances' list. Error: {error.status}")
