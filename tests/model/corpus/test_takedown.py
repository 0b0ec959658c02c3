"""Takedown: what was asked to be forgotten goes, stays away, and is known by hashes alone."""

import json
import sqlite3
import subprocess
import sys
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from model.__main__ import main
from model.corpus import takedown
from model.corpus.cleaning import pipeline
from model.corpus.collection import open_collection, read_collection
from model.corpus.forgetting import is_forgotten, mark
from model.corpus.provenance import entry, record, sources
from model.corpus.texts import Text
from model.errors import ModelError
from model.files.folder import sha256
from model.release.card import licences
from tests.commands import model
from tests.conftest import Trained

LINES = [
    '{"text": "первый", "author": "Анна Ёлкина", "url": "https://example.org/1", "mine": 7}\n',
    '{"author":"Анна Елкина","text":"второй\\nи ещё"}\n',
    "\n",
    '{"text": "третий", "author": "Пётр", "url": "https://www.example.org/3/"}\n',
]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "poems.jsonl"
    path.write_text("".join(LINES), "utf-8")
    return path


def test_an_author_goes_and_other_lines_stay_as_they_are(corpus: Path) -> None:
    done = model("forget", "анна  ЁЛКИНА", corpus)
    assert "2 texts removed" in done.stdout
    assert corpus.read_text("utf-8") == "".join(LINES[2:])
    assert entry(corpus)["counts"] == {"texts": 1, "lines": 1, "words": 1, "characters": 6}


SPELLINGS = ["example.org/3#top", " HTTPS://www.EXAMPLE.org:443/3/ ", "http://www2.example.org./3", "m.example.org/3"]


@pytest.mark.parametrize("address", ["https://example.org/3", *SPELLINGS])
def test_an_address_is_known_however_it_is_spelled(corpus: Path, address: str) -> None:
    model("forget", address, corpus)
    assert corpus.read_text("utf-8") == "".join(LINES[:3])


@pytest.mark.parametrize("other", ["https://example.org/33", "https://example.com/3", "https://example.org/3?a=1"])
def test_another_address_is_another_text(corpus: Path, other: str) -> None:
    assert "no text with this URL or author" in model("forget", other, corpus).stdout
    assert corpus.read_text("utf-8") == "".join(LINES)


def test_only_hashes_tell_what_was_removed(corpus: Path) -> None:
    model("forget", "Анна Ёлкина", corpus)
    account = (corpus.parent / "corpus.json").read_text("utf-8")
    assert "лкина" not in account
    (gone,) = json.loads(account)["corpora"]["poems.jsonl"]["forgotten"]
    assert gone["mark"] == mark("Анна Ёлкина")
    assert len(gone["texts"]) == 2


def test_forgetting_again_keeps_the_account(corpus: Path) -> None:
    model("forget", "Анна Ёлкина", corpus)
    first = entry(corpus)
    model("forget", "Анна Ёлкина", corpus)
    model("forget", "Пётр", corpus)
    again = entry(corpus)
    assert first["forgotten"] == again["forgotten"][:1]
    assert again["former_sha256"][:2] == [*first["former_sha256"], first["sha256"]]
    assert corpus.read_text("utf-8") == "\n"


def test_a_corpus_made_anew_does_not_take_back_what_was_forgotten(corpus: Path) -> None:
    model("forget", "Пётр", corpus)
    out = corpus.with_name("clean.jsonl")
    model("convert", corpus, out)
    assert [gone["mark"] for gone in entry(out)["forgotten"]] == [mark("Пётр")]
    model("forget", "https://example.org/1", out)
    model("convert", corpus, out)
    assert entry(out)["counts"]["texts"] == 1
    assert "первый" not in out.read_text("utf-8")


def test_other_corpora_in_the_folder_keep_their_account(corpus: Path) -> None:
    record(corpus.with_name("other.jsonl"), {"sources": [{"source": "x", "licence": "y"}]})
    model("forget", "Пётр", corpus)
    assert entry(corpus.with_name("other.jsonl")) == {"sources": [{"source": "x", "licence": "y"}]}


def test_a_collection_forgets_for_good(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    texts = [Text(f"тайное слово {i}", "Пётр" if i % 2 else "Анна", url=f"https://example.org/{i}") for i in range(6)]
    with open_collection(path) as collection:
        collection.keep(texts, {})
    assert "3 texts removed" in model("forget", "Пётр", path).stdout
    assert (
        b"\xd1\x82\xd0\xb0\xd0\xb9\xd0\xbd\xd0\xbe\xd0\xb5 \xd1\x81\xd0\xbb\xd0\xbe\xd0\xb2\xd0\xbe 1"
        not in b"".join(file.read_bytes() for file in tmp_path.glob("c.sqlite*"))
    )
    with open_collection(path) as collection:
        assert collection.keep(texts, {}) == 0
    assert [text.author for text in read_collection(path)] == ["Анна"] * 3


def test_copies_that_sqlite_left_behind_are_wiped_too(tmp_path: Path) -> None:
    """Rows that move to another page leave copies behind, which secure_delete does not know of."""
    path, chance = tmp_path / "c.sqlite", Random(0)
    texts = [
        Text("тайное слово" + " стих" * chance.randrange(60), chance.choice(["Пётр", "Анна"]), url=f"https://a.org/{i}")
        for i in range(200)
    ]
    with open_collection(path) as collection:
        collection.keep(texts, {})
        collection.forget(mark("Пётр"))
    assert path.read_bytes().count("тайное слово".encode()) == sum(text.author == "Анна" for text in texts)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let SQLite wait for another connection for a moment only."""
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, timeout=0.05))


@pytest.mark.usefixtures("impatient")
def test_a_collection_that_is_being_read_is_wiped_later_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    secret = "тайное слово"
    with open_collection(path) as collection:
        collection.keep([Text(f"{secret} {i}", "Пётр", url=f"https://example.org/{i}") for i in range(100)], {})
        reading: Any = read_collection(path)
        next(reading)
        with pytest.raises(ModelError, match="not yet wiped"):
            collection.forget(mark("Пётр"))
        reading.close()
    assert model("forget", "Пётр", path).returncode == 0
    assert secret.encode() not in b"".join(file.read_bytes() for file in tmp_path.glob("c.sqlite*"))


@pytest.mark.usefixtures("impatient")
def test_a_writer_says_that_it_waits_for_a_reader(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    with open_collection(path) as collection:
        collection.keep([Text(str(i), url=f"https://example.org/{i}") for i in range(100)], {})
    reading: Any = read_collection(path)
    next(reading)
    assert "another command is reading it" in model("forget", "x", path, check=False).stderr
    reading.close()


def test_the_addresses_of_pages_that_could_not_be_read_go_too(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    with open_collection(path) as collection:
        collection.keep([], {}, {"https://example.org/1": "500", "https://example.org/2": "500"})
    model("forget", "https://example.org/1", path)
    with open_collection(path) as collection:
        assert collection.unread == 1


def test_a_takedown_that_was_cut_short_is_done_by_the_next_call(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(takedown, "replacing", interrupted)
        with pytest.raises(KeyboardInterrupt):
            takedown.remove("Анна Ёлкина", corpus)
    assert corpus.read_text("utf-8") == "".join(LINES)
    assert len(entry(corpus)["forgotten"][0]["texts"]) == 2
    assert takedown.remove("Анна Ёлкина", corpus) == 2
    assert len(entry(corpus)["forgotten"][0]["texts"]) == 2


def interrupted(_: Path) -> None:
    raise KeyboardInterrupt


def test_what_a_link_leads_to_is_rewritten_and_stays_as_private(corpus: Path, tmp_path: Path) -> None:
    link = tmp_path / "linked" / "poems.jsonl"
    link.parent.mkdir()
    link.symlink_to(corpus)
    corpus.chmod(0o600)
    model("forget", "Анна Ёлкина", link)
    assert link.is_symlink()
    assert corpus.read_text("utf-8") == "".join(LINES[2:])
    assert corpus.stat().st_mode & 0o777 == 0o600


def test_many_takedowns_at_once_are_all_written_down(tmp_path: Path) -> None:
    corpora = [tmp_path / f"{i}.jsonl" for i in range(4)]
    for path in corpora:
        path.write_text("".join(LINES), "utf-8")
    command = [sys.executable, "-m", "model", "forget", "Пётр"]  # in processes of their own, as a user does
    running = [subprocess.Popen([*command, str(path)], stdout=subprocess.DEVNULL) for path in corpora]
    assert [process.wait(60) for process in running] == [0] * 4
    assert [entry(path)["forgotten"][0]["mark"] for path in corpora] == [mark("Пётр")] * 4


def test_cleaning_begins_anew_where_a_text_is_forgotten_meanwhile(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cleaned = pipeline.clean

    def and_forget(*values: Any, **named: Any) -> Any:
        report = cleaned(*values, **named)
        takedown.remove("Пётр", corpus)
        return report

    monkeypatch.setattr(pipeline, "clean", and_forget)
    out = corpus.with_name("clean.jsonl")
    main(["clean", str(corpus), str(out), "--preset", "textgenrnn", "--jobs", "1"])
    assert "третий" not in out.read_text("utf-8")
    assert entry(out)["forgotten"][0]["mark"] == mark("Пётр")
    assert "residual_spaces" in capsys.readouterr().out


def test_a_folder_of_releases_that_is_not_there_is_named(corpus: Path) -> None:
    done = model("forget", "Пётр", corpus, "--releases", corpus.parent / "none", check=False)
    assert "none: no such folder" in done.stderr
    assert corpus.read_text("utf-8") == "".join(LINES)


def test_the_releases_trained_with_it_are_listed(trained: Trained, tmp_path: Path) -> None:
    corpus = tmp_path / "poems.jsonl"
    corpus.write_bytes(trained.corpus.read_bytes())
    folders: list[Any] = ["--releases", trained.release.parent]
    done = model("forget", "Первый Поэт", corpus, *folders)
    assert f"{trained.release} was trained on this corpus" in done.stdout
    assert f"{trained.run} was trained on this corpus" in done.stdout
    # A second removal later still knows them.
    assert f"{trained.release} was" in model("forget", "Вторая Поэтесса", corpus, *folders).stdout


def test_releases_of_other_corpora_are_not_listed(trained: Trained, corpus: Path) -> None:
    assert "was trained" not in model("forget", "Пётр", corpus, "--releases", trained.release.parent).stdout


BAD = {
    "missing": ("none.jsonl", None, "No such file"),
    "a form that cannot forget": ("a.txt", "a\n", "only a .jsonl corpus"),
    "not JSON": ("a.jsonl", '{"text": "a"}\nx\n', "line 2: not a JSON object"),
    "no object": ("a.jsonl", "[1]\n", "line 1: not a JSON object"),
    "too deep": ("a.jsonl", "[" * 100_000, "line 1: not a JSON object"),
}


@pytest.mark.parametrize(("name", "content", "sentence"), BAD.values(), ids=BAD.keys())
def test_what_cannot_forget_is_named_and_left(tmp_path: Path, name: str, content: str | None, sentence: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    done = model("forget", "x", path, check=False)
    assert sentence in done.stderr
    assert done.returncode == 1
    assert content is None or path.read_text() == content


STRANGE = ["[]", "\xff", "[" * 100_000, '{"corpora": {"a": 5}}', '{"corpora": {"a": {"forgotten": ["x"]}}}']


@pytest.mark.parametrize("content", STRANGE, ids=["list", "no JSON", "too deep", "no entry", "no mark"])
def test_an_account_that_others_wrote_is_not_overwritten(corpus: Path, content: str) -> None:
    (corpus.parent / "corpus.json").write_text(content)
    with pytest.raises(ModelError, match="not written by this program"):
        record(corpus, {})


@pytest.mark.parametrize("url", ["http://[", "//", "", "a b", "https://пример.рф/стих"])
def test_any_address_can_be_asked_about(url: str) -> None:
    assert not is_forgotten(url, "", {"x"})
    assert mark(url)


def test_a_writer_shuts_out_another(tmp_path: Path) -> None:
    with open_collection(tmp_path / "c.sqlite"):
        assert "another command is writing" in model("forget", "x", tmp_path / "c.sqlite", check=False).stderr
    assert sqlite3.connect(tmp_path / "c.sqlite").execute("SELECT count(*) FROM texts").fetchone() == (0,)


def clean(source: Path, out: Path, *options: object) -> dict[str, Any]:
    model("clean", source, out, "--preset", "textgenrnn", *options)
    return entry(out)


def test_cleaning_writes_down_what_it_did_and_shows_no_text(corpus: Path) -> None:
    said = clean(corpus, corpus.with_name("clean.jsonl"))
    assert said["counts"] == {"texts": 3, "lines": 4, "words": 5, "characters": 24}
    assert [step["step"] for step in said["cleaning"]] == ["residual_spaces", "links", "duplicates"]
    assert said["input"] == {"name": "poems.jsonl", "sha256": sha256(corpus)}
    assert said["sha256"] == sha256(corpus.with_name("clean.jsonl"))
    assert "первый" not in (corpus.parent / "corpus.json").read_text("utf-8")


def test_cleaning_leaves_out_what_was_forgotten_before_or_after_it(corpus: Path) -> None:
    out = corpus.with_name("clean.jsonl")
    model("forget", "Пётр", corpus)
    first = clean(corpus, out)
    model("forget", "https://example.org/1", out)
    said = clean(corpus, out)
    assert [json.loads(line)["text"] for line in out.read_text("utf-8").splitlines()] == ["второй\nи ещё"]
    assert {gone["mark"] for gone in said["forgotten"]} == {mark("Пётр"), mark("https://example.org/1")}
    assert first["sha256"] in said["former_sha256"]


def test_cleaning_a_collection_leaves_out_what_only_the_collection_knows_to_be_forgotten(tmp_path: Path) -> None:
    with open_collection(tmp_path / "c.sqlite") as collection:
        collection.begin({"site": "https://example.org"})
        collection.keep([Text("a", "Пётр", url="https://example.org/1"), Text("b", url="https://example.org/2")], {})
        collection.forget(mark("Анна"))
    out = tmp_path / "clean.jsonl"
    out.write_text('{"text": "c", "author": "Анна"}\n', "utf-8")
    assert clean(tmp_path / "c.sqlite", out)["counts"]["texts"] == 2
    (source,) = entry(out)["sources"]
    assert "https://example.org" in source["source"]
    assert clean(out, tmp_path / "again.jsonl")["sources"] == [source]


def test_sources_are_told_or_found_beside_the_corpus(corpus: Path) -> None:
    out = corpus.with_name("clean.jsonl")
    assert clean(corpus, out)["sources"] == []
    told = clean(corpus, out, "--source", "A", "--licence", "MIT", "--source", "B", "--licence", "none")["sources"]
    assert told == [{"source": "A", "licence": "MIT"}, {"source": "B", "licence": "none"}]
    assert licences(sources(out)) == "## Sources\n\n- A: MIT\n\n- B: none"
    assert (
        "needs a --licence"
        in model("clean", corpus, out, "--preset", "textgenrnn", "--source", "A", check=False).stderr
    )


def test_a_persons_account_beside_the_corpus_goes_with_it(corpus: Path, tmp_path: Path) -> None:
    (corpus.parent / "SOURCES.md").write_text("# Texts\n\n## Sources\n\nOne | two\n\n## Other\n\nThree\n")
    out = tmp_path / "elsewhere" / "clean.jsonl"
    clean(corpus, out)
    assert licences(sources(corpus)) == licences(sources(out)) == "## Sources\n\nOne | two"
