"""What is read from the pages of stihi.ru: the verse line by line, the day's list, and what is no poem."""

from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest

from model.corpus.collectors.fetching import Page
from model.corpus.collectors.markup import UnreadableError, decode
from model.corpus.collectors.stihi_pages import Address, DayList, look, read_list, read_poem
from model.corpus.texts import Text
from tests.model.corpus.collectors.sites import Asked
from tests.model.corpus.collectors.stihi_site import DAY, Poem, Stihi, poems, with_markup

SITE = "https://stihi.ru"
VERSE = """Ветер над рекою, и звезда горит.
Кто-то за горою тихо говорит:
скоро будет утро, скоро будет день,
и уйдёт из сада голубая тень."""


def page(site: Stihi, path: str, **query: str) -> Page:
    answer = site.answer(Asked("GET", path, query, {}, {}))
    return Page(answer.status, f"{SITE}{path}", answer.headers, answer.body)


def listed(site: Stihi, day: date) -> DayList | None:
    query = {"day": str(day.day), "month": str(day.month), "year": str(day.year)}
    return read_list(page(site, "/poems/list.html", **query), day)


def read(poem: Poem, **ways: str) -> Text | None:
    site = Stihi([poem])
    vars(site).update(ways)
    return read_poem(page(site, poem.address.path), poem.address, f"{SITE}{poem.address.path}")


def verse(markup: str) -> str:
    text = read(with_markup(7, markup, ""))
    assert text
    return text.text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("раз<br>\nдва<br>\nтри", "раз\nдва\nтри"),
        ("раз<br>два<br/>три<BR>\r\n", "раз\nдва\nтри"),
        ("раз\r\n<br>\r\nдва", "раз\nдва"),
        ("раз<br>\n<br>\nдва", "раз\n\nдва"),
        ("&nbsp;&nbsp;раз&nbsp;два &nbsp;<br>три", "  раз два\nтри"),
        ("&quot;раз&quot; &lt;два&gt; &#1103; &mdash; &amp;", '"раз" <два> я — &'),
        ("<b>раз</b> и <i>два<br>три</i>", "раз и два\nтри"),
        ("<p>раз</p>\n<p>два</p>", "раз\nдва"),
        ("раз\nдва\nтри", "раз\nдва\nтри"),
        ("раз<!-- два --><script>три()</script><br>четыре", "раз\nчетыре"),
        ("раз<div>два</div>три", "раз\nдва\nтри"),
        ('<div class="subtitle">Другу</div><div class="epigraph">чужое</div>раз<br>два', "раз\nдва"),
        ("раз &#55357; <br>\u2028два", "раз \ufffd\n\nдва"),
    ],
)
def test_lines_are_those_that_a_browser_shows(markup: str, text: str) -> None:
    assert verse(markup) == text


def test_all_that_is_known_of_a_poem_is_kept() -> None:
    poem = poems(DAY, [4310])[0]
    assert read(poem) == poem.kept(SITE)


@pytest.mark.parametrize(
    ("charset", "header", "meta"),
    [
        ("windows-1251", "text/html", ""),
        ("windows-1251", "text/html; charset=windows-1251", ""),
        ("windows-1251", 'text/html; charset="utf-8"', ""),
        ("windows-1251", "text/html; charset=ISO-8859-1", '<meta charset="koi8-r">'),
        ("windows-1251", "text/html; charset=nonsense", '<meta http-equiv="x" content="text/html; charset=zip">'),
        ("utf-8", "text/html; charset=windows-1251", ""),
        ("utf-8", "text/html", ""),
        ("koi8-r", "text/html", '<meta charset="koi8-r">'),
        ("koi8-r", "text/html; charset=koi8-r", '<meta charset="windows-1251">'),
        ("iso-8859-5", "text/html; charset=iso-8859-5", ""),
    ],
)
def test_the_charset_is_found(charset: str, header: str, meta: str) -> None:
    poem = poems(DAY, [12])[0]
    assert read(poem, charset=charset, header=header, meta=meta) == poem.kept(SITE)


@pytest.mark.parametrize("charset", ["utf-16", "koi8-r", "iso-8859-5", "cp866"])
def test_what_no_charset_makes_russian_is_not_taken_for_text(charset: str) -> None:
    with pytest.raises(UnreadableError, match="not Russian"):
        decode(Page(200, SITE, {"Content-Type": "text/html"}, (VERSE * 2).encode(charset)))


def test_a_damaged_page_in_utf_8_is_read_as_such() -> None:
    assert decode(Page(200, SITE, {}, VERSE.encode() + b"\xd0")) == f"{VERSE}\ufffd"


def test_a_poem_in_capitals_is_russian_too() -> None:
    assert verse(VERSE.upper() * 99)


def test_a_byte_that_is_of_no_charset_spoils_nothing_else() -> None:
    assert decode(Page(200, SITE, {}, VERSE.encode("cp1251") + b"\x98")) == f"{VERSE}\ufffd"


@pytest.mark.parametrize("missing", ["soft", "404"])
def test_a_missing_poem_is_none(missing: str) -> None:
    poem = poems(DAY, [5])[0]
    site = Stihi([])
    vars(site)["missing"] = missing
    assert read_poem(page(site, poem.address.path), poem.address, "") is None


@pytest.mark.parametrize("notice", ["Автор закрыл свою страницу", "Произведение снято с публикации модератором"])
def test_a_notice_instead_of_a_poem_is_none(notice: str) -> None:
    address = Address(DAY, 5)
    answer = Stihi([]).html(f"<h1>Стихи</h1><p>{notice}")
    assert read_poem(Page(200, SITE, {}, answer.body), address, "") is None


def test_a_poem_about_a_notice_is_a_poem() -> None:
    assert (
        verse("Автор закрыл свою страницу,<br>404: его здесь нет") == "Автор закрыл свою страницу,\n404: его здесь нет"
    )


@pytest.mark.parametrize(
    ("page_of", "why"),
    [
        ('<h1>Стих</h1><div class="verse">раз<br>два</div>', "no div.text"),
        ('<h1>Стих</h1><div class="text">раз<br>дв', "ends within"),
        ('<div class="text">раз</div><div class="copyright">№115030300006</div>', "of the poem №115030300006"),
        ("", "no div.text"),
    ],
)
def test_a_page_that_is_neither_is_told_from_both(page_of: str, why: str) -> None:
    with pytest.raises(UnreadableError, match=why):
        read_poem(Page(200, SITE, {}, page_of.encode("cp1251")), Address(DAY, 5), "")


def test_another_status_is_no_poem() -> None:
    poem = poems(DAY, [5])[0]
    living = page(Stihi([poem]), poem.address.path)
    with pytest.raises(UnreadableError, match="status 403"):
        read_poem(replace(living, status=403), poem.address, "")


def test_a_div_that_is_not_closed_does_not_take_in_what_is_below() -> None:
    body = '<div class="text">раз<br>два<div class="copyright">№115030300005</div><p>Рецензии</p></div>'
    text = read_poem(Page(200, SITE, {}, body.encode("cp1251")), Address(DAY, 5), "")
    assert text
    assert text.text == "раз\nдва"


@pytest.mark.parametrize("body", [b"\0" * 100, b"<![endif", b"<div" * 3_000, b"<div class=text>" * 20_000 + b"</div>"])
def test_no_bytes_break_the_reading(body: bytes) -> None:
    with suppress(UnreadableError):
        read_poem(Page(200, SITE, {}, body), Address(DAY, 5), "")


def test_the_list_tells_the_last_number_and_leaves_other_days_out() -> None:
    site = Stihi([*poems(DAY, range(1, 71)), *poems(date(2015, 3, 2), [99])])
    assert listed(site, DAY) == DayList(70, dash=False)


def test_the_list_tells_the_form_of_early_addresses() -> None:
    day = date(2007, 3, 3)
    assert listed(Stihi(poems(day, [3, 4], dash=True)), day) == DayList(4, dash=True)


def test_a_list_without_poems_tells_nothing() -> None:
    site = Stihi([])
    assert listed(site, DAY) is None
    site.has_lists = False
    assert listed(site, DAY) is None
    assert read_list(Page(200, SITE, {}, VERSE.encode("utf-16")), DAY) is None


def test_addresses_and_certificates() -> None:
    assert Address(date(2005, 4, 13), 741, dash=True).path == "/2005/04/13-741"
    assert Address(date(2005, 4, 13), 741).certificate == "105041300741"


def test_missing_pages_look_alike_and_poems_do_not() -> None:
    site = Stihi(poems(DAY, [5, 6]))
    site.missing = "silent"
    assert look(page(site, "/2015/03/03/8")) == look(page(site, "/2015/03/03/99999"))
    assert look(page(site, "/2015/03/03/5")) != look(page(site, "/2015/03/03/8"))
