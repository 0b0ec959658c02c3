"""`python -m model sample`, in this process."""

import re
from pathlib import Path
from typing import Any

import pytest

from model.__main__ import main
from model.evaluation.grid import Cell, cells
from model.textgenrnn import TextGenerator
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


def test_the_whole_vocabulary_is_drawn_from(
    trained: Trained, capsys: pytest.CaptureFixture[str], generator: TextGenerator
) -> None:
    size = generator.release.text.tokenizer.vocabulary_size

    def text(k: int | None) -> str:
        pools = ["--whole-vocabulary"] if k is None else ["--top-k", k, "--line-start-k", k, "--chaos-k", k]
        return sample(capsys, trained.release, "--temperature", 10, "--length", 200, *pools)

    assert text(None) == text(size) != text(size - 20)


def test_turns_of_equal_chances_are_taken(trained: Trained, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = (sample(capsys, trained.release, "--temperature", turns) for turns in ("0,null", "0,0.01"))
    assert one != two


def test_a_file_is_that_of_the_class_and_goes_on(
    trained: Trained, capsys: pytest.CaptureFixture[str], generator: TextGenerator, tmp_path: Path
) -> None:
    path, other = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    options = ("--to-file", path, "--seed", 5, "--chaos", 0.5)
    assert "3 of 3 texts" in sample(capsys, trained.release, "-n", 3, *options)
    assert "texts a minute" in sample(capsys, trained.release, "-n", 5, *options)
    assert "already has 5 texts" in sample(capsys, trained.release, "-n", 5, *options)
    generator.generate_to_file(other, 5, seed=5, max_gen_length=None, parameters={"chaos": 0.5})
    assert path.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    "options",
    [
        "--length 0",
        "--length 100001",
        "--temperature 0.5,nan",
        "--temperature ,",
        "--top-k 0",
        "--top-k 2,3",
        "--max-chars 5000",
        "-n 0",
        "-n 1000001",
        "-n 2 --seed 4294967295",
        "--go-on",
        "--grid a.md --top-k 1,x",
        f"--grid a.md --temperature {','.join(['1'] * 201)}",
        "--grid a.md --top-k ,",
        "--grid a.md --go-on --length 5",
        "--grid a.md --top-n 5",
        "--top-n 5",
        "--interactive --top-n 0",
        "--interactive -n 3",
        "--interactive --seed 0",
        "--interactive --temperature 0",
        "--interactive --chaos 0",
        "--to-file a.pdf",
    ],
)
def test_what_is_out_of_bounds_is_refused_in_a_sentence(trained: Trained, options: str) -> None:
    message = refused(trained.release, *options.split())
    assert message.startswith("model: ")
    assert "\n" not in message


def test_a_grid_keeps_what_was_what_to_another_file(
    trained: Trained, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path, beside = tmp_path / "grid.md", tmp_path / "grid.key.md"
    options = ("--top-k", "2,9", "--chaos", "0,0.5", "--temperature", "0,0.7,null", "-n", 2, "--max-lines", 2)
    told = sample(capsys, trained.release, "--grid", path, *options)
    assert told == f"{path}: 12 cells; {beside} explains the letters\n"
    shown, key = path.read_text("utf-8"), beside.read_text("utf-8")
    assert re.findall(r"^## (\w+)$", shown, re.MULTILINE) == list("ABCDEFGHIJKL")
    assert shown.count("```") == 12 * 2 * 2
    rows = [line.strip("| ").split(" | ") for line in key.strip().split("\n")[4:]]
    assert {tuple(row[1:4]) for row in rows} == {
        (k, chaos, t) for k in ("2", "9") for chaos in ("0", "0.5") for t in ("0", "0.7", "equal chances")
    }
    assert not any(word in shown for word in ("0.5", "0.7", "equal"))
    assert all(0 < float(row[4]) <= 1 for row in rows)


def test_no_two_requests_share_an_order_and_names_go_on_behind_z(generator: TextGenerator) -> None:
    values: dict[str, list[Any]] = {
        "top_k": [1],
        "chaos": [0.0],
        "temperature": [round(0.1 + i / 100, 2) for i in range(30)],
    }

    def grid(**changed: Any) -> list[Cell]:
        options = {"given": {"max_tokens": 2}, "prompt": "", "seed": 1, "count": 1, **changed}
        return list(cells(generator.release, values, **options))

    others: list[dict[str, Any]] = [{"seed": 2}, {"prompt": "Снег"}, {"count": 2}, {"given": {"max_tokens": 3}}]
    orders = [[cell.dials["temperature"] for cell in grid(**changed)] for changed in ({}, *others)]
    assert all(sorted(order) == values["temperature"] for order in orders)
    assert len(set(map(tuple, orders))) == len(orders)
    first = grid()
    assert [cell.dials["temperature"] for cell in first] == orders[0]
    assert [cell.name for cell in first][24:28] == ["Y", "Z", "AA", "AB"]
