"""A run over several corpora: which texts it reads when, and what of them it may not read."""

import json
import lzma
import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from model.corpus.provenance import record
from model.corpus.reading import Form, read_corpus
from model.corpus.split import training_split
from model.corpus.takedown import releases_of
from model.errors import ModelError
from model.files.folder import sha256
from model.presets.preset import Preset, Training, load, read
from model.release.making import release_run
from model.training.checkpoints import BEST
from model.training.mixture import Tokens
from model.training.record import check_same, record_of
from model.training.recorder import HISTORY
from model.training.report.console import Console
from model.training.run import train_run
from tests.commands import model
from tests.conftest import Trained
from tests.model import tiny

pytestmark = pytest.mark.usefixtures("fixed_vocabulary")
PROSE = """Старый сторож вышел на крыльцо и долго смотрел на дорогу
Дорога была пуста, только ветер гнал по ней сухие листья

Он вздохнул и вернулся в дом, где тихо горела лампа"""
SONGS = "Во поле ветер гуляет\nПо полю дождик идёт\nТихо она напевает\nДолго никто не придёт"
FURTHER = """
[pretraining]
corpora = { prose = 1.0 }
epochs = 1
learning_rate = 2e-3
"""


@pytest.fixture(scope="module")
def corpora(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write the corpora and a preset for them."""
    folder = tmp_path_factory.mktemp("corpora")
    prose, songs, preset = folder / "prose.jsonl.xz", folder / "songs.jsonl", folder / "tiny.toml"
    prose.write_bytes(lzma.compress((json.dumps({"text": PROSE}) + "\n").encode() * 15))
    songs.write_text((json.dumps({"text": SONGS}) + "\n") * 20, "utf-8")
    main = folder / "poems.jsonl"
    main.write_text("".join(trained.corpus.read_text("utf-8").splitlines(keepends=True)[::2]), "utf-8")
    text = trained.preset.read_text("utf-8").replace("epochs = 3", "epochs = 2\nalone_epochs = 1")
    text = text.replace("[training]", "[training]\ncorpora = { songs = 0.5 }")
    preset.write_text(text + FURTHER, "utf-8")
    (folder / "SOURCES.md").write_text("# Of the tests\n\nWritten for them.\n", "utf-8")
    return {"main": main, "prose": prose, "songs": songs, "preset": preset}


@pytest.fixture(scope="module")
def whole(corpora: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train by the command, once for all tests."""
    run = tmp_path_factory.mktemp("whole") / "run"
    files = [corpora[name] for name in ("main", "prose", "songs")]
    with tiny.fixed_vocabulary():
        output = model("train", *files, "--preset", corpora["preset"], "--out", run).stdout
    assert "left out" not in output
    assert "epoch 3/3" in output
    return run


def steps(run: Path) -> list[int]:
    history: dict[str, list[int]] = json.loads((run / HISTORY).read_bytes())
    return history["steps_per_epoch"]


def train(corpora: dict[str, Path], run: Path, names: list[str], *, resume: bool = False) -> list[str]:
    """Train in this process and return what is said."""
    said = list[str]()
    preset = load(str(corpora["preset"]))
    console = Console(preset.training, said.append)
    train_run(corpora["main"], preset, run, console, further=[corpora[name] for name in names], resume=resume)
    return said


def test_pretraining_reads_its_corpus_and_the_last_epoch_the_main_one_alone(whole: Path) -> None:
    pretraining, mixed, alone = steps(whole)
    assert mixed > alone > 0
    assert pretraining > 0
    rates = [row["learning_rate"] for row in json.loads((whole / HISTORY).read_bytes())["steps"]]
    assert max(rates[:pretraining]) == pytest.approx(2e-3)
    assert max(rates[pretraining:]) == pytest.approx(1e-2)


def test_one_that_is_stopped_while_pretraining_goes_on_bit_for_bit(
    corpora: dict[str, Path], whole: Path, tmp_path: Path
) -> None:
    class StoppedError(Exception):
        pass

    def stop(line: str) -> None:
        if line.startswith("epoch 1/3 step 10"):
            raise StoppedError

    preset = load(str(corpora["preset"]))
    further = [corpora["prose"], corpora["songs"]]
    with pytest.raises(StoppedError):
        train_run(corpora["main"], preset, tmp_path / "run", Console(preset.training, stop), further=further)
    train(corpora, tmp_path / "run", ["prose", "songs"], resume=True)
    epochs = [json.loads((run / HISTORY).read_bytes())["epochs"] for run in (whole, tmp_path / "run")]
    assert [row["validation_loss"] for row in epochs[0]] == [row["validation_loss"] for row in epochs[1]]


def test_a_corpus_that_was_there_at_the_start_is_asked_for(corpora: dict[str, Path], whole: Path) -> None:
    with pytest.raises(ModelError, match="was started with the corpus prose too; name its file"):
        train(corpora, whole, ["songs"], resume=True)


def test_a_corpus_that_was_changed_is_refused(corpora: dict[str, Path], whole: Path, tmp_path: Path) -> None:
    changed = tmp_path / "songs.jsonl"
    changed.write_text(json.dumps({"text": "Другая песня\nДругие слова"}) + "\n", "utf-8")
    with pytest.raises(ModelError, match="was started with another corpus songs"):
        train({**corpora, "songs": changed}, whole, ["prose", "songs"], resume=True)


def test_corpora_that_are_not_given_are_said_to_be_left_out(corpora: dict[str, Path], tmp_path: Path) -> None:
    said = train(corpora, tmp_path, [])
    assert said[0] == "corpora of the preset that were not given and are not used: prose, songs"
    assert len(steps(tmp_path)) == 2


def test_a_corpus_that_the_preset_does_not_name_is_refused(corpora: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no use for the corpus 'tales': the corpora that it names are prose, songs"):
        train({**corpora, "tales": tmp_path / "tales.jsonl"}, tmp_path, ["tales"])


@pytest.mark.parametrize("names", [["main.jsonl"], ["songs.jsonl", "songs.csv"]])
def test_corpora_have_names_of_their_own(corpora: dict[str, Path], tmp_path: Path, names: list[str]) -> None:
    preset, further = load(str(corpora["preset"])), [tmp_path / name for name in names]
    with pytest.raises(ModelError, match="each further corpus needs a different name"):
        train_run(corpora["main"], preset, tmp_path, Console(preset.training, print), further=further)


def test_a_corpus_that_is_not_there_is_named(corpora: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"prose\.jsonl: No such file"):
        train({**corpora, "prose": tmp_path / "prose.jsonl"}, tmp_path, ["prose"])


def test_a_damaged_corpus_is_one_sentence(corpora: dict[str, Path], tmp_path: Path) -> None:
    cut = tmp_path / "prose.jsonl.xz"
    cut.write_bytes(corpora["prose"].read_bytes()[:-20])
    done = model(
        "train", corpora["main"], cut, corpora["songs"], "--preset", corpora["preset"], "--out", tmp_path / "run",
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert re.search(r"prose\.jsonl\.xz: damaged or truncated", done.stderr)
    assert "Traceback" not in done.stderr


def test_versions_of_held_out_texts_are_not_read(
    corpora: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_out = training_split(read_corpus(corpora["main"]))["validation"][0].text
    leaking = tmp_path / "songs.jsonl"
    lines = [json.dumps({"text": text}) for text in [SONGS] * 20 + [f"{held_out}\nИ ещё одна строка в конце"]]
    leaking.write_text("\n".join(lines), "utf-8")
    read_by_the_run = list[int]()

    def counted(path: Path, _key: str, rows: Iterator[list[int]], *_: object) -> list[Tokens]:
        texts = list(rows)
        read_by_the_run.extend([len(texts)] * (path.name == "songs.ids"))
        return [np.array(text, np.uint16) for text in texts]

    monkeypatch.setattr("model.training.corpora.made", counted)
    train({**corpora, "songs": leaking}, tmp_path / "run", ["songs"])
    assert set(read_by_the_run) == {20}


def test_the_card_tells_of_all_corpora(corpora: dict[str, Path], whole: Path, tmp_path: Path) -> None:
    release = release_run(whole, corpora["main"], tmp_path / "release")
    assert set(release.config["data"]["further"]) == {"prose", "songs"}
    card = (release.folder / "MODEL_CARD.md").read_text("utf-8")
    assert "Written for them." in card
    assert "| pretraining | epochs 1" in card
    assert (whole / BEST).exists()


def preset(**pretraining: object) -> Preset:
    table = asdict(load("neuralpoet"))
    return read({**table, "pretraining": {"corpora": {"prose": 0.5}, "epochs": 1, **pretraining}}, "here")


def test_pretraining_differs_from_training_by_what_it_says() -> None:
    made = preset(batch_size=8).pretraining
    usual = load("neuralpoet").training
    assert made == replace(usual, corpora={"prose": 0.5}, epochs=1, batch_size=8, alone_epochs=0)


def test_a_preset_comes_back_from_its_account() -> None:
    made = preset(batch_size=8)
    assert read(json.loads(json.dumps(asdict(made))), "run.json") == made


@pytest.mark.parametrize(("key", "value", "sentence"), [
    ("dtype", "no", "dtype belongs in [training]"),
    ("alone_epochs", 3, "alone_epochs belongs in [training]"),
    ("epochs", 0, "epochs must be between 1 and"),
    ("corpora", {}, "corpora must name a corpus"),
    ("corpora", {"prose": 0}, "corpora: prose must be between 0.001 and 100"),
    ("corpora", {"prose": "all"}, "corpora: prose must be of type float"),
    ("corpora", ["prose"], "corpora must be of type table"),
    ("windows", 3, "windows belongs in [training]"),
])  # fmt: skip
def test_a_wrong_part_is_named(key: str, value: object, sentence: str) -> None:
    with pytest.raises(ModelError, match=re.escape(sentence)):
        preset(**{key: value})


def test_weights_of_training_stand_for_corpora_too(trained: Trained) -> None:
    table = asdict(load(str(trained.preset)))
    with pytest.raises(ModelError, match=r"\[training\]: alone_epochs must be at most epochs"):
        read({**table, "training": {**table["training"], "alone_epochs": 4}}, "here")
    with pytest.raises(ModelError, match=r"\[training\]: corpora: songs must be between"):
        read({**table, "training": {**table["training"], "corpora": {"songs": 1000}}}, "here")
    assert isinstance(read(table, "here").training, Training)


def test_a_run_that_stopped_before_its_first_checkpoint_is_started_again(
    corpora: dict[str, Path], whole: Path, tmp_path: Path
) -> None:
    for name in ("run.json", "tokenizer.model"):
        (tmp_path / name).write_bytes((whole / name).read_bytes())
    with pytest.raises(ModelError, match="stopped before its first checkpoint; start it again without --resume"):
        train(corpora, tmp_path, ["prose", "songs"], resume=True)


def test_how_a_run_is_watched_may_change_in_all_phases(corpora: dict[str, Path], whole: Path) -> None:
    preset = load(str(corpora["preset"]))
    told = read(
        {**asdict(preset), **{phase: {**asdict(preset)[phase], "checkpoint_seconds": 7, "patience": 9}
                              for phase in ("training", "pretraining")}}, "here",
    )  # fmt: skip
    further = {name: corpora[name] for name in ("prose", "songs")}
    check_same(whole, record_of(told, corpora["main"], Form(), None, further))


def test_a_carried_state_wants_one_size_of_batches() -> None:
    table = asdict(load("neurobugurt"))
    assert table["training"]["carry"]
    before = {"corpora": {"prose": 1}, "epochs": 1, "batch_size": table["training"]["batch_size"] + 1}
    with pytest.raises(ModelError, match=r"\[pretraining\]: with carry, batch_size must be that of \[training\]"):
        read({**table, "pretraining": before}, "here")


def test_one_corpus_is_all_that_a_network_with_a_context_reads(trained: Trained, tmp_path: Path) -> None:
    preset = load("textgenrnn")
    with pytest.raises(ModelError, match="the network textgenrnn learns from one corpus"):
        train_run(trained.corpus, preset, tmp_path, Console(preset.training, print), further=[tmp_path / "more.jsonl"])
    assert not list(tmp_path.iterdir())


def test_a_release_tells_of_no_corpus_that_was_not_given(corpora: dict[str, Path], tmp_path: Path) -> None:
    train(corpora, tmp_path / "run", ["songs"])
    release = release_run(tmp_path / "run", corpora["main"], tmp_path / "release")
    assert release.config["pretraining"] is None
    assert release.config["training"]["corpora"] == {"songs": 0.5}


def test_a_corpus_that_forgets_knows_what_read_it_beside_another(
    corpora: dict[str, Path], whole: Path, tmp_path: Path
) -> None:
    release_run(whole, corpora["main"], tmp_path / "releases" / "mine")
    record(corpora["songs"], {"former_sha256": [sha256(corpora["songs"])]})
    found = releases_of(corpora["songs"], [tmp_path / "releases", whole.parent])
    assert list(found) == [tmp_path / "releases" / "mine", whole]
