"""The corpora of a run: the main one, which is split, and further ones for training or pretraining."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from typing import Self

from model.corpus.reading import Form, digest, read_cleaned, read_corpus
from model.corpus.split import Part, training_split, without_kin
from model.corpus.texts import Text
from model.errors import ModelError
from model.files.folder import TOKENIZER, sha256
from model.presets.preset import Preset, Training
from model.text.tokens import Tokenizer
from model.training.batches import Batches, CarriedBatches, StreamBatches
from model.training.mixture import Mixture, Rows
from model.training.plan import Plan, Stage
from model.training.token_store import TokenStore, key_of, made

TOKENS = "tokens"  # the folder of token ids in a run's folder
MAIN = "main"


@dataclass(frozen=True)
class Corpora:
    """The parts of the main corpus, and the paths of the further ones by name."""

    main: Path
    further: Mapping[str, Path]
    form: Form
    parts: Mapping[Part, Sequence[Text]]

    @classmethod
    def read(cls, main: Path, further: Sequence[Path], form: Form, preset: Preset) -> Self:
        """Read and split the main corpus. ModelError if the preset does not use one of the further corpora."""
        named = _named(further, preset)
        parts = training_split(read_corpus(main, form))
        parts["train"] = learned(parts["train"], preset.training)
        return cls(main, named, form, parts)

    def texts(self, part: Part) -> list[str]:
        """Return the texts of a part of the main corpus."""
        return [text.text for text in self.parts[part]]

    def read_further(self, name: str) -> Iterator[Text]:
        """Yield the texts of a further corpus, except versions of the validation and test texts."""
        held_out = [*self.parts["validation"], *self.parts["test"]]
        return without_kin(read_cleaned(self.further[name], self.form), held_out)

    def pretraining_weights(self, preset: Preset) -> dict[str, float]:
        """Return the weights of the given further corpora that pretraining reads."""
        return self._given(preset.pretraining.corpora if preset.pretraining else {})

    def training_weights(self, preset: Preset) -> dict[str, float]:
        """Return the weights of the further corpora that training reads: if the preset names none, all the others."""
        left = self.further.keys() - self.pretraining_weights(preset).keys()
        return self._given(preset.training.corpora or dict.fromkeys(left, 1.0))

    def _given(self, weights: Mapping[str, float]) -> dict[str, float]:
        return {name: weight for name, weight in sorted(weights.items()) if name in self.further}

    def vocabulary_texts(self, preset: Preset) -> Iterator[str]:
        """Yield the texts that the vocabulary is learned from: those of training, not of pretraining."""
        yield from self.texts("train")
        for name in self.training_weights(preset):
            yield from (text.text for text in self.read_further(name))


def learned(texts: list[Text], settings: Training) -> list[Text]:
    """Return the fraction of the training texts that the settings ask for."""
    return texts[: ceil(len(texts) * settings.train_size)]


def absent(preset: Preset, given: Mapping[str, Path]) -> list[str]:
    """Return the names of the corpora that the preset names but that were not given."""
    return sorted(name for name in _known(preset) if name not in given)


@dataclass(frozen=True)
class Tokenised:
    """The token ids of a run's corpora, each tokenised once and cached in the run's folder."""

    corpora: Corpora
    tokenizer: Tokenizer
    folder: Path
    say: Callable[[str], None]

    def rows(self, name: str = MAIN) -> TokenStore:
        """Return the token ids of the main corpus's training texts, or of a further corpus's texts."""
        (self.folder / TOKENS).mkdir(exist_ok=True)
        path = self.folder / TOKENS / f"{name}.ids"
        rows = made(path, self._key(name), self._encoded(name), self.tokenizer.vocabulary_size, self.say)
        if not len(rows):
            raise ModelError(f"{self.corpora.further[name]}: it contains no text to learn from")
        return rows

    def _key(self, name: str) -> str:
        corpora = self.corpora
        return key_of({
            "corpus": digest(corpora.main if name == MAIN else corpora.further[name]),
            "split_of": digest(corpora.main),
            "texts": len(corpora.parts["train"]),
            "form": asdict(corpora.form),
            "tokenizer": sha256(self.folder / TOKENIZER),
            "normalisation": self.tokenizer.normalisation,
        })  # fmt: skip

    def _encoded(self, name: str) -> Iterator[Sequence[int]]:
        if name != MAIN:
            self.say(f"reading {self.corpora.further[name]}")
        for text in self.corpora.parts["train"] if name == MAIN else self.corpora.read_further(name):
            yield self.tokenizer.encode_text(self.tokenizer.normalise(text.text))


def plan_of(preset: Preset, tokenised: Tokenised) -> Plan:
    """Return the plan of a run: pretraining, then training on all its corpora, then on the main one alone."""
    training, corpora = preset.training, tokenised.corpora
    main = tokenised.rows()

    def stage(phase: Training, weights: Mapping[str, float], epochs: int, *, own: bool = True) -> Stage:
        sources = [(tokenised.rows(name), weight) for name, weight in weights.items()]
        return Stage(phase, stream_batches(Mixture([(main, 1.0)] * own + sources), phase), epochs)

    stages = []
    if preset.pretraining and (weights := corpora.pretraining_weights(preset)):
        stages.append(stage(preset.pretraining, weights, preset.pretraining.epochs, own=False))
    weights = corpora.training_weights(preset)
    alone = training.alone_epochs if weights else 0
    stages.append(stage(training, weights, training.epochs - alone))
    if alone:
        stages.append(stage(training, {}, alone))
    return Plan(stages)


def stream_batches(texts: Rows | Mixture, settings: Training) -> Batches:
    """Return the batches of the concatenated texts."""
    return (CarriedBatches if settings.carry else StreamBatches)(texts, settings)


def _known(preset: Preset) -> set[str]:
    return set(preset.training.corpora) | set(preset.pretraining.corpora if preset.pretraining else ())


def _named(further: Sequence[Path], preset: Preset) -> dict[str, Path]:
    """Return the further corpora by name, which is the file's name without extensions."""
    named = {path.name.partition(".")[0]: path for path in further}
    if len({*named, MAIN}) < len(further) + 1:
        raise ModelError(f"each further corpus needs a different name, other than {MAIN!r}; rename a file")
    for name in named:
        if preset.training.corpora and name not in _known(preset):
            known = ", ".join(sorted(_known(preset)))
            raise ModelError(f"the preset has no use for the corpus {name!r}: the corpora that it names are {known}")
    return named
