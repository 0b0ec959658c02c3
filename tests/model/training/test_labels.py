"""Texts of two kinds, by the commands: trained with their labels, released and sampled without them."""

import json
from pathlib import Path

import h5py
import pytest

from model.files.folder import WEIGHTS
from model.training.checkpoints import BEST
from tests.commands import model
from tests.model.tiny import poems

pytestmark = pytest.mark.slow
PRESET = """
network = "textgenrnn"
tokenizer = "characters"
normalisation = ["nfc"]
capital_lines = false
force_breaks = false
prompt_break = false

[sizes]
vocabulary = 60
embedding = 6
recurrent = 8
layers = 1
bidirectional = false
context = 8
labels = 2
dropout = 0.0

[training]
epochs = 1
batch_size = 16
window = 8
learning_rate = 1e-2

[sampling]
top_k = 10
line_start_k = 10
chaos_k = 10
chaos = 0.0
temperature = 0.8
max_tokens = 20
max_lines = 1
"""


def parts(weights: Path) -> set[str]:
    """Name the parts of the network that a file has weights of."""
    with h5py.File(weights) as file:
        return set(file)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the run and the release of a tiny corpus of two kinds."""
    folder = tmp_path_factory.mktemp("labels")
    corpus, preset, run, release = (folder / name for name in ("texts.jsonl", "kinds.toml", "run", "release"))
    rows = [{"text": poem["text"], "label": ("verse", "song")[i % 2]} for i, poem in enumerate(poems()[::2])]
    corpus.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    preset.write_text(PRESET, "utf-8")
    model("train", corpus, "--preset", preset, "--out", run)
    model("release", run, corpus, release)
    return run, release


def test_labels_are_trained_with_and_not_released(made: tuple[Path, Path]) -> None:
    run, release = made
    labelled = {"label_embedding", "labelled_linear"}
    assert parts(run / BEST) - parts(release / WEIGHTS) == labelled
    assert json.loads((release / "config.json").read_bytes())["network"]["labels"] == 0
    assert json.loads((run / "run.json").read_bytes())["preset"]["sizes"]["labels"] == 2


def test_a_text_is_sampled_without_a_label(made: tuple[Path, Path]) -> None:
    text = model("sample", made[1], "--prompt", "Снег", "--seed", 1).stdout
    assert text.startswith("Снег")
    assert len(text.strip()) > len("Снег")
