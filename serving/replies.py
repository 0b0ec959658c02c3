"""Tensors to the JSON of a predict reply, formatted exactly as by TF-Serving."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from serving.errors import invalid

_INDENT = "    "
_SPECIAL = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
_SHORT = "%.6g"
_FULL = {np.dtype(np.float32): "%.9g", np.dtype(np.float64): "%.17g"}  # these round-trip exactly


def row_reply(tensors: Mapping[str, np.ndarray]) -> str:
    """Return `{"predictions": [...]}`: one entry an item, a bare value for one output, an object for several."""
    count = _batch_size(tensors)
    columns = {name: _items(name, tensor, count, len(tensors)) for name, tensor in sorted(tensors.items())}
    if len(columns) == 1:
        (items,) = columns.values()
        text = ", ".join(items)
    else:
        pad = "\n" + 2 * _INDENT
        rows = (_object(dict(zip(columns, row, strict=True)), 2) for row in zip(*columns.values(), strict=True))
        text = pad + ("," + pad).join(rows)
    closing = "\n" + _INDENT if count else ""
    return _object({"predictions": f"[{text if count else ''}{closing}]"}, 0)


def column_reply(tensors: Mapping[str, np.ndarray]) -> str:
    """Return `{"outputs": ...}`: the bare tensor for one output, an object of tensors for several."""
    depth = 1 if len(tensors) == 1 else 2
    values = {
        name: _nest(_leaves(name, tensor, depth + tensor.ndim), tensor.shape, depth, one_line=False)
        for name, tensor in sorted(tensors.items())
    }
    (only,) = values.values() if len(values) == 1 else ("",)
    return _object({"outputs": only or _object(values, 1)}, 0)


def error_reply(message: str) -> str:
    """Return `{"error": ...}`; lone surrogates are escaped, which Python and JSON write alike."""
    text = json.dumps(message, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
    return _object({"error": text}, 0)


def float_texts(values: np.ndarray) -> list[str]:
    """Return float32 or float64 numbers as JSON that round-trips exactly.

    Six digits if they suffice, else nine (seventeen for float64), and `.0` after integers: 0.1, 2.5, 9e+06.
    """
    full, numbers = _FULL[values.dtype], values.tolist()
    texts = [full % number for number in numbers]
    for i in np.flatnonzero(_may_be_short(values)).tolist():
        short = _SHORT % numbers[i]
        if values.dtype.type(float(short)) == values[i]:
            texts[i] = short
    return [text if "." in text or "e" in text else _SPECIAL.get(text, text + ".0") for text in texts]


def _may_be_short(values: np.ndarray) -> np.ndarray:
    """Return a mask of the numbers that six digits may represent: few logits, and trying each would double the cost."""
    if values.dtype != np.float32:
        return np.ones(values.shape, dtype=np.bool_)
    wide = values.astype(np.float64)
    with np.errstate(all="ignore"):
        scale = 10.0 ** (5 - np.floor(np.log10(np.abs(wide))))
        rounded = (np.rint(wide * scale) / scale).astype(np.float32)
    return np.asarray((rounded == values) | (values == 0))


def _string_texts(values: np.ndarray) -> list[str]:
    # Bytes that are not UTF-8 are sent unchanged, which is invalid JSON, as in TF-Serving.
    return [json.dumps(value.decode("utf-8", "surrogateescape"), ensure_ascii=False) for value in values]


def _base64_texts(values: np.ndarray, depth: int) -> list[str]:
    return [_object({"b64": f'"{base64.b64encode(value).decode("ascii")}"'}, depth) for value in values]


def _bool_texts(values: np.ndarray) -> list[str]:
    return ["true" if value else "false" for value in values.tolist()]


def _integer_texts(values: np.ndarray) -> list[str]:
    return list(map(str, values.tolist()))


_WRITERS: dict[str, Callable[[np.ndarray], list[str]]] = {"O": _string_texts, "b": _bool_texts}
_WRITERS |= dict.fromkeys("iu", _integer_texts)


def _leaves(name: str, tensor: np.ndarray, depth: int) -> list[str]:
    """Return the tensor's values as texts, in order; `depth` is the indentation of a base64 object."""
    flat = tensor.reshape(-1)
    if tensor.dtype == object and name.endswith("_bytes"):
        return _base64_texts(flat, depth)
    writer = float_texts if tensor.dtype in _FULL else _WRITERS.get(tensor.dtype.kind)
    if writer is None:
        message = f"Failed to write JSON value for tensor type: {tensor.dtype}"
        raise invalid(message)
    return writer(flat)


def _items(name: str, tensor: np.ndarray, count: int, outputs: int) -> list[str]:
    """Return the text of each item of the batch."""
    depth = (2 if outputs == 1 else 3) + tensor.ndim - 1
    leaves = _leaves(name, tensor, depth)
    size = len(leaves) // count if count else 0
    return [_nest(leaves[i * size : (i + 1) * size], tensor.shape[1:], depth, one_line=True) for i in range(count)]


def _batch_size(tensors: Mapping[str, np.ndarray]) -> int:
    expected = -1
    for name, tensor in sorted(tensors.items()):
        if tensor.ndim == 0:
            message = f"Tensor name: {name} has no shape information "
            raise invalid(message)
        if expected not in (-1, tensor.shape[0]):
            message = f"Tensor name: {name} has inconsistent batch size: {tensor.shape[0]} expecting: {expected}"
            raise invalid(message)
        expected = tensor.shape[0]
    return expected


def _nest(leaves: Sequence[str], shape: tuple[int, ...], depth: int, *, one_line: bool) -> str:
    """Return a tensor's texts nested as JSON lists."""
    if not shape:
        return leaves[0]
    items: Sequence[str] = leaves
    if len(shape) > 1:
        size = len(leaves) // shape[0] if shape[0] else 0
        slices = (leaves[i * size : (i + 1) * size] for i in range(shape[0]))
        items = [_nest(part, shape[1:], depth + 1, one_line=one_line) for part in slices]
    if not items:
        return "[]"
    if one_line:
        return f"[{', '.join(items)}]"
    pad = "\n" + _INDENT * (depth + 1)
    return f"[{pad}{(',' + pad).join(items)}\n{_INDENT * depth}]"


def _object(members: Mapping[str, str], depth: int) -> str:
    """Return a pretty-printed JSON object of texts, indented to the depth."""
    pad = "\n" + _INDENT * (depth + 1)
    body = ",".join(f"{pad}{json.dumps(name, ensure_ascii=False)}: {text}" for name, text in members.items())
    return f"{{{body}\n{_INDENT * depth}}}"
