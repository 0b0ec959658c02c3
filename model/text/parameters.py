"""The generation parameters and their bounds: one schema for HTTP, the page, the bot and the command line."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from model.text.sampling import Pools
from model.text.tokens import CANDIDATES

Kind = Literal["integer", "number", "string", "boolean"]
MAX_POOL = 500
MAX_TOKENS = 256
MAX_SEED = 2**32 - 1
FREE = "free"
SCHEMES = ("ABAB", "AABB", "ABBA", "AXAX", FREE)  # X rhymes with no line
LIKE_PROMPT = "prompt"  # the metre of the prompt, or else of the first line
METRES = ("iamb", "trochee", "dactyl", "amphibrach", "anapaest")
DECODERS = ("graph", "loop", "verse")
VERSE = ("scheme", "metre", "candidates")  # the parameters of the decoder `verse` alone


class InvalidParameter(ValueError):  # noqa: N818  it names the parameter, not an error of ours
    """The value of `field` is not allowed; the message says why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field, self.message = field, message


@dataclass(frozen=True)
class Bound:
    """The values that one parameter may take. `minimum` and `maximum` limit a number, or the length of a string."""

    kind: Kind
    minimum: float | None = None
    maximum: float | None = None
    multiple_of: float | None = None
    nullable: bool = False
    choices: tuple[str, ...] = ()

    def check(self, field: str, value: object) -> Any:
        """Return `value` converted to its kind, or raise InvalidParameter."""
        if value is None and self.nullable:
            return None
        checked = getattr(self, f"_{self.kind}")(field, value)
        if self.choices and checked not in self.choices:
            raise InvalidParameter(field, f"must be one of {', '.join(self.choices)}")
        return checked

    def _string(self, field: str, value: object) -> str:
        if not isinstance(value, str):
            raise InvalidParameter(field, "must be a string")
        if self.maximum is not None and len(value) > self.maximum:
            raise InvalidParameter(field, f"must be at most {self.maximum:g} characters long, is {len(value)}")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise InvalidParameter(field, "contains half of a surrogate pair")
        return value

    def _boolean(self, field: str, value: object) -> bool:
        if not isinstance(value, bool):
            raise InvalidParameter(field, "must be true or false")
        return value

    def _integer(self, field: str, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise InvalidParameter(field, "must be an integer")
        self._within(field, value)
        return value

    def _number(self, field: str, value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise InvalidParameter(field, "must be a number")
        number = float(self._within(field, value)) + 0.0  # turns -0.0 into 0.0
        if self.multiple_of is not None and round(round(number / self.multiple_of) * self.multiple_of, 9) != number:
            raise InvalidParameter(field, f"must be a multiple of {self.multiple_of:g}")
        return number

    def _within(self, field: str, value: Any) -> Any:
        if self.minimum is None or self.maximum is None:
            return value
        if not self.minimum <= value <= self.maximum:  # also false for NaN
            raise InvalidParameter(field, f"must be between {self.minimum:g} and {self.maximum:.10g}")
        return value


BOUNDS: dict[str, Bound] = {
    "prompt": Bound("string", 0, 2000),
    "model": Bound("string", 0, 100, nullable=True),
    "mood": Bound("string", 0, 100, nullable=True),
    "top_k": Bound("integer", 1, MAX_POOL),
    "line_start_k": Bound("integer", 1, MAX_POOL),
    "chaos_k": Bound("integer", 1, MAX_POOL),
    "chaos": Bound("number", 0, 1, multiple_of=0.01),
    "temperature": Bound("number", 0.01, 10, multiple_of=0.01, nullable=True),
    "max_tokens": Bound("integer", 1, MAX_TOKENS),
    "max_lines": Bound("integer", 1, 64),
    "max_chars": Bound("integer", 1, 4096, nullable=True),
    "seed": Bound("integer", 0, MAX_SEED, nullable=True),
    "scheme": Bound("string", choices=SCHEMES),
    "metre": Bound("string", choices=(*METRES, LIKE_PROMPT, FREE)),
    "candidates": Bound("integer", 1, CANDIDATES),
    "decoder": Bound("string", choices=DECODERS, nullable=True),
    "n": Bound("integer", 1, 8),
    "explain": Bound("boolean"),
}


@dataclass(frozen=True)
class Parameters:
    """Everything a poem depends on besides the model, the prompt and the seed. A release sets the defaults."""

    top_k: int
    line_start_k: int
    chaos_k: int
    chaos: float
    temperature: float | None  # None: all tokens of a pool are equally likely
    max_tokens: int
    max_lines: int
    max_chars: int | None
    scheme: str = FREE  # this and the next two are of the decoder `verse` alone
    metre: str = LIKE_PROMPT
    candidates: int = CANDIDATES  # for each line

    @classmethod
    def names(cls) -> list[str]:
        """Return the names of the parameters."""
        return [field.name for field in fields(cls)]

    @classmethod
    def plain_names(cls) -> list[str]:
        """Return the names of the parameters that the plain decoders use."""
        return [name for name in cls.names() if name not in VERSE]

    @property
    def pools(self) -> Pools:
        """The sizes of the three pools."""
        return Pools(self.top_k, self.line_start_k, self.chaos_k)

    @property
    def inverse_temperature(self) -> float:
        """1 / temperature, or 0 if all tokens of a pool are equally likely."""
        return 1 / self.temperature if self.temperature else 0.0


def check(request: Mapping[str, object]) -> dict[str, Any]:
    """Check every field of a request against its bound. InvalidParameter if one is unknown or out of bounds."""
    for field in request:
        if field not in BOUNDS:
            raise InvalidParameter(field, f"is unknown; there are: {', '.join(BOUNDS)}")
    return {field: BOUNDS[field].check(field, value) for field, value in request.items()}


def from_text(field: str, text: str) -> object:
    """Parse the value of `field` from a query string: as a number or a boolean if its bound is of that kind."""
    bound = BOUNDS.get(field)
    if bound is None or bound.kind == "string":
        return text
    if bound.nullable and text in ("", "null"):
        return None
    try:
        return _READERS[bound.kind](text)
    except (KeyError, ValueError):
        return text  # of the wrong kind: `check` will reject it


_WHOLE = re.compile(r"-?[0-9]{1,20}")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")


def _integer(text: str) -> int:
    if not _WHOLE.fullmatch(text):  # int() would accept spaces, underscores and digits of other scripts
        raise ValueError
    return int(text)


def _number(text: str) -> float:
    number = float(text) if _DECIMAL.fullmatch(text) else math.nan
    if not math.isfinite(number):
        raise ValueError
    return number


_READERS: dict[Kind, Callable[[str], object]] = {
    "integer": _integer,
    "number": _number,
    "boolean": {"true": True, "false": False}.__getitem__,
}
