"""A wall of bugurts the whole way: a small hand-written sample, in the form that the neurobugurt was trained on."""

import json
import re
from pathlib import Path

import pytest

from model.corpus.layout import Layout
from model.corpus.reading import Form, read
from model.corpus.split import training_split
from model.release.making import release_run
from tests.commands import model

WALL = Path(__file__).with_name("bugurts.txt")
LAYOUT = Layout(blank_lines=10, line_mark="@")
READING = ("--blank-lines", 10, "--line-mark", "@")
WRITING = ("--write-blank-lines", 10, "--write-line-mark", "@")
SMALLER = {
    "embedding": "16", "recurrent": "32", "layers": "1", "epochs": "5", "batch_size": "4", "window": "32",
    "learning_rate": "2e-2", "sample_steps": "0", "snapshot_steps": "50",
}  # fmt: skip


def texts(path: Path) -> list[str]:
    """Return the texts of a .jsonl file."""
    return [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]


def test_the_sample_is_read_and_written_back_byte_for_byte() -> None:
    bugurts = [text.text for text in read(WALL, Form(layout=LAYOUT))]
    assert len(bugurts) == 26
    assert all(5 <= bugurt.count("\n") + 1 <= 12 and "@" not in bugurt for bugurt in bugurts)
    assert "".join(LAYOUT.write(bugurts)).encode() == WALL.read_bytes()


def test_converted_there_and_back_it_is_the_same_file(tmp_path: Path) -> None:
    model("convert", WALL, tmp_path / "bugurts.jsonl", *READING)
    model("convert", tmp_path / "bugurts.jsonl", tmp_path / "again.txt", *WRITING)
    assert (tmp_path / "again.txt").read_bytes() == WALL.read_bytes()


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wall")
    first, *others = WALL.read_text("utf-8").rstrip().split("\n" * 11)
    dirty = folder / "wall.txt"
    dirty.write_text(("\n" * 11).join([f"БУГУРТ-ТРЕД\n@\n{first}\n@\n#бугурт", *others, first]), "utf-8")
    model("clean", dirty, folder / "bugurts.jsonl", "--preset", "neurobugurt", "--jobs", 1, *READING)
    return folder / "bugurts.jsonl"


def test_the_presets_cleaning_leaves_the_bugurts_themselves(cleaned: Path) -> None:
    assert texts(cleaned) == [text.text for text in read(WALL, Form(layout=LAYOUT))]
    assert all(training_split(list(read(cleaned))).values())


@pytest.mark.slow
def test_a_toy_run_of_the_preset_writes_a_wall(cleaned: Path, tmp_path: Path) -> None:
    preset = tmp_path / "bugurt.toml"
    small = Path("model/presets/neurobugurt.toml").read_text("utf-8")
    for key, value in SMALLER.items():
        small, found = re.subn(rf"^{key} = .*$", f"{key} = {value}", small, flags=re.MULTILINE)
        assert found == 1
    preset.write_text(small, "utf-8")
    run, release, wall = tmp_path / "run", tmp_path / "release", tmp_path / "bugurts.txt"
    model("train", cleaned, "--preset", preset, "--out", run)
    history = json.loads((run / "history.json").read_bytes())["steps"]
    assert history[-1]["loss"] < history[0]["loss"] - 1
    release_run(run, cleaned, release)
    model(
        "sample",
        release,
        "--length",
        600,
        "--max-chars",
        500,
        "--max-lines",
        13,
        "--to-file",
        tmp_path / "w.txt",
        "-n",
        3,
    )
    model("convert", tmp_path / "w.txt", tmp_path / "w.jsonl", "--blank-lines", 10)
    model("convert", tmp_path / "w.jsonl", wall, *WRITING)
    assert [text.text for text in read(wall, Form(layout=LAYOUT))] == texts(tmp_path / "w.jsonl")
    assert len(texts(tmp_path / "w.jsonl")) == 3
    assert wall.read_text("utf-8").count("\n@\n") >= 3
