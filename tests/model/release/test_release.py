"""A release folder: what is in it, and what happens where a part is missing or altered."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from model.files.folder import CARD, CONFIG, TOKENIZER, WEIGHTS
from model.networks.sizes import Sizes
from tests.commands import model
from tests.conftest import Trained
from tests.model import untrained
from tests.model.untrained import BOTH_WAYS, CHARRNN, POET

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = sorted((ROOT / "model" / "releases").iterdir())


@pytest.fixture
def copy(trained: Trained, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained.release, tmp_path / "release"))


def refusal(release: Path, tmp_path: Path) -> str:
    done = model("export", release, tmp_path / "models", check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("model: ")
    assert done.stderr.count("\n") == 1, done.stderr
    assert not list((tmp_path / "models").glob("*/[0-9]*"))
    return done.stderr


@pytest.mark.parametrize("name", [CONFIG, TOKENIZER, WEIGHTS])
def test_a_missing_file_is_named(copy: Path, tmp_path: Path, name: str) -> None:
    (copy / name).unlink()
    assert f"{name}: No such file" in refusal(copy, tmp_path)


@pytest.mark.parametrize("name", [TOKENIZER, WEIGHTS])
def test_an_altered_file_is_named(copy: Path, tmp_path: Path, name: str) -> None:
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(data)
    assert f"{name} was altered" in refusal(copy, tmp_path)


@pytest.mark.parametrize(("change", "sentence"), [
    (lambda config: config["network"].update(embedding=32), "hash does not match"),
    (lambda config: config.pop("files"), "lacks 'files'"),
])  # fmt: skip
def test_an_altered_configuration_is_named(copy: Path, tmp_path: Path, change: object, sentence: str) -> None:
    config = json.loads((copy / CONFIG).read_bytes())
    change(config)  # type: ignore[operator]
    (copy / CONFIG).write_text(json.dumps(config), "utf-8")
    assert sentence in refusal(copy, tmp_path)


@pytest.mark.parametrize("content", ["{", "5", "[]", ""])
def test_a_configuration_that_is_none_is_named(copy: Path, tmp_path: Path, content: str) -> None:
    (copy / CONFIG).write_text(content, "utf-8")
    assert CONFIG in refusal(copy, tmp_path)


def test_weights_are_float16(trained: Trained) -> None:
    kinds = set()
    with h5py.File(trained.release / WEIGHTS) as file:
        file.visititems(lambda _, item: kinds.add(str(item.dtype)) if isinstance(item, h5py.Dataset) else None)
    assert kinds == {"float16"}


def layout(path: Path) -> dict[str, NDArray[np.float16]]:
    found: dict[str, NDArray[np.float16]] = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item[()]} if isinstance(item, h5py.Dataset) else {}))
    return found


@pytest.mark.parametrize("sizes", [POET, replace(CHARRNN, batchnorm=True), BOTH_WAYS], ids=untrained.kind)
def test_weights_are_written_as_a_network_in_float16_writes_them(tmp_path: Path, sizes: Sizes) -> None:
    """So they were made before: what loads the one file loads the other."""
    release = untrained.release(tmp_path / "release", sizes)
    half = untrained.network(sizes, "float16")
    half.save_weights(tmp_path / "half.weights.h5")
    before, now = layout(tmp_path / "half.weights.h5"), layout(release.folder / WEIGHTS)
    assert before.keys() == now.keys()
    assert all(np.array_equal(before[name], now[name]) and now[name].dtype == np.float16 for name in now)
    loaded = release.network.get_weights()
    release.network.load_weights(tmp_path / "half.weights.h5")
    pairs = zip(loaded, release.network.get_weights(), half.get_weights(), strict=True)
    assert all(np.array_equal(a, b) and np.array_equal(a, c) for a, b, c in pairs)


def test_on_jax_a_release_is_made_too(tmp_path: Path, on_jax: dict[str, str]) -> None:
    program = (
        "import sys, pathlib; from tests.model import untrained as u; u.release(pathlib.Path(sys.argv[1]), u.POET)"
    )
    environment = {**os.environ, **on_jax}
    command = [sys.executable, "-c", program, str(tmp_path / "jax")]
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", timeout=100, env=environment)
    assert done.returncode == 0, done.stderr
    here, there = (
        layout(untrained.release(tmp_path / "here", POET).folder / WEIGHTS),
        layout(tmp_path / "jax" / WEIGHTS),
    )
    assert here.keys() == there.keys()
    assert all(np.array_equal(here[name], there[name]) for name in here)


def test_the_card_tells_data_authors_scores_and_five_samples(trained: Trained) -> None:
    card, config = (trained.release / CARD).read_text("utf-8"), json.loads((trained.release / CONFIG).read_bytes())
    assert all(author in card for author in ("Первый Поэт", "Вторая Поэтесса", "Третий Автор"))
    assert f"{config['scores']['test']['bits_per_char']:.4g}" in card
    texts = card.partition("## Texts, not selected")[2].partition("\n## ")[0]
    assert len(re.findall(r"(?:^    .*\n)+", texts, re.MULTILINE)) == min(5, config["data"]["validation"])
    assert "## Sources" in card


def test_the_scores_are_those_of_the_shipped_file(trained: Trained, tmp_path: Path) -> None:
    from model.corpus.reading import read_corpus
    from model.corpus.split import split

    poems = split(read_corpus(trained.corpus))["test"]
    path = tmp_path / "test.jsonl"
    path.write_text("".join(json.dumps({"text": poem.text}) + "\n" for poem in poems), "utf-8")
    scored = json.loads(model("evaluate", trained.release, path, "--texts", "0", "--json").stdout)["rows"][0]["scores"]
    config = json.loads((trained.release / CONFIG).read_bytes())
    assert scored == pytest.approx(config["scores"]["test"], rel=1e-4)


def test_a_sample_is_the_same_for_one_seed_and_keeps_the_prompt(trained: Trained) -> None:
    first, again, other = (
        model("sample", trained.release, "--prompt", "Ёлка  в лесу ", "--seed", seed).stdout for seed in (7, 7, 8)
    )
    assert first == again != other
    assert first.startswith("Ёлка  в лесу\n")


@pytest.mark.parametrize(
    "option", [("--chaos", "1.5"), ("--seed", "-1"), ("--temperature", "nan"), ("--prompt", "а" * 2001)]
)
def test_a_sample_out_of_bounds_is_refused(trained: Trained, option: tuple[str, str]) -> None:
    done = model("sample", trained.release, *option, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert option[0].strip("-") in done.stderr


OF_ITS_KIND = {
    "neuralpoet": 'Я любил тебя светлой любовью,\nНо не знал — "почему"?\n\nИ «не знал»...',
    "shakespeare": "FIRST KEEPER:\nWhy, who goes there?\n\nSECOND KEEPER:\n'Tis I; be still!",
}


@pytest.mark.parametrize("release", SHIPPED, ids=[path.name for path in SHIPPED])
def test_what_we_ship_is_whole_scored_and_round_trips(release: Path) -> None:
    from model.release.loading import load

    loaded = load(release)
    assert loaded.config["scores"].keys() == {"validation", "test"}
    assert (release / CARD).is_file()
    text = OF_ITS_KIND[release.name]
    assert loaded.text.tokenizer.decode(loaded.text.tokenizer.encode(text)) == text
