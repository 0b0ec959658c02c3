"""Steps that remove what stands around a text and is none of it: headers, dates, stage directions, mark-up.

Every pattern is bounded or moves on with each character, so that no text takes more than linear time.
"""

import re
from collections.abc import Callable

from model.corpus.cleaning.steps.lines import join, without

_LINE = re.MULTILINE | re.IGNORECASE
_SPEECH = re.compile(r"^[^\w\n]*speech[^\S\n]+\d{1,4}[^\w\n]*$", _LINE)
_BUGURT = re.compile(r"^[^\w\n]*(?:нейро)?бугурт[ —–-]{0,3}тред[^\w\n]*$", _LINE)
_LINE_MARK = re.compile(r"^[^\S\n]*@[^\S\n]*$", re.MULTILINE)
_MENTION = re.compile(r"\[(?:id|club|public|event)\d{1,20}\|([^\[\]\n]*)\]")
_HASHTAG = re.compile(r"[^\S\n]?(?<![\w&])#(?!\d+\b)\w+(?:@\w+)?")

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?|январ[ья]|феврал[ья]|марта?|апрел[ья]|ма[йя]|июн[ья]|июл[ья]|августа?|сентябр[ья]|"
    r"октябр[ья]|ноябр[ья]|декабр[ья])\.?"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:1[5-9]|20)\d\d"
_DATE = re.compile(
    rf"^[^\w\n]*(?:\d{{4}}-\d\d-\d\d|\d{{1,2}}[./-]\d{{1,2}}[./-](?:{_YEAR}|\d\d)|{_DAY} {_MONTH}(?:,? {_YEAR})?|"
    rf"{_MONTH} {_DAY}(?:,? {_YEAR})?|(?:{_MONTH},? )?{_YEAR})(?: ?(?:г|года?))?[^\w\n]*$",
    _LINE,
)

_BRACKETS = re.compile(r"[^\S\n]?(?:\[([^\[\]\n]{1,60})\]|\(([^()\n]{1,60})\))")
_WORD = re.compile(r"[^\W_]+")
# What a room does, or a transcriber notes. A bracket is a mark when it holds one of these and only words of both sets.
_SOUNDS = frozenset(
    _WORD.findall(
        "applause applauds applauding laughter laughs laughing cheers cheering boos booing chanting chants crosstalk "
        "silence shouting shouts whistling whistles inaudible unintelligible indiscernible mike ph sic music "
        "interrupted pointing "
        "аплодисменты аплодирует аплодируют овация овации смех смеется смеётся смеются шум крики оживление музыка "
        "неразборчиво"
    )
)
_COMPANY = frozenset(
    _WORD.findall(
        "a again all and at audience begins by continues crowd from in loud member members mixed more off of prolonged "
        "protester protesters response room rises some standing sustained the to with "
        "бурные в все встают долгие зал зала зале и из на не переходящие продолжительные с"
    )
)
_CSV_FIELD = re.compile(r'"((?:[^"\n]|"")*)"')


def speech_headers(text: str) -> str | None:
    """Leave out lines such as `SPEECH 1`."""
    return without(_SPEECH.search, text)


def bugurt_headers(text: str) -> str | None:
    """Leave out lines such as `БУГУРТ-ТРЕД`."""
    return without(_BUGURT.search, text)


def line_marks(text: str) -> str | None:
    """Leave out the lines of a bugurt that hold only `@`: a file's are gone already if read so."""
    return without(_LINE_MARK.search, text)


def dates(text: str) -> str | None:
    """Leave out lines that hold a date and nothing else. A date within a sentence stays."""
    return without(_DATE.search, text)


def room_marks(text: str) -> str | None:
    """Remove marks such as [laughter] and (applause); other brackets hold what was said, and stay."""
    return _replaced(_BRACKETS, lambda found: "" if _is_mark(found[1] or found[2]) else found[0], text)


def _is_mark(content: str) -> bool:
    words = _WORD.findall(content.lower())
    return not _SOUNDS.isdisjoint(words) and (_SOUNDS | _COMPANY).issuperset(words)


def mentions(text: str) -> str | None:
    """Leave the name alone of a wall's mention, `[id1|Name]`."""
    return _replaced(_MENTION, lambda found: found[1], text)


def hashtags(text: str) -> str | None:
    """Remove hashtags, which are no part of a post's plot. A number such as #1 is none."""
    return _replaced(_HASHTAG, lambda _: "", text)


def csv_quotes(text: str) -> str | None:
    """Take off the quotes of a field that was quoted for CSV and then read as a line.

    Only where a writer of CSV had to set them, for a comma or a quote within; else they are the author's.
    """
    field = _CSV_FIELD.fullmatch(text)
    if field is None or not ("," in field[1] or '""' in field[1]):
        return text
    return join([field[1].replace('""', '"')])


def _replaced(pattern: re.Pattern[str], by: Callable[[re.Match[str]], str], text: str) -> str | None:
    """Replace what the pattern finds, trim the lines where it did, and leave out those that it emptied."""
    if not pattern.search(text):
        return text
    lines = ((line, pattern.sub(by, line)) for line in text.split("\n"))
    return join(line if new == line else new.strip() for line, new in lines if new == line or new.strip())
