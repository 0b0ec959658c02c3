"""A validated request for texts, from a command or from a program that uses `TextGenerator`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from model.errors import ModelError
from model.generation.poems import write_many
from model.generation.steps import check_length, dials
from model.text.normalise import line_ends
from model.text.parameters import BOUNDS, MAX_SEED, Bound, InvalidParameter, Parameters
from model.text.poem import Poem

if TYPE_CHECKING:
    from model.networks.language_model import LanguageModel

MAX_TEXTS = 1_000_000

# Several alternate token by token; 0 is greedy, None in a sequence makes all tokens of a pool equally likely, and None
# alone is the release's own.
Temperature = float | Sequence[float | None] | None


@dataclass(frozen=True)
class Request:
    """Texts for one prompt; text i, from 0, has the seed `seed` + i. See `steps.generate_rows` for the rest."""

    parameters: Parameters
    prompt: str = ""
    seed: int = 0
    temperatures: list[float | None] | None = None
    length: int | None = None
    go_on: bool = False

    def poems(self, release: "LanguageModel", first: int, last: int) -> Iterator[Poem]:
        """Yield the texts numbered from `first` up to, but not including, `last`, each as soon as it is ready."""
        seeds = range(self.seed + first, self.seed + last)
        return write_many(
            release.network, release.text, self.prompt, self.parameters, seeds,
            temperatures=self.temperatures, length=self.length, go_on=self.go_on,
        )  # fmt: skip

    def origin(self, release: "LanguageModel") -> dict[str, Any]:
        """Return everything that determines the texts."""
        return {"model": release.text.hash, **asdict(self)}


def request(
    release: "LanguageModel",
    given: Mapping[str, object] | None = None,
    *,
    prompt: str = "",
    seed: int = 0,
    count: int = 1,
    temperature: Temperature = None,
    length: int | None = None,
    go_on: bool = False,
    whole_vocabulary: bool = False,
) -> Request:
    """Validate a request; `given` overrides the release's own parameters. ModelError if something is out of bounds.

    With a `length` in tokens, a text may have any number of lines unless `given` limits them. `whole_vocabulary`
    replaces the pools.
    """
    check_count(count, seed)
    try:
        checked = {name: _bound(name).check(name, value) for name, value in (given or {}).items()}
        prompt = line_ends(BOUNDS["prompt"].check("prompt", prompt))
        if length is not None:
            checked = {"max_lines": length} | checked
        if whole_vocabulary:
            checked |= dict.fromkeys(("top_k", "line_start_k", "chaos_k"), release.text.tokenizer.vocabulary_size)
        asked = Request(replace(release.text.defaults, **checked), prompt, seed, _turns(temperature), length, go_on)
        dials(asked.parameters, asked.temperatures)
        check_length(length, asked.parameters)
    except InvalidParameter as error:
        raise ModelError(str(error)) from None
    if go_on and length is None:
        raise ModelError("continuing after the end of a text needs a length")
    return asked


def _bound(name: str) -> Bound:
    if name not in Parameters.plain_names():
        raise InvalidParameter(name, f"is not a parameter; there are: {', '.join(Parameters.plain_names())}")
    return BOUNDS[name]


def _turns(temperature: Temperature) -> list[float | None] | None:
    if temperature is None:
        return None
    return list(temperature) if isinstance(temperature, Iterable) else [temperature]


def whole(name: str, value: object, low: int, high: int) -> int:
    """Return `value`; ModelError if it is not an integer from `low` to `high`."""
    try:
        return int(Bound("integer", low, high).check(name, value))
    except InvalidParameter as error:
        raise ModelError(str(error)) from None


def check_count(count: int, seed: int) -> None:
    """Raise ModelError if the number of texts or one of their seeds is out of bounds."""
    whole("the number of texts", count, 1, MAX_TEXTS)
    whole("seed", seed, 0, MAX_SEED)
    if seed + count - 1 > MAX_SEED:
        raise ModelError(f"seed: that of the last text would be {seed + count - 1}, above the maximum of {MAX_SEED}")


def deliver(texts: Iterable[str], *, return_as_list: bool = False) -> list[str] | None:
    """Return the texts as a list, or print each as soon as it is ready, followed by a blank line."""
    if return_as_list:
        return list(texts)
    for text in texts:
        print(f"{text}\n", flush=True)  # noqa: T201  the purpose of this function
    return None
