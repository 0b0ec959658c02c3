"""Text as the network is to see it, the same for the corpus and for what users write."""

import re
import unicodedata
from collections.abc import Callable, Iterable

BREAK = "\ue000"  # YouTokenToMe reads a newline as a space, so a line break is this visible character
WORD_START = "\u2581"  # YouTokenToMe's own mark

_LINE_ENDS = re.compile("\r\n|[\r\u0085\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")  # category Cc without the newline
_SPACES = re.compile(r"[^\S\n ][^\S\n]*| [^\S\n]+")  # all but single spaces, which are most of a text
_BLANK_LINES = re.compile(r"\n{3,}")
_MARKS = re.compile(f"[{BREAK}{WORD_START}]")
_DASH = re.compile(r"(?<!\S)(?:-{1,3}|[‐-―−])(?!\S)")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟″", '"') | dict.fromkeys("‘’‚‛′", "'"))

# The names that a release may list under `normalisation`; each takes a text and gives a text.
STEPS: dict[str, Callable[[str], str]] = {
    "nfc": lambda text: unicodedata.normalize("NFC", text),
    "dashes": lambda text: _DASH.sub("—", text).replace("…", "..."),
    "quotes": lambda text: text.translate(_QUOTES),
    "yo": lambda text: text.replace("ё", "е").replace("Ё", "Е"),
}


def line_ends(text: str) -> str:
    """Make every kind of line end a newline."""
    return _LINE_ENDS.sub("\n", text)


def tidy(text: str) -> str:
    """Make control characters spaces, remove our own marks, and leave single spaces and single blank lines."""
    text = _SPACES.sub(" ", _MARKS.sub("", _CONTROL.sub(" ", line_ends(text))))
    text = "\n".join(map(str.strip, text.split("\n")))
    return _BLANK_LINES.sub("\n\n", text).strip("\n")


def normalise(text: str, steps: Iterable[str]) -> str:
    """Tidy `text` and apply the named steps in order. Unknown names raise KeyError."""
    text = tidy(text)
    for step in steps:
        text = STEPS[step](text)
    return text
