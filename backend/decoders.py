"""The plain decoders, equal in meaning: `loop` samples here, a call a token; `graph` samples inside the model.

`Drafter` is for the decoder `verse`, which is `model.verse.writing`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.client import well_formed
from model.text.parameters import Parameters
from model.text.release import TextRelease
from model.text.sampling import Choice, Pool, Stop, chaos_vector, noise_vector
from model.text.tokens import CANDIDATES, LINE_TOKENS, WINDOW, window
from model.text.writing import Writing

Predict = Callable[[dict[str, Any]], dict[str, Any]]  # the body of a predict request -> the reply


@dataclass(frozen=True)
class Draft:
    """A sampled poem; its last token is EOS, the break that ended it, or the one that reached the limit."""

    choices: Sequence[Choice]
    stop: Stop

    @property
    def tokens(self) -> list[int]:
        """The token ids in order of writing."""
        return [choice.token for choice in self.choices]


def _window(tokens: list[int], context: int | None) -> list[int]:
    """Return the network's input: the last `context` tokens, by default 256.

    Of a longer text the recurrent layers lose the first tokens here, while `graph` keeps their state: that is why a
    receipt names its decoder. A network with a `context` looks no further back anyway.
    """
    return window(tokens, context or WINDOW)


def loop(
    predict: Predict, release: TextRelease, prompt: list[int], parameters: Parameters, seeds: list[int]
) -> list[Draft]:
    """Return a poem for each seed; one call yields the next token of every unfinished poem."""
    poems = [Writing.after(prompt, seed, release.rules, parameters) for seed in seeds]
    while living := [poem for poem in poems if poem.stop is None]:
        instances = [{"tokens": _window(prompt + poem.tokens, release.context)} for poem in living]
        reply = predict({"signature_name": "serving_default", "instances": instances})
        for poem, logits in zip(living, _logits(reply, len(living), release), strict=True):
            poem.write(logits)
    return [Draft(poem.choices, poem.stop) for poem in poems if poem.stop is not None]


def _logits(reply: dict[str, Any], rows: int, release: TextRelease) -> NDArray[np.float32]:
    with well_formed(), np.errstate(over="ignore"):
        logits = np.asarray(reply["predictions"], np.float32)
        if logits.shape != (rows, release.tokenizer.vocabulary_size) or not np.isfinite(logits).all():
            raise ValueError
    return logits


def graph(
    predict: Predict, release: TextRelease, prompt: list[int], parameters: Parameters, seeds: list[int]
) -> list[Draft]:
    """Return a poem for each seed, all written in one call."""
    inputs = _inputs(prompt, parameters, seeds)
    reply = predict({"signature_name": "generate", "inputs": inputs})
    with well_formed():
        return _drafts(reply["outputs"], len(seeds), release.tokenizer.vocabulary_size)


def _inputs(prompt: list[int], parameters: Parameters, seeds: list[int]) -> dict[str, Any]:
    rows = len(seeds)
    inverse_temperature = float(np.float32(parameters.inverse_temperature))
    return {
        "prompt": [window(prompt)] * rows,
        "noise": [noise_vector(seed, WINDOW).tolist() for seed in seeds],
        "chaos": [chaos_vector(seed, parameters.chaos, WINDOW).tolist() for seed in seeds],
        "inverse_temperature": [[inverse_temperature] * WINDOW] * rows,
        "top_k": [parameters.top_k] * rows,
        "line_start_k": [parameters.line_start_k] * rows,
        "chaos_k": [parameters.chaos_k] * rows,
        "max_tokens": [parameters.max_tokens] * rows,
        "max_lines": [parameters.max_lines] * rows,
    }


def _drafts(outputs: dict[str, Any], rows: int, vocabulary_size: int) -> list[Draft]:
    """Return the drafts in the outputs of `generate`; raise ValueError or the like for malformed outputs."""
    window = (rows, WINDOW)
    tokens, ranks = (_integers(outputs[name], window, 0, vocabulary_size - 1) for name in ("tokens", "rank"))
    pools = _integers(outputs["pool"], window, min(Pool), max(Pool))
    lengths = _integers(outputs["length"], (rows,), 1, WINDOW)
    stops = _integers(outputs["stop"], (rows,), min(Stop), max(Stop))
    probabilities = np.asarray(outputs["probability"], np.float32)
    if probabilities.shape != window or not np.isfinite(probabilities).all():
        raise ValueError
    return [
        Draft(
            [
                Choice(int(tokens[row, i]), Pool(pools[row, i]), int(ranks[row, i]), float(probabilities[row, i]))
                for i in range(lengths[row])
            ],
            Stop(stops[row]),
        )
        for row in range(rows)
    ]


def _integers(values: object, shape: tuple[int, ...], minimum: int, maximum: int) -> NDArray[np.int64]:
    array = np.asarray(values)
    if array.shape != shape or array.dtype.kind != "i" or array.min() < minimum or array.max() > maximum:
        raise ValueError
    return array


DECODERS = {"graph": graph, "loop": loop}


@dataclass(frozen=True)
class Drafter:
    """A served model as `model.verse.writing` asks it."""

    predict: Predict
    release: TextRelease

    def lines(self, inputs: dict[str, Any]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the candidates for a line of each poem."""
        reply = self.predict({"signature_name": "lines", "inputs": inputs})
        shape = (len(inputs["prompt"]), CANDIDATES, LINE_TOKENS)
        with well_formed():
            tokens = _integers(reply["outputs"]["tokens"], shape, 0, self.release.tokenizer.vocabulary_size - 1)
            log_probability = np.asarray(reply["outputs"]["log_probability"], np.float64)
            if log_probability.shape != shape or not np.isfinite(log_probability).all():
                raise ValueError
        return tokens, log_probability

    def logits(self, windows: list[list[int]]) -> NDArray[np.float32]:
        """Return the logits of what follows each of the windows."""
        instances = [{"tokens": window} for window in windows]
        reply = self.predict({"signature_name": "serving_default", "instances": instances})
        return _logits(reply, len(windows), self.release)
