"""The pages of stihi.ru: URLs, the list of a day, a poem. What is known about them is in docs/sites.md."""

import re
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from urllib.parse import urlsplit

from bs4 import Tag

from model.corpus.collectors.fetching import Page
from model.corpus.collectors.markup import UnreadableError, lines, parse
from model.corpus.texts import Text

MAX_NUMBER = 99_999  # a certificate has five digits for the number
_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_NOTICES = ("404:", "Автор закрыл свою страницу", "Автор закрыл страницу", "снято с публикации")
_CERTIFICATE = re.compile(r"№\s*(\d{12})\b")
_BESIDE = ("subtitle", "epigraph")  # a dedication, an epigraph: not part of the poem
_BELOW = "copyright"


@dataclass(frozen=True)
class Address:
    """The address of a poem: its day, and its number on that day."""

    day: date
    number: int
    dash: bool = False  # early poems have a dash before the number, later ones a slash

    @property
    def path(self) -> str:
        """The path of its page."""
        return f"/{self.day:%Y/%m/%d}{'-' if self.dash else '/'}{self.number}"

    @property
    def certificate(self) -> str:
        """The number of the publication certificate on its page."""
        return f"1{self.day:%y%m%d}{self.number:05d}"


@dataclass(frozen=True)
class DayList:
    """The information in a day's list."""

    top: int  # the highest number in the list
    dash: bool


def list_parameters(day: date) -> dict[str, str | int]:
    """Return the query parameters of /poems/list.html for a day."""
    return {"day": f"{day:%d}", "month": f"{day:%m}", "year": day.year, "topic": "all"}


def read_list(page: Page, day: date) -> DayList | None:
    """Parse the list of a day; None if it has no poem of that day. It also lists poems of other days."""
    try:
        _, tree = parse(page)
    except UnreadableError:
        return None
    address = re.compile(rf"/{day:%Y/%m/%d}([-/])(\d{{1,5}})")
    found = [address.search(str(link.get("href", ""))) for link in tree.find_all("a", class_="poemlink")]
    links = [(link[1] == "-", int(link[2])) for link in found if link]
    if not links:
        return None
    return DayList(max(number for _, number in links), sum(dash for dash, _ in links) * 2 > len(links))


def read_poem(page: Page, address: Address, url: str) -> Text | None:
    """Parse a poem; None if the page says that there is none. UnreadableError if it is neither."""
    if page.status in _GONE:
        return None
    markup, tree = parse(page)
    body = tree.find("div", class_="text")
    if body is None and page.status == HTTPStatus.OK and any(notice in tree.get_text(" ") for notice in _NOTICES):
        return None
    if page.status != HTTPStatus.OK or body is None:
        raise UnreadableError(f"status {page.status}" if page.status != HTTPStatus.OK else "no div.text")
    _check(markup, body, address)
    author, title = tree.find(class_="titleauthor"), tree.find("h1")
    return Text(lines(body, _BESIDE, _BELOW), _line(author), _line(title), url=url, date=address.day.isoformat())


def look(page: Page) -> tuple[object, ...]:
    """Return what pages without a poem have in common: the status, the headings, or the target of the redirect."""
    path = urlsplit(page.url).path
    if not re.fullmatch(r"/\d{4}/\d\d/\d\d[-/]\d+", path):
        return page.status, path
    try:
        _, tree = parse(page)
    except UnreadableError:
        return page.status, None
    return page.status, *(re.sub(r"\d+", "0", _line(heading)) for heading in tree.find_all(["title", "h1"]))


def _check(markup: str, body: Tag, address: Address) -> None:
    """Raise UnreadableError if the page is truncated or belongs to another poem."""
    below = body.find_next(class_=_BELOW)
    if below is None and not re.search("</(?:body|html)", markup, re.IGNORECASE):
        raise UnreadableError("it ends within the poem")
    certificate = _CERTIFICATE.search(below.get_text(" ")) if below else None
    if certificate and certificate[1] != address.certificate:
        raise UnreadableError(f"it is of the poem №{certificate[1]}")


def _line(element: Tag | None) -> str:
    return " ".join(element.get_text(" ").split()) if element else ""
