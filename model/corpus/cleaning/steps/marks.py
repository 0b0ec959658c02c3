"""Steps that remove what surrounds a text but is not part of it: headers, dates, stage directions, mark-up.

Every pattern is bounded or advances with each character, so the time is linear in the text's length.
"""

import re
from collections.abc import Callable

from model.corpus.cleaning.steps.lines import join, without

_LINE = re.MULTILINE | re.IGNORECASE
_SPEECH = re.compile(r"^[^\w\n]*speech[^\S\n]+\d{1,4}[^\w\n]*$", _LINE)
_BUGURT = re.compile(r"^[^\w\n]*(?:нейро)?бугурт[ —–-]{0,3}тред[^\w\n]*$", _LINE)
_LINE_MARK = re.compile(r"^[^\S\n]*@[^\S\n]*$", re.MULTILINE)
_MENTION = re.compile(
    r"\[(?:(?:id|club|public|event)\d{1,20}(?::bp-?\d{1,20}_\d{1,20})?|https?://[^\s|\[\]]{1,500})\|([^\[\]\n]*)\]"
)
_HASHTAG = re.compile(r"[^\S\n]?(?<![\w&])#(?!\d+\b)\w+(?:-\w+)*(?:@\w+)?")

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?|январ[ья]|феврал[ья]|марта?|апрел[ья]|ма[йя]|июн[ья]|июл[ья]|августа?|сентябр[ья]|"
    r"октябр[ья]|ноябр[ья]|декабр[ья])\.?"
)
_WEEKDAY = (
    r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?|понедельник|вторник|среда|четверг|пятница|"
    r"суббота|воскресенье)"
)
_NAME = r"(?-i:[A-ZА-ЯЁ])[\w.'-]{0,20}"
_PLACE = rf", ?{_NAME}(?:,? {_NAME}){{0,2}}"  # New York, NY: a sentence would have lower-case words in between
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:1[5-9]|20)\d\d"
_DATE = re.compile(
    rf"^[^\w\n]*(?:{_WEEKDAY},? )?(?:\d{{4}}-\d\d-\d\d|\d{{1,2}}[./-]\d{{1,2}}[./-](?:{_YEAR}|\d\d)|"
    rf"{_DAY} {_MONTH}(?:,? {_YEAR})?|{_MONTH} {_DAY}(?:,? {_YEAR})?|"
    rf"(?:{_MONTH},? )?{_YEAR})(?: ?(?:г\b\.?|года?))?(?:{_PLACE})?[^\w\n]*$",
    _LINE,
)

_BRACKETS = re.compile(
    r"(?P<gap>[^\S\n]|(?<=[\w\])]))?(?:\[(?P<square>[^\[\]\n]{1,60})\]|\((?P<round>[^()\n]{1,60})\))(?=(?P<word>\w)?)"
)
_WORD = re.compile(r"[^\W_]+")
# Audience reactions and transcribers' notes. A bracket is a mark if it has one of these and only words of both sets.
_SOUNDS = frozenset(
    _WORD.findall(
        "applause applauds applauding laughter laughs laughing cheers cheering boos booing chanting chants crosstalk "
        "silence shouting shouts whistling whistles inaudible unintelligible indiscernible ph sic music "
        "interrupted pointing "
        "аплодисменты аплодирует аплодируют овация овации смех смеется смеётся смеются шум крики оживление музыка "
        "неразборчиво"
    )
)
_COMPANY = frozenset(
    _WORD.findall(
        "a again all and at audience begins by continues crowd from in loud member members mike mixed more off of "
        "prolonged protester protesters response room rises some speaking standing sustained the to with "
        "бурные в все встают долгие зал зала зале и из на не переходящие продолжительные с"
    )
)
_OFF_MIKE = frozenset({"off", "mike"})  # "Mike" alone is a name


def speech_headers(text: str) -> str | None:
    """Drop lines such as `SPEECH 1`."""
    return without(_SPEECH.search, text)


def bugurt_headers(text: str) -> str | None:
    """Drop lines such as `БУГУРТ-ТРЕД`."""
    return without(_BUGURT.search, text)


def line_marks(text: str) -> str | None:
    """Drop lines with only `@`, which separate the lines of a bugurt; --line-mark removes them when reading."""
    return without(_LINE_MARK.search, text)


def dates(text: str) -> str | None:
    """Drop lines that consist of a date, possibly with a weekday or a place. A date within a sentence is kept."""
    return without(_DATE.search, text)


def room_marks(text: str) -> str | None:
    """Remove marks such as [laughter] and (applause); brackets with other contents are kept."""
    return _replaced(_BRACKETS, _unmarked, text)


def _unmarked(found: re.Match[str]) -> str:
    """Return a bracket unchanged unless it is a mark; a mark between words becomes a space."""
    if not _is_mark(found["square"] or found["round"]):
        return found[0]
    return " " if found["gap"] is not None and found["word"] else ""


def _is_mark(content: str) -> bool:
    words = _WORD.findall(content.lower())
    sounds = not _SOUNDS.isdisjoint(words) or _OFF_MIKE.issubset(words)
    return sounds and (_SOUNDS | _COMPANY).issuperset(words)


def mentions(text: str) -> str | None:
    """Reduce a mention on a VK wall, `[id1|Name]`, to the name."""
    return _replaced(_MENTION, lambda found: found[1], text)


def hashtags(text: str) -> str | None:
    """Remove hashtags, which are not part of a post's story. A number such as #1 is not a hashtag."""
    return _replaced(_HASHTAG, lambda _: "", text)


def _replaced(pattern: re.Pattern[str], by: Callable[[re.Match[str]], str], text: str) -> str | None:
    """Replace what the pattern matches, strip the changed lines, and drop those left empty."""
    if not pattern.search(text):
        return text
    lines = ((line, pattern.sub(by, line)) for line in text.split("\n"))
    return join(line if new == line else new.strip() for line, new in lines if new == line or new.strip())
