"""A model for use in Python: load, train, generate, compare. The names are those of textgenrnn."""

import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.errors import ModelError
from model.generation.files import Wrote, write_file
from model.generation.interactive import Session, interact
from model.generation.request import MAX_TEXTS, Request, Temperature, check_count, deliver, request
from model.text.parameters import MAX_SEED

if TYPE_CHECKING:
    from model.corpus.reading import Form
    from model.release.loading import Release
    from model.textgenrnn.vectors import Vectors

SAMPLE_TEMPERATURES = (0.2, 0.5, 1.0)
MAX_GEN_LENGTH = 300  # tokens


class TextGenerator:
    """A generator with a release, or with none until `load` or `train_from_file`; ModelError if one is needed.

    The seed determines the texts, text i of `n` having seed + i; without one, a new seed is drawn each time. A
    `temperature` or `max_gen_length` of None is that of the release; among several temperatures, None means uniform.
    """

    def __init__(self, folder: Path | str | None = None) -> None:
        self._release: Release | None = None
        self._first: Release | None = None
        if folder is not None:
            self.load(folder)

    @property
    def release(self) -> "Release":
        """The release used for generation."""
        if self._release is None:
            raise ModelError("there is no model yet: load a release, or train one")
        return self._release

    def load(self, folder: Path | str) -> "TextGenerator":
        """Load the release of a folder; return this generator."""
        from model.release.loading import load

        self._release = load(Path(folder))
        self._first = self._first or self._release
        return self

    def save(self, folder: Path | str) -> None:
        """Copy the release into a new folder."""
        if Path(folder).exists():
            raise ModelError(f"{folder} already exists")
        shutil.copytree(self.release.folder, folder)

    def reset(self) -> None:
        """Return to the release that was loaded first, discarding all training since; to none if there was none."""
        self._release = self._first

    def generate(
        self,
        n: int = 1,
        *,
        return_as_list: bool = False,
        prefix: str = "",
        temperature: Temperature = None,
        max_gen_length: int | None = MAX_GEN_LENGTH,
        seed: int | None = None,
        interactive: bool = False,
        top_n: int = 3,
        parameters: Mapping[str, object] | None = None,
    ) -> list[str] | None:
        """Write texts that begin with `prefix`; print them, or return them as a list.

        `interactive` lets the user pick each token from the `top_n` most likely ones on standard input and output, at
        any length; nothing is sampled then, so there is no temperature, seed or parameter.
        `parameters` are those of `model.text.parameters`, overriding the release's.
        """
        if interactive:
            if any(option is not None for option in (temperature, seed, parameters)):
                raise ModelError("interactive mode takes no temperature, seed or parameter")
            check_count(n, 0)
            texts: Iterator[str] = (self._interact(prefix, top_n) for _ in range(n))
        else:
            asked = self._request(n, prefix, temperature, max_gen_length, _seed(seed), parameters)
            texts = self._texts(asked, 0, n)
        return deliver(texts, return_as_list=return_as_list)

    def generate_samples(
        self,
        n: int = 3,
        temperatures: Sequence[float | None] = SAMPLE_TEMPERATURES,
        *,
        prefix: str = "",
        max_gen_length: int | None = MAX_GEN_LENGTH,
        seed: int | None = None,
        parameters: Mapping[str, object] | None = None,
    ) -> dict[float | None, list[str]]:
        """Print and return `n` texts with the same seeds at each temperature. Options are those of `generate`."""
        seed, found = _seed(seed), {}
        for temperature in temperatures:
            asked = self._request(n, prefix, [temperature], max_gen_length, seed, parameters)
            found[temperature] = list(self._texts(asked, 0, n))
            name = "uniform" if temperature is None else f"temperature {temperature:g}"
            deliver([f"--- {name}", *found[temperature]])
        return found

    def generate_to_file(
        self,
        path: Path | str,
        n: int = 1,
        *,
        prefix: str = "",
        temperature: Temperature = None,
        max_gen_length: int | None = MAX_GEN_LENGTH,
        seed: int = 0,
        parameters: Mapping[str, object] | None = None,
        wrote: Wrote | None = None,
    ) -> int:
        """Write texts to a .jsonl or .txt file, resuming if the same call was stopped; return the number of new ones.

        `wrote` is called after each, with the number so far.
        """
        asked = self._request(n, prefix, temperature, max_gen_length, seed, parameters)

        def write(first: int, last: int) -> Iterator[str]:
            return self._texts(asked, first, last)

        return n - min(n, write_file(Path(path), asked.origin(self.release), seed, n, write, wrote))

    def train_from_file(
        self,
        path: Path | str,
        folder: Path | str,
        *,
        form: "Form | None" = None,
        preset: str | None = None,
        new_model: bool = False,
        labels: int = 0,
        **settings: Any,
    ) -> None:
        """Train on a corpus in a new folder, and load the result. See `training.train`.

        Without `form` each line of a plain text is a text. A loaded model is trained further from its weights, unless
        `new_model` or a `preset` requests a new one. `settings` override the preset's own. `labels` is the number of
        labels in the corpus, if a new network is to learn them.
        """
        from model.release.loading import load
        from model.textgenrnn.training import lines, train

        source = None if new_model or preset else self._release
        made = train(Path(path), Path(folder), form or lines(), source, preset, settings, labels)
        self._release = load(made)

    def train_on_texts(
        self, texts: Sequence[str], folder: Path | str, *, context_labels: Sequence[str] | None = None, **options: Any
    ) -> None:
        """Train on texts, with a label each if a new network is to learn them. Options as for `train_from_file`."""
        from model.corpus.reading import Form
        from model.textgenrnn.training import write_texts

        path = write_texts(texts, context_labels, Path(folder))
        self.train_from_file(path, folder, form=Form(), labels=len(set(context_labels or ())), **options)

    def train_from_largetext_file(self, path: Path | str, folder: Path | str, **options: Any) -> None:
        """Train on one large text, whose parts between blank lines are the texts. Options as for `train_from_file`."""
        from model.textgenrnn.training import paragraphs

        self.train_from_file(path, folder, form=paragraphs(), **options)

    def similarity(self, text: str, texts: Sequence[str]) -> list[tuple[str, float]]:
        """Return each of `texts` with the cosine similarity of its vector to that of `text`, most similar first."""
        from model.textgenrnn.vectors import similarity

        return similarity(self.release.network, self.release.text, text, texts)

    def encode_text_vectors(self, texts: Sequence[str], pca_dims: int | None = None) -> "Vectors":
        """Return the vector of each text. See `vectors.encode_text_vectors`."""
        from model.textgenrnn.vectors import encode_text_vectors

        return encode_text_vectors(self.release.network, self.release.text, texts, pca_dims)

    def _request(
        self,
        n: int,
        prefix: str,
        temperature: Temperature,
        length: int | None,
        seed: int,
        parameters: Mapping[str, object] | None,
    ) -> Request:
        lines = {"max_lines": self.release.text.defaults.max_lines}
        return request(
            self.release, {**lines, **(parameters or {})},
            prompt=prefix, seed=seed, count=n, temperature=temperature, length=length,
        )  # fmt: skip

    def _texts(self, asked: Request, first: int, last: int) -> Iterator[str]:
        return (poem.text for poem in asked.poems(self.release, first, last))

    def _interact(self, prefix: str, top_n: int) -> str:
        asked = self._request(1, prefix, None, None, 0, None)
        return interact(Session(self.release.network, self.release.text, asked.prompt, top_n), input, print)


def _seed(seed: int | None) -> int:
    """Return the seed, or a random one that leaves room for MAX_TEXTS texts."""
    return secrets.randbelow(MAX_SEED - MAX_TEXTS) if seed is None else seed
