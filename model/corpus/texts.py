"""One text of a corpus, and its format on disk: one JSON object per line."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TextIO

from model.errors import ModelError
from model.text.normalise import line_ends


@dataclass(frozen=True)
class Text:
    """A text, with lines separated by newlines and stanzas by a blank line, and what is known of its origin."""

    text: str
    author: str = ""
    title: str = ""
    label: str = ""  # a class that the network may be given, such as the subreddit of a title
    url: str = ""  # where the text was found
    date: str = ""  # of publication, as ISO 8601


FIELDS = tuple(field.name for field in fields(Text))


def from_row(row: Mapping[str, Any], where: str) -> Text:
    """Create a text from named values, ignoring other names; `where` identifies the row in a ModelError."""
    text = row.get("text")
    if not isinstance(text, str) or not text.strip():
        raise ModelError(f'{where}: expected an object whose "text" is a string that is not empty')
    values = {name: str(row[name]) for name in FIELDS if row.get(name) is not None}
    try:
        "".join(values.values()).encode()
    except UnicodeEncodeError:
        # YouTokenToMe aborts the whole process if its input is not UTF-8.
        raise ModelError(f"{where}: the text contains half of a surrogate pair") from None
    return Text(**values | {"text": line_ends(text).removeprefix("\ufeff").strip("\n")})


def to_line(text: Text) -> str:
    """Return the text as a line of JSON, without empty fields."""
    return json.dumps({name: value for name, value in vars(text).items() if value}, ensure_ascii=False) + "\n"


def write_lines(file: TextIO, texts: Iterable[Text]) -> Counter[str]:
    """Write texts as JSON lines; return their counts."""
    counts = Counter(texts=0, lines=0, words=0, characters=0)
    for text in texts:
        file.write(to_line(text))
        counts += size(text.text)
    return counts


def size(text: str) -> Counter[str]:
    """Count one text's non-blank lines, space-separated words and characters."""
    lines = sum(map(bool, map(str.strip, text.split("\n"))))
    return Counter(texts=1, lines=lines, words=len(text.split()), characters=len(text))
