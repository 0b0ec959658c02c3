"""Verse without a server: a release's model.tflite, run in this process."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from model.errors import ModelError
from model.text.parameters import Parameters
from model.text.poem import Poem, lay_out
from model.text.release import TextRelease
from model.text.sampling import Stop
from model.verse.writing import verse


class LiteDrafter:
    """The signatures that writing verse calls, of a model.tflite."""

    def __init__(self, path: Path) -> None:
        """Load the file. ModelError if it does not have the signatures."""
        self._interpreter = Interpreter(str(path))
        missing = {"lines", "serving_default"} - self._interpreter.get_signature_list().keys()
        if missing:
            raise ModelError(f"{path} has no signature {min(missing)!r}: the release has no ear")
        self._lines, self._logits = map(self._interpreter.get_signature_runner, ("lines", "serving_default"))

    def lines(self, inputs: dict[str, Any]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the tokens of candidates and their log-probabilities."""
        arrays = {name: np.asarray(value) for name, value in inputs.items()}
        kinds = {"f": np.float32, "i": np.int32}
        outputs = self._lines(**{name: array.astype(kinds[array.dtype.kind]) for name, array in arrays.items()})
        return outputs["tokens"].astype(np.int64), outputs["log_probability"].astype(np.float64)

    def logits(self, windows: list[list[int]]) -> NDArray[np.float32]:
        """Return the logits of what follows each of the windows."""
        logits: NDArray[np.float32] = self._logits(tokens=np.array(windows, np.int32))["logits"]
        return logits


def write_verse(
    drafter: LiteDrafter, release: TextRelease, prompt: str, parameters: Parameters, seeds: Sequence[int]
) -> list[Poem]:
    """Return the poem of each seed, drafted line by line."""
    tokens, _ = release.tokenizer.encode_prompt(prompt, with_break=release.prompt_break)
    written = verse(drafter, release, prompt, tokens, parameters, seeds)
    most, capital = parameters.max_chars, release.capital_lines
    return [lay_out(prompt, one.text, Stop.MAX_LINES, max_chars=most, capital_lines=capital) for one in written]
