"""A double of stihi.ru, after docs/sites.md. The verses are our own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from model.corpus.collectors.stihi_pages import Address
from model.corpus.texts import Text
from tests.model.corpus.collectors.sites import Answer, Asked, Site

DAY = date(2015, 3, 3)
_FRAME = """<html><head>{meta}<title>{title} / Стихи.ру</title></head><body>
<div id="container">Авторы Произведения Рецензии Поиск Магазин Вход для авторов О портале Правила
<div class="maintext"><index>{main}</index></div>
Портал даёт авторам возможность свободной публикации своих литературных произведений</div></body></html>"""
_POEM = """<h1>{title}</h1>
<div class="titleauthor"><em><a href="/avtor/{login}">{author}</a></em></div>
<div class="text">
{verse}
</div>
<div class="copyright">&copy; Copyright: <a href="/avtor/{login}">{author}</a>, {year}<br>
Свидетельство о публикации №{certificate} </div>
<p>Рецензии: <a href="/rec">Хорошо!</a> 03.03.2020 10:11</p>"""
_ITEM = (
    '<li><a href="{path}" class="poemlink">{title}</a> - <em><a href="/avtor/x" class="authorlink">Имя</a></em></li>'
)
Missing = Literal["soft", "404", "silent", "front"]


@dataclass(frozen=True)
class Poem:
    """One poem of the double, its markup and what must come of it."""

    address: Address
    markup: str = ""
    text: str = ""

    @property
    def title(self) -> str:
        return f"Стихотворение {self.address.number}"

    def kept(self, site: str) -> Text:
        """Return what a collection must hold of it."""
        text = self.text or f"ветер над рекою {self.address.number}\nи звезда горит\n\nночь светла"
        url = f"{site}{self.address.path}"
        return Text(text, "Анна Тестова", self.title, url=url, date=self.address.day.isoformat())

    def page(self) -> str:
        """Return the part of its page that is its own."""
        lines = self.kept("").text.split("\n")
        return _POEM.format(
            title=self.title, login="annatest", author="Анна Тестова", year=self.address.day.year,
            certificate=self.address.certificate, verse=self.markup or "<br>\n".join(lines),
        )  # fmt: skip


class Stihi(Site):
    """The site with chosen poems alive. Its ways can be changed at any time."""

    def __init__(self, poems: Iterable[Poem]) -> None:
        super().__init__()
        self.poems = {poem.address.path: poem for poem in poems}
        self.special: dict[str, Answer | Callable[[], Answer]] = {}  # by path
        self.missing: Missing = "soft"
        self.has_lists = True
        self.charset = "windows-1251"  # of the bytes
        self.header = "text/html"  # what is said of them
        self.meta = ""

    def kept(self) -> list[Text]:
        """Return what must be collected."""
        return [poem.kept(self.address) for poem in self.poems.values()]

    def answer(self, asked: Asked) -> Answer:
        special = self.special.get(asked.path)
        if special:
            return special() if callable(special) else special
        if asked.path in self.poems:
            poem = self.poems[asked.path]
            return self.html(poem.page(), poem.title)
        if asked.path == "/poems/list.html":
            return self._list(asked) if self.has_lists else self._nothing()
        if asked.path == "/":
            return self.html("<h1>Стихи.ру</h1><p>Новые произведения", "Стихи.ру")
        return self._nothing()

    def html(self, main: str, title: str = "", status: int = 200) -> Answer:
        """Make a page as the site encodes it."""
        page = _FRAME.format(main=main, title=title, meta=self.meta)
        return Answer(page.encode(self.charset, "xmlcharrefreplace"), status, {"Content-Type": self.header})

    def _nothing(self) -> Answer:
        if self.missing == "front":
            return Answer(status=302, headers={"Location": "/"})
        words = {"soft": "404: страница не найдена", "404": "Нет такой страницы", "silent": "Здесь ничего нет"}
        return self.html(f"<h1>{words[self.missing]}</h1>", "Стихи", 404 if self.missing == "404" else 200)

    def _list(self, asked: Asked) -> Answer:
        query = asked.query
        day = date(int(query["year"]), int(query["month"]), int(query["day"]))
        items = sorted((poem for poem in self.poems.values() if poem.address.day == day), key=_number, reverse=True)
        shown = "".join(_ITEM.format(path=poem.address.path, title=poem.title) for poem in items[:20])
        promoted = _ITEM.format(path="/2014/01/01/9303", title="Анонс")
        return self.html(
            f'<h1>Произведения</h1><b>Авторские анонсы</b><ul type="square">{promoted}</ul>'
            f'<p>Произведения в обратном порядке с {len(items)} по 1<ul type="square">{shown}</ul>'
        )


def poems(day: date, numbers: Iterable[int], *, dash: bool = False) -> list[Poem]:
    """Make plain poems for these numbers of a day."""
    return [Poem(Address(day, number, dash)) for number in numbers]


def with_markup(number: int, markup: str, text: str) -> Poem:
    """Make a poem whose markup says how its text must come out."""
    return replace(poems(DAY, [number])[0], markup=markup, text=text)


def _number(poem: Poem) -> int:
    return poem.address.number
