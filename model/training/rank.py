"""The rank of this process among those that train a network together, on one machine or several."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from model.errors import ModelError

ADDRESSES, PROCESSES, INDEX = (
    f"KERAS_DISTRIBUTION_{name}" for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID")
)
MOST_PROCESSES = 4096
_FORM = re.compile(r"(?P<address>[^,\s]+:(?P<port>\d{1,5})),(?P<count>\d{1,4}),(?P<index>\d{1,4})", re.ASCII)


@dataclass(frozen=True)
class Rank:
    """One of `count` processes. `address`, HOST:PORT, is where the first, with index 0, waits for the others."""

    address: str
    count: int
    index: int

    @classmethod
    def read(cls, given: str, name: str = "--machines") -> Self:
        """Parse HOST:PORT,N,I. ModelError, naming the option `name`, if it is not of that form."""
        found = _FORM.fullmatch(given)
        if not found:
            raise ModelError(f"{name} {given}: expected HOST:PORT,N,I, such as 10.0.0.1:7000,2,0")
        rank = cls(found["address"], int(found["count"]), int(found["index"]))
        if not 1 <= int(found["port"]) < 2**16:
            raise ModelError(f"{name} {given}: the port must be between 1 and {2**16 - 1}")
        if not 1 <= rank.count <= MOST_PROCESSES:
            raise ModelError(f"{name} {given}: the number of processes must be between 1 and {MOST_PROCESSES}")
        if rank.index >= rank.count:
            raise ModelError(f"{name} {given}: the index of {rank.count} processes goes from 0 to {rank.count - 1}")
        return rank

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> Self | None:
        """Read Keras's environment variables; None if none of them is set."""
        values = [environment.get(name, "") for name in (ADDRESSES, PROCESSES, INDEX)]
        if not any(values):
            return None
        if not all(values):
            raise ModelError(f"training on several machines needs {ADDRESSES}, {PROCESSES} and {INDEX}: set all three")
        first = values[0].partition(",")[0]  # JAX needs no other
        return cls.read(",".join([first, *values[1:]]), "KERAS_DISTRIBUTION_…")
