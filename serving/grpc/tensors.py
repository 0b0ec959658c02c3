"""TensorProto to numpy and back, by the rules of TensorFlow's own `Tensor::FromProto` and `AsProtoField`."""

import math
from typing import Any

import numpy as np
from tensorflow.core.framework import types_pb2

from serving.errors import Code, ServingError, invalid

# A short message may describe a large tensor, as missing values repeat the last one.
MAX_ELEMENTS = 4 * 2**20
_STRING = "string"
# The supported types by TensorFlow's name: the numpy type and the TensorProto's field for its values.
_TYPES: dict[str, tuple[np.dtype[Any], str]] = {
    "float": (np.dtype("<f4"), "float_val"),
    "double": (np.dtype("<f8"), "double_val"),
    "half": (np.dtype("<f2"), "half_val"),
    "int8": (np.dtype("i1"), "int_val"),
    "int16": (np.dtype("<i2"), "int_val"),
    "int32": (np.dtype("<i4"), "int_val"),
    "int64": (np.dtype("<i8"), "int64_val"),
    "uint8": (np.dtype("u1"), "int_val"),
    "uint16": (np.dtype("<u2"), "int_val"),
    "uint32": (np.dtype("<u4"), "uint32_val"),
    "uint64": (np.dtype("<u8"), "uint64_val"),
    "bool": (np.dtype("?"), "bool_val"),
    _STRING: (np.dtype("O"), "string_val"),
}
_NAMES = {dtype: name for name, (dtype, _) in _TYPES.items()}


def type_name(tensor: Any) -> str:
    """Return TensorFlow's name of a TensorProto's type, such as `float`; empty for an unknown number."""
    described = types_pb2.DataType.DESCRIPTOR.values_by_number.get(tensor.dtype)
    return described.name.removeprefix("DT_").lower() if described else ""


def read(alias: str, tensor: Any) -> np.ndarray:
    """Return a TensorProto's values, strings as bytes; raise ServingError that names a malformed input."""
    name = type_name(tensor)
    if name in ("", "invalid"):
        raise _parsing_error(alias)
    if name not in _TYPES:
        message = f"Tensors of type {name} are not offered by this server."
        raise ServingError(Code.UNIMPLEMENTED, message)
    shape = tuple(dim.size for dim in tensor.tensor_shape.dim)
    if tensor.tensor_shape.unknown_rank or min(shape, default=0) < 0:
        raise _parsing_error(alias)
    if math.prod(shape) > MAX_ELEMENTS:
        message = f"input tensor {alias} has more than {MAX_ELEMENTS} elements"
        raise invalid(message)
    try:
        return _values(tensor, name, math.prod(shape)).reshape(shape)
    except ValueError as error:
        raise _parsing_error(alias) from error


def write(tensor: Any, name: str, array: np.ndarray, *, as_content: bool) -> None:
    """Fill an empty TensorProto with the output `name`, in typed fields or (`as_content`) as packed bytes."""
    kind = _STRING if array.dtype.kind in "OSU" else _NAMES.get(array.dtype, "")
    if not kind:
        message = f"Output {name} of type {array.dtype} is not offered by this server."
        raise ServingError(Code.UNIMPLEMENTED, message)
    tensor.dtype = types_pb2.DataType.Value(f"DT_{kind.upper()}")
    tensor.tensor_shape.SetInParent()
    for size in array.shape:
        tensor.tensor_shape.dim.add(size=size)
    if kind == _STRING:
        _write_strings(tensor, name, array.ravel().tolist(), as_content=as_content)
    elif as_content:
        tensor.tensor_content = array.tobytes()
    else:
        flat = array.ravel().view(np.uint16) if kind == "half" else array.ravel()
        getattr(tensor, _TYPES[kind][1]).extend(flat.tolist())


def _values(tensor: Any, name: str, count: int) -> np.ndarray:
    """Return `count` values; raise ValueError if packed bytes hold another number."""
    dtype, field = _TYPES[name]
    if name == _STRING:
        return _filled(_strings(tensor, count), count, dtype, b"")
    if tensor.tensor_content:
        packed = np.frombuffer(tensor.tensor_content, dtype)
        if packed.size != count:
            message = "the number of values does not match the shape"
            raise ValueError(message)
        return packed
    numbers = getattr(tensor, field)
    if field not in ("int_val", "half_val"):
        return _filled(np.fromiter(numbers, dtype, len(numbers)), count, dtype, 0)
    # These fields hold smaller types as int32: values out of range wrap, and a half is its 16 bits.
    wide = np.fromiter(numbers, np.int32, len(numbers))
    narrow = wide.astype(np.uint16).view(dtype) if name == "half" else wide.astype(dtype)
    return _filled(narrow, count, dtype, 0)


def _filled(values: np.ndarray | list[bytes], count: int, dtype: np.dtype[Any], empty: object) -> np.ndarray:
    """Return `count` values: missing ones repeat the last, or are `empty` if there is none."""
    if len(values) == count and isinstance(values, np.ndarray):
        return values
    filled = np.empty(count, dtype)
    filled[: len(values)] = values[:count]
    filled[len(values) :] = values[-1] if len(values) else empty
    return filled


def _strings(tensor: Any, count: int) -> list[bytes]:
    return _unpacked(tensor.tensor_content, count) if tensor.tensor_content else list(tensor.string_val)


def _write_strings(tensor: Any, name: str, values: list[Any], *, as_content: bool) -> None:
    if not all(isinstance(value, bytes) for value in values):
        message = f"Output {name} is not a tensor."
        raise invalid(message)
    if as_content:
        tensor.tensor_content = b"".join([*(_varint(len(value)) for value in values), *values])
    else:
        tensor.string_val.extend(values)


def _unpacked(content: bytes, count: int) -> list[bytes]:
    """Return packed strings: `count` lengths as varints, then the strings; raise ValueError if they do not fit."""
    sizes, position = [], 0
    for _ in range(count):
        size, position = _read_varint(content, position)
        sizes.append(size)
    if position + sum(sizes) != len(content):
        message = "the lengths do not match the content"
        raise ValueError(message)
    strings = []
    for size in sizes:
        strings.append(content[position : position + size])
        position += size
    return strings


def _read_varint(content: bytes, position: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 35, 7):
        byte = content[position] if position < len(content) else 0xFF
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 -- the continuation bit
            return number, position
    message = "unterminated varint"
    raise ValueError(message)


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:  # noqa: PLR2004 -- seven bits a byte
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _parsing_error(alias: str) -> ServingError:
    return invalid(f"tensor parsing error: {alias}")
