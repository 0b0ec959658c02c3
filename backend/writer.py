"""From a checked request to the reply: parameters, seeds, poems and their receipts."""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from backend import explain
from backend.client import Deadline, ServingClient
from backend.decoders import DECODERS, Draft, Drafter, Predict
from backend.errors import GoneError, InvalidError, ModelServerUnavailableError, UnknownReceiptError
from backend.models import Models, ServedVersion
from model.text import receipt
from model.text.parameters import MAX_SEED, VERSE, InvalidParameter, Parameters, check
from model.text.poem import Poem, compose, lay_out
from model.text.receipt import InvalidReceipt, Receipt
from model.text.release import TextRelease
from model.text.sampling import Stop
from model.verse.writing import Writing, verse


@dataclass(frozen=True)
class PoemRequest:
    """What to write and how; `given` are the parameters set explicitly, over those of the mood and the release."""

    prompt: str
    mood: str | None
    given: Mapping[str, Any]
    seeds: Sequence[int]
    decoder: str | None  # None: the default one
    explain: bool

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> "PoemRequest":
        """Return the request of checked fields; poem i has the seed + i, and without a seed one is drawn."""
        seed = fields.get("seed")
        first = secrets.randbelow(MAX_SEED + 1) if seed is None else seed
        return cls(
            prompt=fields.get("prompt", ""),
            mood=fields.get("mood"),
            given={name: fields[name] for name in Parameters.names() if name in fields},
            seeds=[(first + i) % (MAX_SEED + 1) for i in range(fields.get("n", 1))],
            decoder=fields.get("decoder"),
            explain=fields.get("explain", False),
        )


class PoemWriter:
    """Writes poems with the newest version of a model."""

    def __init__(self, serving: ServingClient, models: Models, poem_seconds: float) -> None:
        self._serving, self._models, self._poem_seconds = serving, models, poem_seconds

    def write(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return the reply to a request's checked fields."""
        deadline, request = Deadline.after(self._poem_seconds), PoemRequest.from_fields(fields)
        return self._models.on_newest(fields.get("model"), deadline, partial(self._reply, request, deadline))

    def write_again(self, code: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return the reply with the poem of a receipt; `fields` may hold `prompt` and `explain`."""
        deadline, request = Deadline.after(self._poem_seconds), PoemRequest.from_fields(fields)
        found = _receipt(code)
        if receipt.prompt_check(request.prompt) != found.prompt_check:
            raise InvalidError([InvalidParameter("prompt", "is not the one that the poem was written for")])
        given = _used(found.parameters, found.decoder)
        again = replace(request, given=given, seeds=[found.seed], decoder=found.decoder)
        model = self._model_of(found, deadline)
        return self._models.on_newest(model, deadline, partial(self._reply, again, deadline, found=found))

    def _model_of(self, found: Receipt, deadline: Deadline) -> str:
        """Return the name of the model that wrote a receipt; raise GoneError if no served model did."""
        unavailable: ModelServerUnavailableError | None = None
        for name in self._models.names:
            try:
                if self._models.on_newest(name, deadline, _number) == found.model:
                    return name
            except ModelServerUnavailableError as error:
                unavailable = error  # this may be the receipt's model, so it cannot be called gone
        raise unavailable or _gone()

    def _reply(
        self, request: PoemRequest, deadline: Deadline, served: ServedVersion, *, found: Receipt | None = None
    ) -> dict[str, Any]:
        started = time.monotonic()
        # The version changed since the model was found, or was exported again without `generate`.
        if found is not None and (_number(served) != found.model or request.decoder not in served.decoders):
            raise _gone()
        release = served.release
        parameters, decoder = _parameters(request, release), _decoder(request, served)
        predict = partial(self._serving.predict, served.name, served.version, deadline=deadline)
        written, cut = _write(request, served, predict, parameters, decoder)
        receipts = _receipts(request, served, parameters, decoder)
        poems = [poem | more for poem, more in zip(written, receipts, strict=True)]
        return {
            "model": {"name": served.name, "version": served.version, "hash": release.hash},
            "parameters": {**_used(parameters, decoder), "decoder": decoder},
            "prompt_cut": cut,
            "took_ms": round((time.monotonic() - started) * 1000, 1),
            "poems": poems,
        }


def _number(served: ServedVersion) -> int:
    return receipt.model_number(served.release.hash)


def _gone() -> GoneError:
    return GoneError("The receipt is valid, but the model that wrote its poem is not served now.")


def _receipts(
    request: PoemRequest, served: ServedVersion, parameters: Parameters, decoder: str
) -> list[dict[str, Any]]:
    """Return the seed and the receipt of each poem."""
    model, check_ = _number(served), receipt.prompt_check(request.prompt)
    return [
        {"seed": seed, "receipt": receipt.write(Receipt(model, parameters, decoder, seed, check_))}
        for seed in request.seeds
    ]


def _receipt(code: str) -> Receipt:
    """Return the parsed receipt; a made-up one with parameters out of bounds is not valid either."""
    try:
        found = receipt.read(code)
        check(asdict(found.parameters))
    except InvalidReceipt as error:
        message = f"The receipt cannot be read: {error}."
        raise UnknownReceiptError(message) from None
    except InvalidParameter:
        raise UnknownReceiptError("The receipt cannot be read: its parameters are out of bounds.") from None
    return found


def _parameters(request: PoemRequest, release: TextRelease) -> Parameters:
    """Return the release's defaults, overridden by the mood and then by the explicit parameters."""
    mood = release.moods.get(request.mood) if request.mood else {}
    if mood is None:
        message = f"must be {', '.join(release.moods)}" if release.moods else "is unknown: this model has no moods"
        raise InvalidError([InvalidParameter("mood", message)])
    return replace(release.defaults, **{**mood, **request.given})


def _decoder(request: PoemRequest, served: ServedVersion) -> str:
    decoder = request.decoder or served.decoders[0]
    if decoder not in served.decoders:
        raise InvalidError([InvalidParameter("decoder", f"must be {', '.join(served.decoders)} for this model")])
    if decoder != "verse" and (unused := [name for name in VERSE if name in request.given]):
        raise InvalidError([InvalidParameter(name, "is for the decoder verse alone") for name in unused])
    return decoder


def _used(parameters: Parameters, decoder: str) -> dict[str, Any]:
    """Return the parameters that a decoder uses."""
    names = Parameters.names() if decoder == "verse" else Parameters.plain_names()
    return {name: getattr(parameters, name) for name in names}


def _write(
    request: PoemRequest, served: ServedVersion, predict: Predict, parameters: Parameters, decoder: str
) -> tuple[list[dict[str, Any]], bool]:
    """Return what is said of each poem but its receipt, and whether the prompt was cut."""
    release = served.release
    prompt, cut = release.tokenizer.encode_prompt(request.prompt, with_break=release.prompt_break)
    if decoder == "verse":
        verses = verse(Drafter(predict, release), release, request.prompt, prompt, parameters, request.seeds)
        return [_verse(request, release, parameters, one) for one in verses], cut
    drafts = DECODERS[decoder](predict, release, prompt, parameters, list(request.seeds))
    return [_plain(request, release, parameters, prompt, draft) for draft in drafts], cut


def _plain(
    request: PoemRequest, release: TextRelease, parameters: Parameters, prompt: list[int], draft: Draft
) -> dict[str, Any]:
    text = release.tokenizer.decode(draft.tokens, prompt)
    poem = compose(release, request.prompt, prompt, text, draft.stop, parameters.max_chars)
    return {**_laid_out(poem), **(explain.steps(release.tokenizer, prompt, draft) if request.explain else {})}


def _verse(request: PoemRequest, release: TextRelease, parameters: Parameters, writing: Writing) -> dict[str, Any]:
    poem = lay_out(
        request.prompt, writing.text, Stop.MAX_LINES,
        max_chars=parameters.max_chars, capital_lines=release.capital_lines,
    )  # fmt: skip
    kept = {"kept": asdict(writing.kept)}
    return {**_laid_out(poem), **kept, **(explain.drafts(writing) if request.explain else {})}


def _laid_out(poem: Poem) -> dict[str, Any]:
    return {"poem": poem.text, "lines": poem.lines, "truncated": poem.truncated}
