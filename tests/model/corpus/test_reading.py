"""What a corpus may be, and the sentence for one that it may not."""

import lzma
from hashlib import sha256
from pathlib import Path

import pytest

from model.corpus import reading
from model.corpus.collection import open_collection
from model.corpus.layout import Layout
from model.corpus.reading import Form, digest, read, read_corpus
from model.corpus.texts import Text
from model.errors import ModelError
from tests.commands import model

BAD = {
    "empty": (b"", "the corpus is empty"),
    "blank lines only": (b"\n \n", "the corpus is empty"),
    "not UTF-8": (b'{"text": "a"}\n{"text": "\xff"}\n', "line 2: not utf-8 at byte 25 of the file"),
    "cut within a character": (b'{"text": "a"}\n\xd0', "line 2: not utf-8 at byte 15 of the file"),
    "not JSON": (b'{"text": "a"}\n{"text"\n', "line 2: not JSON"),
    "nested too deeply": (b"[" * 200_000, "line 1: not"),
    "no object": (b"[1]\n", "line 1: expected an object"),
    "no text": (b'{"title": "a"}\n', "line 1: expected an object"),
    "text of another type": (b'{"text": 7}\n', "line 1: expected an object"),
    "empty text": (b'{"text": "  "}\n', "line 1: expected an object"),
    "half of a surrogate pair": (b'{"text": "\\ud83d"}\n', "line 1: the text contains half of a surrogate pair"),
    "half of one in the title": (b'{"text": "a", "title": "\\ud83d"}\n', "line 1: the text contains half"),
}


@pytest.mark.parametrize(("content", "sentence"), BAD.values(), ids=BAD.keys())
def test_a_bad_corpus_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "poems.jsonl"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=sentence):
        read_corpus(path)


def test_a_text_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "poems.jsonl"
    path.write_bytes(
        '\ufeff{"author": "А", "title": null, "text": "\\nСтрока\\r\\n\\r\\nЕщё\\n", "x": 1}\r\n\n'.encode()
    )
    assert read_corpus(path) == [Text("Строка\n\nЕщё", author="А")]


@pytest.mark.parametrize("content", [b"", b'{"text": "\xff"}\n', None], ids=["empty", "not UTF-8", "missing"])
def test_the_command_line_answers_in_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "poems.jsonl"
    if content is not None:
        path.write_bytes(content)
    done = model("train", path, "--out", tmp_path / "run", check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"model: {path}")
    assert done.stderr.count("\n") == 1


ENCODED = {
    "UTF-8": ("utf-8", "utf-8"),
    "UTF-8 with a mark": ("utf-8-sig", "utf-8"),
    "UTF-16 with a mark": ("utf-16", "utf-16"),
    "windows-1251": ("windows-1251", "windows-1251"),
    "KOI8-R": ("koi8-r", "koi8-r"),
}


@pytest.mark.parametrize(("written", "told"), ENCODED.values(), ids=ENCODED.keys())
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_encodings_and_line_ends_do_not_show(tmp_path: Path, written: str, told: str, end: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(f"Ночь{end}Улица{end}{end}Фонарь{end}".encode(written))
    assert [text.text for text in read(path, Form(told, Layout(blank_lines=1)))] == ["Ночь\nУлица", "Фонарь"]


def test_a_byte_that_does_not_fit_is_named_far_into_a_large_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    start = "Жук\n".encode() * 50_000 + "Жу".encode()
    path.write_bytes(start + b"\xff\n")
    with pytest.raises(ModelError, match=rf"a.txt, line 50001: not utf-8 at byte {len(start) + 1} of the file"):
        list(read(path))


@pytest.mark.parametrize("encoding", ["utf-16", "undefined"])
def test_an_encoding_that_does_not_fit_at_all_is_named(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_text("Ночь")
    with pytest.raises(ModelError, match=f"a.txt: not {encoding}"):
        list(read(tmp_path / "a.txt", Form(encoding)))


def test_an_unknown_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(ModelError, match="no encoding 'utf-9'"):
        list(read(tmp_path / "a.txt", Form("utf-9")))


def test_a_plain_file_is_one_text_unless_told_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "tales.txt"
    path.write_text("a\n\n\n\nb\n")
    assert list(read(path)) == [Text("a\n\n\n\nb", title="tales")]
    assert list(read(path, Form(layout=Layout(lines=True)))) == [Text("a"), Text("b")]


def test_a_folder_gives_its_text_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b.txt", "a.txt", "sub/c.txt", "notes.md", ".new.7.a.txt"):
        (tmp_path / name).write_text(name)
    assert [text.text for text in read(tmp_path)] == ["a.txt", "b.txt", "sub/c.txt"]


def test_a_folder_without_text_files_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no \.txt file"):
        list(read(tmp_path))


TABLES = {
    "named columns": ("title,text\nT,a\n", Form(), [Text("a", title="T")]),
    "capitals in the header": ("Author,Text\nЯ,a\n", Form(), [Text("a", author="Я")]),
    "text and label": ("words,class\na,x\n", Form(), [Text("a", label="x")]),
    "one column": ("words\na\n", Form(), [Text("a")]),
    "chosen by name": ("id,body,who\n1,a,Я\n", Form(columns={"text": "body", "author": "who"}), [Text("a", "Я")]),
    "chosen by number": ("1,a\n2,b\n", Form(columns={"text": "2"}, header=False), [Text("a"), Text("b")]),
    "quoted cells": ('text\n"a, ""b""\r\nc"\n', Form(), [Text('a, "b"\nc')]),
    "blank cells and rows": ("text\n \n\na\n", Form(), [Text("a")]),
    "nothing": ("", Form(), []),
}


@pytest.mark.parametrize(("content", "form", "texts"), TABLES.values(), ids=TABLES.keys())
def test_tables(tmp_path: Path, content: str, form: Form, texts: list[Text]) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content.encode())
    assert list(read(path, form)) == texts


def test_tabs_part_the_cells_of_a_tsv(tmp_path: Path) -> None:
    (tmp_path / "table.tsv").write_text("text\tauthor\na, b\tc\n")
    assert list(read(tmp_path / "table.tsv")) == [Text("a, b", author="c")]


BAD_TABLES = {
    "no column named text": ("name,poem,year\na,b,c\n", Form(), "name the column that holds the text"),
    "no such column": ("a,b\n1,2\n", Form(columns={"text": "c"}), "no column 'c'; there are: 1, 2, a, b"),
    "a short row": ("text,author\na,b\nc\n", Form(), "line 3: 1 cells, fewer"),
    "an open quote": ('text\n"a\n', Form(), "line 2: unexpected end of data"),
}


@pytest.mark.parametrize(("content", "form", "sentence"), BAD_TABLES.values(), ids=BAD_TABLES.keys())
def test_a_bad_table_is_named(tmp_path: Path, content: str, form: Form, sentence: str) -> None:
    (tmp_path / "table.csv").write_text(content)
    with pytest.raises(ModelError, match=sentence):
        list(read(tmp_path / "table.csv", form))


def test_other_keys_of_json_lines_can_be_chosen(tmp_path: Path) -> None:
    (tmp_path / "posts.jsonl").write_text('{"body": "a", "who": "Я", "text": "не это"}\n')
    form = Form(columns={"text": "body", "author": "who"})
    assert list(read(tmp_path / "posts.jsonl", form)) == [Text("a", author="Я")]


def test_a_line_that_never_ends_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_TEXT", 20)
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n{"text": "' + "a" * 50)
    with pytest.raises(ModelError, match="line 2: longer than 20 characters"):
        list(read(tmp_path / "a.jsonl"))


def test_a_row_that_never_ends_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_TEXT", 20)
    (tmp_path / "a.csv").write_text("text\n" + "a," * 50)
    with pytest.raises(ModelError, match="line 2: longer than 20 characters"):
        list(read(tmp_path / "a.csv"))


def test_a_collection_is_not_trained_on_as_it_is(tmp_path: Path) -> None:
    with open_collection(tmp_path / "c.sqlite") as collection:
        collection.keep([Text("a", url="https://example.org/1")], {})
    with pytest.raises(ModelError, match="must be cleaned before"):
        read_corpus(tmp_path / "c.sqlite")


def test_a_collection_is_a_corpus_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    text = Text("a\nb", "Я", "T", "l", "https://example.org/1", "2020-01-02")
    with open_collection(path) as collection:
        collection.keep([text], {})
        assert list(read(path)) == [text]


def test_what_is_no_collection_is_named(tmp_path: Path) -> None:
    (tmp_path / "c.sqlite").write_text("not a database, but long enough to look like one")
    with pytest.raises(ModelError, match="not a usable collection"):
        list(read(tmp_path / "c.sqlite"))


def test_bad_options_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n")
    for option, sentence in (("text", "expected FIELD=NAME"), ("author=x", "must name the column that holds the text")):
        done = model("convert", tmp_path / "a.csv", tmp_path / "b.jsonl", "--column", option, check=False)
        assert sentence in done.stderr
        assert done.returncode == 1


def test_a_corpus_goes_from_form_to_form(tmp_path: Path) -> None:
    (tmp_path / "posts.txt").write_text("a\n@\nb\n\n\nc\n", "utf-8")
    model("convert", tmp_path / "posts.txt", tmp_path / "posts.jsonl", "--blank-lines", 2, "--line-mark", "@")
    assert (tmp_path / "posts.jsonl").read_text() == '{"text": "a\\nb"}\n{"text": "c"}\n'
    model("convert", tmp_path / "posts.jsonl", tmp_path / "o.txt", "--write-blank-lines", 10, "--write-line-mark", "@")
    assert (tmp_path / "o.txt").read_text() == "a\n@\nb" + "\n" * 11 + "c\n"


def test_a_corpus_is_not_converted_onto_itself(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a\n")
    done = model("convert", tmp_path / "a.txt", tmp_path / "a.txt", "--write-lines", check=False)
    assert "overwrite the corpus" in done.stderr
    assert (tmp_path / "a.txt").read_text() == "a\n"


def test_what_cannot_be_converted_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n{"text": "b"}\nrubbish\n')
    done = model("convert", tmp_path / "a.jsonl", tmp_path / "b.txt", "--write-lines", check=False)
    assert "line 3: not JSON" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl"]
    done = model("convert", tmp_path / "a.jsonl", tmp_path / "b.csv", check=False)
    assert "must be a .jsonl or a .txt file" in done.stderr


COMPRESSED = {
    "poems.jsonl.xz": ('{"text": "Ночь"}\n{"text": "Улица"}\n', Form(), [Text("Ночь"), Text("Улица")]),
    "poems.csv.xz": ("text,author\nНочь,Я\n", Form(), [Text("Ночь", author="Я")]),
    "poems.tsv.xz": ("text\tauthor\nНочь, улица\tЯ\n", Form(), [Text("Ночь, улица", author="Я")]),
    "poems.txt.xz": ("Ночь\r\nУлица\r\n", Form(), [Text("Ночь\nУлица", title="poems")]),
    "POEMS.TXT.XZ": ("Ночь\n", Form("windows-1251"), [Text("Ночь", title="POEMS")]),
}


@pytest.mark.parametrize(("name", "case"), COMPRESSED.items(), ids=COMPRESSED.keys())
def test_a_compressed_file_reads_as_what_is_in_it(
    tmp_path: Path, name: str, case: tuple[str, Form, list[Text]]
) -> None:
    content, form, texts = case
    (tmp_path / name).write_bytes(lzma.compress(content.encode(form.encoding)))
    assert list(read(tmp_path / name, form)) == texts


def test_the_digest_of_a_compressed_file_is_that_of_the_file_as_it_lies(tmp_path: Path) -> None:
    packed = lzma.compress(b'{"text": "a"}\n')
    (tmp_path / "a.jsonl.xz").write_bytes(packed)
    assert digest(tmp_path / "a.jsonl.xz") == sha256(packed).hexdigest()


PACKED = lzma.compress("".join(f'{{"text": "{i}"}}\n' for i in range(9999)).encode())
DAMAGED = {
    "cut short": PACKED[:-40],
    "altered": PACKED[:2000] + b"\0\0\0\0" + PACKED[2004:],
    "not xz": b'{"text": "a"}\n',
    "empty": b"",
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_compressed_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jsonl.xz"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"^\S+a\.jsonl\.xz: damaged or truncated; copy or compress the file again$"):
        list(read(path))


def test_a_byte_that_does_not_fit_is_named_where_it_stands_in_what_was_compressed(tmp_path: Path) -> None:
    (tmp_path / "a.txt.xz").write_bytes(lzma.compress(b"a\nb\xff\n"))
    with pytest.raises(ModelError, match="line 2: not utf-8 at byte 4 of the file"):
        list(read(tmp_path / "a.txt.xz"))


def test_a_compressed_corpus_is_cleaned(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.xz").write_bytes(lzma.compress('{"text": " Ночь ", "author": "Я"}\n'.encode()))
    model("clean", tmp_path / "a.jsonl.xz", tmp_path / "b.jsonl", "--preset", "shakespeare")
    assert (tmp_path / "b.jsonl").read_text("utf-8") == '{"text": "Ночь", "author": "Я"}\n'
