"""The commands of the ear: scan, ear, verse-report."""

import gzip
import json
from pathlib import Path

import pytest

from model.verse.lexicon import Lexicon, Rhymes
from model.verse.stress import Reading, Stress
from tests.commands import model
from tests.conftest import Trained

QUATRAIN = "Зима рисует на окне\nБольшие белые цветы,\nИ снится полю в тишине,\nЧто снова в поле вышла ты\n"


@pytest.fixture
def poem(tmp_path: Path) -> Path:
    (tmp_path / "poem.txt").write_text(QUATRAIN, "utf-8")
    return tmp_path / "poem.txt"


def test_scan_shows_letters_stresses_and_the_verdict(poem: Path) -> None:
    lines = model("scan", poem).stdout.splitlines()
    assert lines[:2] == ["A  Зима́ рису́ет на окне́", "B  Больши́е бе́лые цветы́,"]
    assert "metre: iamb, feet: 4, scheme: ABAB, score: 1.0" in lines


def test_scan_prints_json_for_programs(poem: Path) -> None:
    found = json.loads(model("scan", poem, "--json").stdout)
    assert (found["metre"], found["feet"], found["scheme"], found["score"]) == ("iamb", "4", "ABAB", 1.0)
    assert found["stressed"].startswith("Зима́")


def test_scan_of_a_file_that_is_missing_is_one_sentence(tmp_path: Path) -> None:
    done = model("scan", tmp_path / "none.txt", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_ear_packs_a_list_and_a_corpus(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "list.gz", "wt", encoding="utf-8") as file:
        file.write("зима\t2\nокне\t2\nтишине\t3\nзамок\t1,2\nцветы\t2\n")
    (tmp_path / "poems.jsonl").write_text(
        "".join(json.dumps({"text": f"{QUATRAIN}{number}"}, ensure_ascii=False) + "\n" for number in range(40)), "utf-8"
    )
    done = model("ear", tmp_path / "list.gz", tmp_path / "poems.jsonl", "--out", tmp_path / "data")
    assert len(done.stdout.splitlines()) == 5
    stress = Stress(tmp_path / "data")
    assert stress.readings("зима") == [Reading(1)]
    assert {word.form for word in Rhymes(tmp_path / "data").words("э<н")} == {"окне", "тишине"}
    assert Lexicon(stress, tmp_path / "data").knows("снова")


def test_a_list_that_is_broken_is_one_sentence(poem: Path, tmp_path: Path) -> None:
    done = model("ear", poem, poem, "--out", tmp_path / "data", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "cannot be read as a list of stressed forms" in done.stderr


def test_the_report_has_a_row_for_each_writer(trained: Trained) -> None:
    table = model("verse-report", trained.release, trained.corpus, "--texts", "2").stdout.splitlines()
    assert [row.split("|")[1].strip() for row in table[2:]] == ["human", "shuffled lines", "Markov chain", "plain"]
    assert all(row.count("|") == table[0].count("|") for row in table)


def test_a_corpus_without_quatrains_is_one_sentence(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "lines.jsonl").write_text('{"text": "Одна строка"}\n' * 50, "utf-8")
    done = model("verse-report", trained.release, tmp_path / "lines.jsonl", check=False)
    assert (done.returncode, "has no quatrain" in done.stderr) == (1, True)
