"""From a checked request to the reply: parameters, seeds, poems and their receipts."""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from backend.client import Deadline, ServingClient
from backend.decoders import DECODERS, Draft
from backend.errors import GoneError, InvalidError, ModelServerUnavailableError, UnknownReceiptError
from backend.models import Models, ServedVersion
from model.text import receipt
from model.text.parameters import MAX_SEED, InvalidParameter, Parameters, check
from model.text.poem import compose
from model.text.receipt import InvalidReceipt, Receipt
from model.text.release import TextRelease
from model.text.sampling import Choice
from model.text.tokens import Tokenizer


@dataclass(frozen=True)
class PoemRequest:
    """What to write and how; `given` are the parameters set explicitly, over those of the mood and the release."""

    prompt: str
    mood: str | None
    given: Mapping[str, Any]
    seeds: Sequence[int]
    decoder: str | None  # None: the fastest
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
        decoder = "loop" if found.loop else "graph"
        again = replace(request, given=asdict(found.parameters), seeds=[found.seed], decoder=decoder)
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
        prompt, cut = release.tokenizer.encode_prompt(request.prompt, with_break=release.prompt_break)
        predict = partial(self._serving.predict, served.name, served.version, deadline=deadline)
        drafts = DECODERS[decoder](predict, release, prompt, parameters, list(request.seeds))
        written = zip(request.seeds, drafts, strict=True)
        poems = [_poem(request, served, parameters, decoder, seed, prompt, draft) for seed, draft in written]
        return {
            "model": {"name": served.name, "version": served.version, "hash": release.hash},
            "parameters": {**asdict(parameters), "decoder": decoder},
            "prompt_cut": cut,
            "took_ms": round((time.monotonic() - started) * 1000, 1),
            "poems": poems,
        }


def _number(served: ServedVersion) -> int:
    return receipt.model_number(served.release.hash)


def _gone() -> GoneError:
    return GoneError("The receipt is valid, but the model that wrote its poem is not served now.")


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
    return decoder


def _poem(
    request: PoemRequest,
    served: ServedVersion,
    parameters: Parameters,
    decoder: str,
    seed: int,
    prompt: list[int],
    draft: Draft,
) -> dict[str, Any]:
    release, check_ = served.release, receipt.prompt_check(request.prompt)
    text = release.tokenizer.decode(draft.tokens, prompt)
    poem = compose(release, request.prompt, prompt, text, draft.stop, parameters.max_chars)
    code = receipt.write(Receipt(_number(served), parameters, decoder == "loop", seed, check_))
    tokens = {"tokens": _explained(release.tokenizer, prompt, draft)} if request.explain else {}
    return {
        "poem": poem.text,
        "lines": poem.lines,
        "seed": seed,
        "receipt": code,
        "truncated": poem.truncated,
        **tokens,
    }


def _explained(tokenizer: Tokenizer, prompt: list[int], draft: Draft) -> list[dict[str, Any]]:
    """Return the poem's steps in reading order; their concatenated texts are what the network wrote."""
    return [_explained_step(step, text, draft.choices[step]) for step, text in tokenizer.reading(draft.tokens, prompt)]


def _explained_step(step: int, text: str, choice: Choice) -> dict[str, Any]:
    return {
        "step": step,
        "text": text,
        "id": choice.token,
        "pool": choice.pool.name.lower(),
        "rank": choice.rank,
        "probability": choice.probability,
    }
