"""Samples that a network writes during training, and the detection of collapse."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from model.evaluation.diversity import distinct, repetition, token_entropy
from model.generation.steps import generate_rows
from model.networks.network import Network
from model.presets.preset import Training
from model.text.parameters import Parameters
from model.text.sampling import Rules
from model.text.tokens import Tokenizer

CROP = 60  # most characters of the corpus that a sample begins with
LENGTH = 120  # tokens of a sample
WATCHED = 8  # texts that are checked for collapse, always with the same seeds
LEAST_ENTROPY = 2.0  # bits per token; a network that repeats one word comes close to 0
LEAST_DISTINCT = 0.2  # of pairs of words
MOST_REPETITION = 0.5


class SampleText(NamedTuple):
    """The tokens of a sample, and the text that they add to the prompt."""

    tokens: list[int]
    text: str


@dataclass(frozen=True)
class Sampler:
    """Writes samples in the same way as the release will."""

    tokenizer: Tokenizer
    rules: Rules
    prompt_break: bool
    defaults: Parameters
    settings: Training
    texts: Sequence[str]  # of the corpus: a sample may begin with a line from one

    def samples(self, network: Network, step: int) -> list[dict[str, Any]]:
        """Write a text at each temperature, sampling from the whole vocabulary."""
        prompt = self.settings.sample_prompt or self._crop(step)
        every = self.tokenizer.vocabulary_size
        parameters = replace(self.defaults, top_k=every, line_start_k=every, chaos_k=every, max_lines=LENGTH)
        rows = []
        for temperature in self.settings.sample_temperatures:
            text = self._write(network, prompt, [step], parameters, [temperature])[0].text
            rows.append({"step": step, "temperature": temperature, "prompt": prompt, "text": text})
        return rows

    def collapse(self, network: Network, step: int) -> dict[str, Any]:
        """Return how repetitive the network's texts are, with a warning if they are too repetitive."""
        written = self._write(network, "", range(WATCHED), self.defaults)
        texts = [row.text for row in written]
        found: dict[str, Any] = {f"distinct_{n}": distinct(texts, n) for n in (1, 2, 3)}
        found |= {
            "step": step,
            "repetition": repetition(texts),
            "entropy": token_entropy([row.tokens for row in written]),
        }
        wordy = sum(len(text.split()) > 1 for text in texts) * 2 >= len(texts)  # one-word texts have no pairs
        return found | {"warning": warning(found, wordy=wordy)}

    def _write(
        self, network: Network, prompt: str, seeds: Sequence[int], parameters: Parameters,
        temperatures: list[float] | None = None,
    ) -> list[SampleText]:  # fmt: skip
        read, _ = self.tokenizer.encode_prompt(prompt, with_break=self.prompt_break)
        prompts = [read] * len(seeds)
        rows = generate_rows(
            network, self.rules, prompts, seeds, parameters, temperatures=temperatures, length=LENGTH
        )  # fmt: skip
        return [SampleText(row.tokens, self.tokenizer.decode(row.tokens, read)) for row in rows]

    def _crop(self, step: int) -> str:
        random = np.random.default_rng([self.settings.seed, step])
        lines = self.texts[int(random.integers(len(self.texts)))].split("\n")
        return lines[int(random.integers(len(lines)))][:CROP]


def warning(found: dict[str, Any], *, wordy: bool = True) -> str | None:
    """Return a warning if these figures indicate collapse; `wordy` texts have several words."""
    if found["entropy"] < LEAST_ENTROPY:
        return f"collapse: the samples have only {found['entropy']:.1f} bits per token"
    if wordy and found["distinct_2"] < LEAST_DISTINCT:
        return f"collapse: only {found['distinct_2']:.0%} of the word pairs in the samples are distinct"
    if found["repetition"] > MOST_REPETITION:
        return f"collapse: {found['repetition']:.0%} of the samples repeats earlier text"
    return None
