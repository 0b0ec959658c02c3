"""The statistics of a batch normalisation: no step trains them, and yet they go wherever the weights go."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from keras import ops

from model.corpus.texts import Text
from model.networks.charrnn import CharRnn
from model.networks.network import Network
from model.networks.sizes import CharRnnSizes
from model.presets.preset import Preset, Training, read
from model.release.making import build
from model.tokenizers.learning import learn
from model.training.checkpoints import BEST
from model.training.plan import Plan, Stage
from model.training.report.console import Console
from model.training.run import _begin_with, batches_of, prepared
from model.training.trainer import Trainer
from tests.model import untrained
from tests.model.tiny import poems

TEXTS = [poem["text"] for poem in poems()]
SETTINGS = Training(
    epochs=1, batch_size=2, window=16, learning_rate=5e-3, carry=True, average=0.9, dtype="mixed_bfloat16"
)
PRESET: Preset = read(
    {
        "name": "normalised", "network": "charrnn", "tokenizer": "characters", "normalisation": ["nfc"],
        "capital_lines": False, "force_breaks": False, "prompt_break": False,
        "sizes": asdict(CharRnnSizes(60, 8, 12, 2, "lstm", dropout=0.1, batchnorm=True)),
        "training": asdict(SETTINGS), "sampling": untrained.SAMPLING,
    },
    "the test",
)  # fmt: skip


def fresh(folder: Path) -> Trainer:
    tokenizer = learn("characters", TEXTS, folder / "tokenizer", 60, ["nfc"])
    return prepared(PRESET, tokenizer, TEXTS[:8], folder, Console(SETTINGS, lambda _: None))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trainer:
    trainer = fresh(tmp_path_factory.mktemp("batchnorm"))
    texts = [Text(text) for text in TEXTS[:20]]
    batches = batches_of(trainer.network, trainer.tokenizer, SETTINGS, texts)
    trainer.run(Plan([Stage(SETTINGS, batches, SETTINGS.epochs)]), TEXTS[20:25])
    return trainer


def statistics(network: Network) -> list[np.ndarray]:
    assert isinstance(network, CharRnn)
    moving = [weight for norm in network.norms for weight in norm.non_trainable_variables]
    return [ops.convert_to_numpy(weight) for weight in moving]


def same(one: Network, other: Network) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(statistics(one), statistics(other), strict=True))


def test_what_is_scored_has_those_of_what_is_trained(trained: Trainer) -> None:
    assert len(statistics(trained.view)) == 4
    assert all((moved != start).all() for moved, start in zip(statistics(trained.view), [0, 1] * 2, strict=True))
    assert same(trained.view, trained.network)


def test_a_run_begins_with_those_of_another(trained: Trainer, tmp_path: Path) -> None:
    begun = fresh(tmp_path)
    assert not same(begun.network, trained.network)
    _begin_with(begun, trained.folder / BEST)
    assert same(begun.network, trained.network)


def test_a_release_has_them(trained: Trainer, tmp_path: Path) -> None:
    preset = replace(PRESET, sizes=trained.preset.sizes)
    release = build(tmp_path / "release", preset, trained.folder / "tokenizer", trained.folder / BEST, {})
    pairs = zip(statistics(release.network), statistics(trained.network), strict=True)
    assert all(np.allclose(a, b, rtol=2e-3, atol=1e-4) for a, b in pairs)
