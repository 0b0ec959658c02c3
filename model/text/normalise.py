"""Text as the network is to see it, the same for the corpus and for what users write."""

import re
import unicodedata
from collections.abc import Callable, Iterable

BREAK = "\ue000"  # YouTokenToMe reads a newline as a space, so a line break is this visible character
WORD_START = "\u2581"  # YouTokenToMe's own mark

_LINE_ENDS = re.compile("\r\n|[\r\u0085\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_MARKS = str.maketrans("", "", BREAK + WORD_START)
_DASH = re.compile(r"(?<!\S)(?:-{1,3}|[‐-―−])(?!\S)")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟″", '"') | dict.fromkeys("‘’‚‛′", "'"))
_YO = str.maketrans("ёЁ", "еЕ")

# The names that a release may list under `normalisation`; each takes a text and gives a text.
STEPS: dict[str, Callable[[str], str]] = {
    "nfc": lambda text: unicodedata.normalize("NFC", text),
    "dashes": lambda text: _DASH.sub("—", text).replace("…", "..."),
    "quotes": lambda text: text.translate(_QUOTES),
    "yo": lambda text: text.translate(_YO),
}


def line_ends(text: str) -> str:
    """Make every kind of line end a newline."""
    return _LINE_ENDS.sub("\n", text)


def tidy(text: str) -> str:
    """Make control characters spaces, remove our own marks, and leave single spaces and single blank lines."""
    text = "".join(" " if unicodedata.category(c) == "Cc" and c != "\n" else c for c in line_ends(text))
    text = _SPACES.sub(" ", text.translate(_MARKS))
    lines = (line.strip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")


def normalise(text: str, steps: Iterable[str]) -> str:
    """Tidy `text` and apply the named steps in order. Unknown names raise KeyError."""
    text = tidy(text)
    for step in steps:
        text = STEPS[step](text)
    return text
