"""From the bytes of a page to the lines that a reader sees."""

import codecs
import re
import warnings
from collections.abc import Collection, Iterator
from contextlib import suppress
from email.message import Message
from itertools import takewhile

from bs4 import BeautifulSoup, Tag, UnusualUsageWarning
from bs4.element import NavigableString
from bs4.exceptions import ParserRejectedMarkup

from model.corpus.collectors.fetching import Page
from model.text.normalise import line_ends

_BLOCKS = {"p", "div", "li", "tr", "blockquote", "h1", "h2", "h3"}
_CYRILLIC = ["cp1251", "utf-8"]  # tried regardless of what the page declares
_CHARSETS = {*_CYRILLIC, "koi8-r", "koi8-u", "iso8859-5", "cp866", "mac-cyrillic", "iso8859-1", "cp1252"}
_META = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w-]{1,40})""", re.IGNORECASE)
MAX_PARSED = 2**19  # bytes; the page of a poem has about a tenth of that
# html.parser rescans to the end for each unclosed construct, so keep only complete, short tags.
_DROPPED = re.compile(
    r"<!--(?:-?>|.*?(?:-->|\Z))|<(script|style)\b.*?(?:</\1\s{0,9}>|\Z)|<[!?][^>]*(?:>|\Z)", re.IGNORECASE | re.DOTALL
)
_LOOSE = re.compile(r"<(?!/?[a-zA-Z][^<>]{0,1000}>)")
_BREAK, _EDGE, _STOP = "\n", "\v", "\0"  # a line break, a block boundary, the start of the part to cut
_HEAD = 4096  # bytes in which a page may declare its charset
_ENOUGH = 100  # letters needed to decide
_FREQUENT = "оеаинтлв"  # without р and с, which are frequent in UTF-8 misread as windows-1251
_RUSSIAN = 0.4  # minimum share of frequent letters: Russian has 0.54, text in a wrong charset at most 0.31


class UnreadableError(Exception):
    """A page that cannot be parsed; the message says why."""


def parse(page: Page) -> tuple[str, BeautifulSoup]:
    """Return the markup of a page, and its parse tree."""
    if len(page.body) > MAX_PARSED:
        raise UnreadableError(f"it is longer than {MAX_PARSED:,} bytes")
    markup = _LOOSE.sub("&lt;", _DROPPED.sub("", decode(page)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnusualUsageWarning)
            return markup, BeautifulSoup(markup, "html.parser")
    except (ParserRejectedMarkup, RecursionError):
        raise UnreadableError("its markup cannot be parsed") from None


def decode(page: Page) -> str:
    """Decode a Russian page. A declared charset is used only if the result is Russian."""
    try:
        return page.body.decode("utf-8-sig")  # text in another charset is hardly ever valid UTF-8
    except UnicodeDecodeError:
        names = [name for name in (*_declared(page), *_CYRILLIC) if name in _CHARSETS]
    best = max((page.body.decode(name, "replace") for name in names), key=_russian)
    if "\0" in best or (_russian(best) < _RUSSIAN and len(_foreign(best)) >= _ENOUGH):
        raise UnreadableError(f"it is not Russian in {', '.join(dict.fromkeys(names))}")
    return best


def lines(element: Tag, beside: Collection[str] = (), below: str = "") -> str:
    """Return the text of an element with line breaks as a browser shows them, and no-break spaces as spaces.

    Elements of the classes `beside` are omitted, and everything from the first element of the class `below` on.
    """
    try:
        pieces = list(takewhile(lambda piece: piece is not _STOP, _pieces(element, beside, below)))
    except RecursionError:
        raise UnreadableError("its tags are nested too deeply") from None
    if any(type(piece) is str for piece in pieces):  # otherwise the only line breaks are those of the source
        pieces = [piece if type(piece) is str else re.sub(r"[ \t\r\n\f]+", " ", piece) for piece in pieces]
    text = "".join(line.strip(" ") for line in re.split(r"([\n\v])", "".join(pieces)))
    text = re.sub(r"\n?\v+", "\n", text)  # one break, however many boundaries meet
    text = line_ends(text.replace("\xa0", " "))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def _pieces(element: Tag, beside: Collection[str], below: str) -> Iterator[str]:
    """Yield the strings of an element with markers between them."""
    for child in element.children:
        if isinstance(child, Tag):
            yield from _marked(child, beside, below)
        elif type(child) is NavigableString:  # not a comment or a script
            yield child


def _marked(child: Tag, beside: Collection[str], below: str) -> Iterator[str]:
    classes = child.get("class") or ()
    if below in classes:
        yield _STOP
    if any(name in beside for name in classes):
        return
    if child.name == "br":
        yield _BREAK
    if child.name in _BLOCKS:
        yield _EDGE
    yield from _pieces(child, beside, below)
    if child.name in _BLOCKS:
        yield _EDGE


def _declared(page: Page) -> Iterator[str]:
    """Yield the charsets that the header and the markup declare, by their Python names."""
    header = Message()
    header["Content-Type"] = page.headers.get("Content-Type", "")
    meta = _META.search(page.body[:_HEAD])
    for name in (header.get_content_charset(), meta and meta[1].decode()):
        with suppress(LookupError):
            yield codecs.lookup(name or "").name


def _foreign(text: str) -> list[str]:
    """Return the letters that are not ASCII, and the replacements for undecodable bytes."""
    return [letter for letter in text if letter == "\ufffd" or (letter > "\x7f" and letter.isalpha())]


def _russian(text: str) -> float:
    """Return the share of frequent Russian letters among the non-ASCII ones; a wrong charset yields rare letters."""
    letters = _foreign(text)
    return sum(letter.lower() in _FREQUENT for letter in letters) / max(1, len(letters))
