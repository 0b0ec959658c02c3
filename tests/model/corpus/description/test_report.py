"""`describe` as a user runs it, and its page in a real browser."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from model.corpus.description import plots
from model.corpus.description.counting import Group, Table
from model.corpus.description.report import render, write
from model.corpus.description.statistics import survey
from model.corpus.texts import Text
from tests.commands import model

EVIL = "<script>window.bad = 1</script><img src=x onerror='window.bad = 1'>\" onclick=\"window.bad = 1"
STANZA = "Снег ложится на дорогу\nИ молчит пустынный сад\nЯ забыл свою тревогу\nЯ вернусь сюда назад"


def _texts() -> list[Text]:
    plain = [
        Text("\n\n".join([STANZA] * (1 + i % 3)), f"Поэт {'АБВГДЕ'[i % 6]}", f"Стих {i}", "ode", date=f"{1900 + i % 9}")
        for i in range(60)
    ]
    return [*plain, Text(f"{EVIL}\n{EVIL}", EVIL, EVIL, EVIL, date=f"1900{EVIL}"), Text("слово" * 200, "слово" * 60)]


def _write(path: Path, texts: list[Text]) -> Path:
    path.write_text("".join(json.dumps(vars(text), ensure_ascii=False) + "\n" for text in texts), "utf-8")
    return path


def _describe(corpus: Path, out: Path, *options: str) -> str:
    done = model("describe", corpus, "--out", out, *options, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("model: ").strip()


def test_the_command_writes_both_files_and_tells_the_figures(tmp_path: Path) -> None:
    corpus, out = _write(tmp_path / "poems.jsonl", _texts()), tmp_path / "new" / "out"
    told = model("describe", corpus, "--out", out).stdout
    assert told.startswith("texts: 62\n483 lines, ")
    assert told.endswith(f"{out / 'report.html'}\n")
    assert {path.name for path in out.iterdir()} == {"statistics.json", "report.html"}
    assert json.loads((out / "statistics.json").read_text("utf-8"))["texts"] == 62


def test_the_reading_options_are_heard(tmp_path: Path) -> None:
    corpus = tmp_path / "titles.txt"
    corpus.write_bytes("Первый\nВторой\n".encode("windows-1251"))
    model("describe", corpus, "--out", tmp_path / "out", "--lines", "--encoding", "windows-1251")
    found = json.loads((tmp_path / "out" / "statistics.json").read_text("utf-8"))
    assert (found["corpus"], found["texts"], found["vocabulary"]["distinct"]) == ("titles.txt", 2, 2)


def test_the_same_corpus_gives_the_same_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(survey("poems", _texts()), tmp_path / name)
    assert (tmp_path / "a" / "statistics.json").read_bytes() == (tmp_path / "b" / "statistics.json").read_bytes()
    assert (tmp_path / "a" / "report.html").read_bytes() == (tmp_path / "b" / "report.html").read_bytes()


def _keys(value: Any) -> Any:
    """Return the keys of an object, and of objects in it."""
    if isinstance(value, list):
        return _keys(value[0]) if value and isinstance(value[0], dict) else []
    return {key: _keys(item) for key, item in value.items()} if isinstance(value, dict) else ""


def test_the_keys_of_the_json_are_those_that_programs_know(tmp_path: Path) -> None:
    write(survey("poems", _texts()), tmp_path)
    keys = _keys(json.loads((tmp_path / "statistics.json").read_text("utf-8")))
    spread = {"count", "mean", "minimum", "maximum", "percentiles", "width", "bins"}
    group = {"name", "texts", "lines", "words", "characters", "share"}
    assert {name: set(inner or ()) for name, inner in keys.items()} == {
        **{name: set() for name in ("format", "corpus", "texts", "lines", "words", "characters")},
        **dict.fromkeys(("lines_per_text", "words_per_text", "characters_per_text"), spread),
        **dict.fromkeys(("words_per_line", "characters_per_line"), spread),
        "verse": {"divisible_by_four", "stanza_breaks", "quatrains", "schemes"},
        "vocabulary": {
            *("distinct", "hapaxes", "estimated", "shortfall", "type_token", "growth"),
            *("most_frequent", "most_frequent_content"),
        },
        "alphabet": {"distinct", "scripts", "rare", "rare_characters"},
        "duplicates": {"exact", "by_letters", "largest_group", "estimated"},
        "authors": {"distinct", "pruned", "groups", "others"},
        "labels": {"distinct", "pruned", "groups", "others"},
        "dates": {"texts", "first", "last", "years"},
        "samples": {"author", "title", "label", "text", "clipped"},
    }
    assert set(keys["authors"]["groups"]) == group
    assert set(keys["lines_per_text"]["percentiles"]) == {"1", "5", "10", "25", "50", "75", "90", "95", "98", "99"}


def test_the_page_needs_nothing_but_itself() -> None:
    page = render(survey("poems", _texts()))
    own = re.sub(r"(?s)<script>.*?</script>", "", page)
    assert not re.search(r"""(?:src|href|url)\s*[=(]\s*["']?(?!x onerror)""", own)
    assert "default-src 'none'" in page
    assert len(page.encode()) < 100_000


def test_what_the_corpus_says_is_escaped() -> None:
    page = render(survey(EVIL, _texts()))
    assert page.count("<script") == 3
    assert "<img" not in re.sub(r"(?s)<script.*?</script>", "", page)
    assert "&lt;script&gt;window.bad = 1&lt;/script&gt;" in page
    assert '" onclick="window' not in page


@pytest.mark.parametrize("texts", [[Text("а")], [Text("?!")], [Text("а б"), Text("а б")], [Text("а\nб", author="в")]])
def test_the_smallest_corpora_have_a_page(texts: list[Text]) -> None:
    assert "</html>" in render(survey("small", texts))


def test_shares_that_round_to_nothing_are_drawn_by_their_characters() -> None:
    groups = [Group("а", 1, 1, 1, 4, 0.0), Group("б", 1, 1, 1, 1, 0.0)]
    table = Table(3_000_000, True, groups, Group("others", 9, 9, 9, 9_000_000, 1.0))  # noqa: FBT003  a record
    page = render(replace(survey("many", _texts()), authors=table))
    assert re.findall(r'class="n share" data-value="[0-9.]+" style="--share: ([0-9.]+)"', page)[:3] == [
        "1.0",
        "0.25",
        "1",
    ]


def test_an_empty_corpus_is_told_and_nothing_is_made(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    assert _describe(tmp_path / "empty.jsonl", tmp_path / "out") == f"{tmp_path / 'empty.jsonl'}: the corpus is empty"
    assert not (tmp_path / "out").exists()


def test_a_corpus_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    assert _describe(tmp_path / "none.txt", tmp_path / "out") == f"{tmp_path / 'none.txt'}: No such file or directory"
    (tmp_path / "bad.txt").write_bytes(b"a\n\xff\n")
    assert "bad.txt, line 2: not utf-8" in _describe(tmp_path / "bad.txt", tmp_path / "out", "--lines")


@pytest.mark.parametrize("inside", ["", "folder"])
def test_a_file_where_the_folder_should_be_is_told(tmp_path: Path, inside: str) -> None:
    (tmp_path / "out").write_text("mine", "utf-8")
    corpus = _write(tmp_path / "poems.jsonl", _texts())
    assert "this is a file, not a folder" in _describe(corpus, tmp_path / "out" / inside)
    assert (tmp_path / "out").read_text("utf-8") == "mine"


def test_a_report_stays_whole_when_the_next_one_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(survey("first", _texts()), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr(Path, "write_text", _full)
    with pytest.raises(OSError, match="No space"):
        write(survey("second", _texts()), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def _full(path: Path, text: str, *_: object, **__: object) -> int:
    path.write_bytes(text[: len(text) // 2].encode())
    raise OSError(28, "No space left on device", str(path))


def test_multiples_of_four_stand_out_and_the_last_bar_has_the_rest() -> None:
    counts = [*range(1, 9), *range(1, 9)] * 10
    lines = plots.shape(survey("poems", [Text("снег да лес\n" * n) for n in [*counts, 90]]))[0].chart
    looks = {bar.name: bar.look for bar in lines.bars}
    assert [name for name, look in looks.items() if look == "strong"] == ["4 lines", "8 lines"]
    assert looks["1 line"] == "weak"
    assert (lines.bars[-1].name, lines.bars[-1].look, lines.rest) == ("9 lines or more", "rest", "9+")
    assert lines.marks == [(5, "median 5")]


def test_each_year_has_its_bar() -> None:
    drawing = plots.years(survey("poems", _texts()))
    assert drawing
    assert {bar.name: bar.value for bar in drawing.chart.bars}["1901"] == 7
    assert [name for _, name in drawing.x.ticks()] == ["1900", "1902", "1904", "1906", "1908"]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    write(survey(f"poems {EVIL}", _texts()), folder)
    return (folder / "report.html").as_uri()


@pytest.fixture
def page(browser: Browser, report: str) -> Iterator[Page]:
    """Open the page as on a phone; nothing may go wrong unseen, and nothing may be fetched."""
    context = browser.new_context(viewport={"width": 360, "height": 780})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("request", lambda request: wrong.append(request.url) if request.url != report else None)
    page.goto(report)
    yield page
    context.close()
    assert wrong == []


@pytest.mark.browser
def test_every_plot_is_drawn(page: Page) -> None:
    names = ("lines-per-text", "words-per-text", "words-per-line", "characters-per-line", "growth", "years")
    for name in names:
        expect(page.locator(f"#plot-{name}").locator(".bar, polyline").last).to_be_visible()
    assert page.locator(".plot").count() == len(names)


@pytest.mark.browser
def test_bars_are_read_by_pointer_and_keyboard(page: Page) -> None:
    plot, tip = page.locator("#plot-lines-per-text"), page.locator("#plot-lines-per-text .tip")
    plot.hover(position={"x": 5, "y": 50})
    expect(tip.locator("strong")).to_have_text("1 line")
    page.mouse.move(1, 1)
    expect(tip).to_be_hidden()
    plot.press("Home")
    plot.press("ArrowRight")
    plot.press("ArrowRight")
    expect(plot.get_by_role("status")).to_have_text("4 lines: texts 20")
    plot.press("End")
    expect(tip.locator("strong")).to_have_text("12 lines")


@pytest.mark.browser
def test_scripts_in_texts_do_not_run(page: Page) -> None:
    expect(page.locator("h1")).to_have_text(f"poems {EVIL}")
    page.locator("h1").click()
    page.get_by_role("cell", name="<script>").first.click()
    assert page.evaluate("window.bad") is None
    assert page.locator("img").count() == 0


@pytest.mark.browser
def test_a_script_that_is_not_ours_would_not_run_either(browser: Browser, report: str) -> None:
    page = browser.new_page()
    page.goto(report)
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.bad = 1'}))")
    assert page.evaluate("window.bad") is None
    page.close()


@pytest.mark.browser
def test_a_phone_shows_it_without_scrolling_sideways(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.browser
def test_authors_are_sorted_by_any_column(page: Page) -> None:
    table = page.get_by_role("region", name="Authors")
    first = table.locator("tbody tr").first.locator("td")
    expect(table.get_by_role("columnheader", name="Characters")).to_have_attribute("aria-sort", "descending")
    table.get_by_role("button", name="Author").click()
    expect(table.get_by_role("columnheader", name="Author")).to_have_attribute("aria-sort", "ascending")
    expect(first.nth(0)).to_have_text(EVIL)
    table.get_by_role("button", name="Texts").click()
    expect(first.nth(1)).to_have_text("10")
    table.get_by_role("button", name="Texts").click()
    expect(first.nth(1)).to_have_text("1")
    expect(table.locator("[aria-sort]")).to_have_count(1)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_and_plots_follow_light_and_dark(page: Page, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    red = "Number(getComputedStyle(document.querySelector('{}')).{}.match(/\\d+/)[0])"
    assert (page.evaluate(red.format("body", "backgroundColor")) < 100) == (scheme == "dark")
    for shape, colour in (("growth .line polyline", "stroke"), ("years .bar", "fill")):
        assert (page.evaluate(red.format(f"#plot-{shape}", colour)) > 200) == (scheme == "dark")
