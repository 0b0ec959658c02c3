"""The token ids of a corpus on disk, memory-mapped: tokenised once, and reused whenever a run is resumed.

The file holds the concatenated ids of all texts, the offset where each text ends, and a footer: a format marker, the
key of what the ids were made from, the number of texts, the bytes per id, and the SHA-256 of everything before it.
"""

import hashlib
import json
import struct
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, overload

import numpy as np
from numpy.typing import NDArray

from model.files.replacing import replacing

Ids = NDArray[np.unsignedinteger[Any]]

_MARK = b"tokens 1"
_FOOTER = struct.Struct("<8s32sQQ")
_DIGEST = hashlib.sha256().digest_size
_END = np.dtype("<u8")
_PIECE = 2**24  # bytes hashed at a time


class TokenStore(Sequence[Ids]):
    """The ids of each text, by index. They are paged into memory only when they are accessed."""

    def __init__(self, ids: Ids, ends: NDArray[np.uint64]) -> None:
        self._ids, self._ends = ids, [0, *ends.tolist()]

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, index: int) -> Ids: ...

    @overload
    def __getitem__(self, index: slice) -> list[Ids]: ...

    def __getitem__(self, index: int | slice) -> Ids | list[Ids]:
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        place = range(len(self))[index]
        return self._ids[self._ends[place] : self._ends[place + 1]]


def key_of(made_from: Mapping[str, Any]) -> str:
    """Return a hexadecimal key for what ids are made from, which must be JSON-serialisable; any change changes it."""
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()


def made(
    path: Path, key: str, rows: Iterable[Sequence[int]], vocabulary: int, say: Callable[[str], None]
) -> TokenStore:
    """Return the store at `path`, writing it from `rows` unless there is an intact one with this key.

    `rows`, the ids of each text, is iterated only if needed. An existing store that cannot be used is reported.
    """
    if path.exists():
        try:
            return _opened(path, key)
        except _UnfitError as error:
            say(f"{path} {error}: tokenising the texts again")
    with replacing(path) as new, new.open("wb") as file:
        _write(file, key, rows, np.dtype("<u2" if vocabulary <= 2**16 else "<u4"))
    return _opened(path, key)


class _UnfitError(Exception):
    """Why a store cannot be used."""


def _write(file: BinaryIO, key: str, rows: Iterable[Sequence[int]], dtype: np.dtype[Any]) -> None:
    digest, ends = hashlib.sha256(), array("Q")

    def put(data: bytes) -> None:
        digest.update(data)
        file.write(data)

    count = 0
    for row in rows:
        put(np.array(row, dtype).tobytes())
        count += len(row)
        ends.append(count)
    put(np.array(ends, _END).tobytes())
    put(_FOOTER.pack(_MARK, bytes.fromhex(key), len(ends), dtype.itemsize))
    file.write(digest.digest())


def _opened(path: Path, key: str) -> TokenStore:
    """Open a store. _UnfitError if it was made from something else or is damaged."""
    if not _is_whole(path):
        raise _UnfitError("is damaged")
    data = np.memmap(path, np.uint8, "r")
    places = len(data) - _DIGEST - _FOOTER.size
    mark, made_from, texts, size = _FOOTER.unpack(data[places:-_DIGEST].tobytes())
    if (mark, made_from) != (_MARK, bytes.fromhex(key)):
        raise _UnfitError("was made from something else")
    ends = places - texts * _END.itemsize
    return TokenStore(data[:ends].view(f"<u{size}"), np.array(data[ends:places]).view(_END))


def _is_whole(path: Path) -> bool:
    """Return whether the file ends with the digest of everything before it."""
    left, digest = path.stat().st_size - _DIGEST, hashlib.sha256()
    if left < _FOOTER.size:
        return False
    with path.open("rb") as file:
        while left:
            piece = file.read(min(left, _PIECE))
            digest.update(piece)
            left -= len(piece)
        return file.read() == digest.digest()
