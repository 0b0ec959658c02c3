"""`python -m model sample`, in this process."""

import re
from pathlib import Path
from typing import Any

import pytest

from model.__main__ import main
from model.generation import TextGenerator
from model.generation.grid import cells, markdown
from tests.conftest import Trained


def sample(capsys: pytest.CaptureFixture[str], release: Path, *options: object) -> str:
    main(["sample", str(release), *map(str, options)])
    return capsys.readouterr().out


def refused(release: Path, *options: object) -> str:
    with pytest.raises(SystemExit) as exit_:
        main(["sample", str(release), *map(str, options)])
    return str(exit_.value.code)


def test_several_texts_are_those_of_their_seeds(trained: Trained, capsys: pytest.CaptureFixture[str]) -> None:
    both = sample(capsys, trained.release, "-n", 2, "--seed", 4, "--prompt", "Снег")
    one, two = (sample(capsys, trained.release, "--seed", seed, "--prompt", "Снег") for seed in (4, 5))
    assert both == f"{one}\n---\n\n{two}"


def test_a_length_frees_the_lines_and_goes_on_behind_ends(
    trained: Trained, capsys: pytest.CaptureFixture[str], generator: TextGenerator
) -> None:
    text = sample(capsys, trained.release, "--length", 500, "--go-on").strip()
    assert len(text.split("\n")) > generator.release.text.defaults.max_lines
    assert len(generator.release.text.tokenizer.encode(text)) > 300


def test_zero_is_the_most_likely_whatever_the_seed(trained: Trained, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = (sample(capsys, trained.release, "--temperature", 0, "--seed", seed) for seed in (1, 2))
    assert one == two


def test_the_whole_vocabulary_is_drawn_from(trained: Trained, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--temperature", 10, "--length", 200)
    narrow = sample(capsys, trained.release, *options, "--top-k", 1, "--line-start-k", 1, "--chaos-k", 1)
    wide = sample(capsys, trained.release, *options, "--whole-vocabulary")
    assert len(set(wide.split())) > len(set(narrow.split()))


@pytest.mark.parametrize(
    "options",
    [
        "--length 0",
        "--length 100001",
        "--temperature 0.5,nan",
        "--temperature 0.5,null",
        "--temperature ,",
        "--top-k 0",
        "--top-k 2,3",
        "--max-chars 5000",
        "-n 0",
        "-n 1000001",
        "-n 2 --seed 4294967295",
        "--go-on",
        "--grid --top-k 1,x",
        f"--grid --temperature {','.join(['1'] * 201)}",
        "--grid --go-on --length 5",
        "--interactive -n 3",
        "--to-file a.pdf",
    ],
)
def test_what_is_out_of_bounds_is_refused_in_a_sentence(trained: Trained, options: str) -> None:
    message = refused(trained.release, *options.split())
    assert message.startswith("model: ")
    assert "\n" not in message


def test_a_grid_tells_at_its_end_alone_what_was_what(
    trained: Trained, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    options = ("--top-k", "2,9", "--chaos", "0,0.5", "--temperature", "0,0.7,null", "-n", 2, "--max-lines", 2)
    told = sample(capsys, trained.release, "--grid", tmp_path / "grid.md", *options)
    assert told == f"{tmp_path / 'grid.md'}: 12 cells\n"
    text = (tmp_path / "grid.md").read_text("utf-8")
    assert sample(capsys, trained.release, "--grid", *options) == text
    shown, _, key = text.partition("## What the letters stand for")
    assert re.findall(r"^## (\w+)$", shown, re.MULTILINE) == list("ABCDEFGHIJKL")
    assert shown.count("```") == 12 * 2 * 2
    rows = [line.strip("| ").split(" | ") for line in key.strip().split("\n")[2:]]
    assert {tuple(row[1:4]) for row in rows} == {
        (k, chaos, t) for k in ("2", "9") for chaos in ("0", "0.5") for t in ("0", "0.7", "equal chances")
    }
    assert not any(word in shown for word in ("0.5", "0.7", "equal"))
    assert all(0 < float(row[4]) <= 1 for row in rows)


def test_the_seed_shuffles_the_cells_and_names_go_on_behind_z(generator: TextGenerator) -> None:
    values: dict[str, list[Any]] = {
        "top_k": [1],
        "chaos": [0.0],
        "temperature": [round(0.1 + i / 100, 2) for i in range(30)],
    }
    shared = {"max_tokens": 2}
    found = [list(cells(generator.release, values, shared, prompt="", seed=seed, count=1)) for seed in (1, 1, 2)]
    orders = [[cell.dials["temperature"] for cell in grid] for grid in found]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == values["temperature"]
    assert [cell.name for cell in found[0]][24:28] == ["Y", "Z", "AA", "AB"]
    assert markdown("a grid", found[0]).startswith("# a grid\n")
