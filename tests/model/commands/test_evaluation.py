"""`python -m model evaluate`, as a user calls it."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from model.__main__ import main
from model.corpus.reading import read_corpus
from model.corpus.split import split
from model.evaluation.comparison import Row, WrittenTexts
from model.evaluation.novelty import Novelty
from model.evaluation.table import show
from tests.conftest import Trained
from tests.model import tiny, untrained


def evaluate(*arguments: object) -> None:
    """Run the command in this process."""
    main(["evaluate", *map(str, arguments)])


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    evaluate(*arguments, "--json")
    return json.loads(capsys.readouterr().out)


def test_the_release_is_compared_with_the_baselines_on_the_same_split(
    trained: Trained, capsys: pytest.CaptureFixture[str]
) -> None:
    found = told(
        capsys, trained.release, trained.corpus, "--part", "validation", "--train", trained.corpus, "--texts", 3
    )
    config = json.loads((trained.release / "config.json").read_text("utf-8"))
    assert (found["name"], found["hash"], found["part"]) == ("tiny", config["hash"], "validation")
    assert found["notes"] == []
    release, texts, kneser_ney, markov = found["rows"]
    assert release["scores"]["texts"] == len(split(read_corpus(trained.corpus))["validation"])
    assert release["scores"]["bits_per_char"] == pytest.approx(config["scores"]["validation"]["bits_per_char"])
    assert release["scores"]["unknown"] <= release["scores"]["lost"]
    assert (
        0 < kneser_ney["bits_per_char"] < release["scores"]["bits_per_char"]
    )  # which was trained for three epochs only
    assert texts["bits_per_char"] is markov["bits_per_char"] is None
    assert "no bits" in markov["note"]
    for row in found["rows"]:
        assert row["written"]["texts"] == 3
        assert row["written"]["characters"] <= release["written"]["characters"]
        assert len(row["written"]["novelty"]["new"]) == 49
    assert release["written"]["token_entropy"] > 0


def test_without_a_corpus_there_is_the_release_and_without_texts_only_its_score(
    trained: Trained, capsys: pytest.CaptureFixture[str]
) -> None:
    found = told(capsys, trained.release, trained.corpus, "--texts", 0)
    assert found["part"] == "all"
    assert found["rows"][0]["scores"]["texts"] == 125
    assert [row["written"] for row in found["rows"]] == [None] * len(found["rows"])


def test_what_makes_the_figures_mean_less_is_said(
    trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.txt"
    other.write_text("\n\n".join(poem["text"] for poem in tiny.poems()[:60]), "utf-8")
    told_of = told(capsys, trained.release, other, "--train", other, "--texts", 1, "--blank-lines", 1)
    seen, of = len(split(read_corpus(trained.corpus)[:60])["train"]), 60
    assert told_of["notes"] == [
        "other.txt is not the corpus that the release was trained on",
        f"{seen} of the {of} scored texts are in the training part",
    ]
    printed_again = tmp_path / "printed again"
    printed_again.mkdir()
    (printed_again / "all.txt").write_text(other.read_text("utf-8").upper().replace(",", " —"), "utf-8")
    told_of = told(capsys, trained.release, other, "--train", printed_again, "--texts", 0, "--blank-lines", 1)
    assert told_of["notes"] == [
        "it is unknown whether the release was trained on printed again",
        f"{seen} of the {of} scored texts are in the training part",
    ]


def test_a_network_with_a_context_is_scored_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release = untrained.release(tmp_path / "both", untrained.BOTH_WAYS)
    texts = tmp_path / "texts.txt"
    texts.write_text("Снег ложится на поля\nТихо", "utf-8")
    (row, _) = told(capsys, release.folder, texts, "--texts", 2)["rows"]
    assert row["scores"]["tokens"] == len(release.text.tokenizer.encode("Снег ложится на поля\nТихо")) + 1
    assert row["written"]["texts"] == 2


def test_the_command_prints_a_table_that_can_be_pasted(trained: Trained, capsys: pytest.CaptureFixture[str]) -> None:
    evaluate(trained.release, trained.corpus, "--part", "test", "--train", trained.corpus, "--texts", 2)
    done = capsys.readouterr()
    lines = done.out.splitlines()
    assert lines[0] == "|  | tiny | texts | Kneser-Ney | Markov chain |"
    assert lines[2].startswith("| bits per character | ")
    assert lines[2].endswith(" | – |")
    assert all(line.count("|") == 6 for line in lines if line.startswith("|"))
    assert [line.split(" | ")[0] for line in lines[5:7]] == ["| unknown tokens", "| lost characters"]
    assert done.err == ""


def test_on_a_terminal_the_table_is_drawn_and_what_was_copied_shown() -> None:
    written = WrittenTexts(2, 30, 0.5, 1, 1, 0, novelty=Novelty([0.25] * 20 + [None] * 29, "a\n[b]" + "c" * 200))
    console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
    show([Row("one", "a note", bits_per_char=2.5, written=written), Row("two")], ["mind this"], console)
    assert isinstance(console.file, io.StringIO)
    printed = " ".join(console.file.getvalue().split())
    assert "bits per character" in printed
    assert "new among 30 characters" not in printed  # where there were none so long
    assert "one, copied: a / [b]" in printed
    assert "mind this" in printed
    assert printed.count("c") < 120


@pytest.mark.parametrize(
    ("name", "text", "options", "message"),
    [
        ("texts.jsonl", "", [], "there are no texts"),
        ("texts.txt", " \n\n", ["--lines"], "there are no texts"),
        ("texts.txt", "Снег", ["--part", "validation"], "there are no texts in the validation part"),
        ("texts.txt", "Снег", ["--texts", "-1"], "--texts must be between 0 and 10,000"),
        ("texts.txt", "Снег", ["--texts", "10001"], "--texts must be between"),
        ("texts.jsonl", "{}", [], "line 1: expected an object"),
    ],
)
def test_texts_that_cannot_be_scored_end_in_a_sentence(
    trained: Trained, tmp_path: Path, name: str, text: str, options: list[str], message: str
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(SystemExit, match=message):
        evaluate(trained.release, tmp_path / name, *options)


def test_a_broken_release_ends_in_a_sentence(trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"^model: [^\n]+$"):
        evaluate(tmp_path, trained.corpus)
    broken = tmp_path / "release"
    shutil.copytree(trained.release, broken)
    (broken / "network.weights.h5").write_bytes(b"no weights")
    with pytest.raises(SystemExit, match=r"^model: .*altered"):
        evaluate(broken, trained.corpus)
