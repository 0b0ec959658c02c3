"""Text normalisation, the same for the corpus and for users' prompts."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from itertools import groupby

BREAK = "\ue000"  # YouTokenToMe reads a newline as a space, so a line break is this visible character
WORD_START = "\u2581"  # YouTokenToMe's own mark
MAX_MARKS = 30  # combining marks in a row, as in Unicode's stream-safe format: sorting more takes quadratic time

_LINE_ENDS = re.compile("\r\n|[\r\u0085\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")  # category Cc without the newline
_SPACES = re.compile(r"[^\S\n ][^\S\n]*| [^\S\n]+")  # skips single spaces, by far the most common case
_BLANK_LINES = re.compile(r"\n{3,}")
_MARKS = re.compile(f"[{BREAK}{WORD_START}]")
_DASH = re.compile(r"(?<!\S)(?:-{1,3}|[‐-―−])(?!\S)")
_LINE_START = re.compile(r"^[^\w\n]*\w", re.MULTILINE)
_QUOTES = str.maketrans(dict.fromkeys("“”„‟″", '"') | dict.fromkeys("‘’‚‛′", "'"))

_MAYBE_MARKS = re.compile(rf"[^\w\s\x00-\x7f]{{{MAX_MARKS + 1},}}")  # marks are neither letters nor ASCII


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", _MAYBE_MARKS.sub(_few_marks, text))


def _few_marks(found: re.Match[str]) -> str:
    """Keep the first MAX_MARKS of a run of combining marks."""
    runs = groupby(found[0], lambda character: unicodedata.category(character).startswith("M"))
    return "".join(["".join(run)[: MAX_MARKS if marks else None] for marks, run in runs])


# Each maps a text to a text, and applying it twice changes nothing more.
STEPS: dict[str, Callable[[str], str]] = {
    "nfc": _nfc,
    "dashes": lambda text: _DASH.sub("—", text).replace("…", "..."),
    "quotes": lambda text: text.translate(_QUOTES),
    # For verse whose lines begin with capitals: a word is then the same token at the start of a line and within it.
    "line_starts": lambda text: _LINE_START.sub(lambda found: found[0].lower(), text),
    "yo": lambda text: text.replace("ё", "е").replace("Ё", "Е"),
}

# Not one of STEPS: it leaves the text alone, and tells the tokenizer to reverse the words of each line when encoding.
BACKWARDS = "backwards"
NAMES = (*STEPS, BACKWARDS)  # what a release may list under `normalisation`


def line_ends(text: str) -> str:
    """Replace every kind of line ending by a newline."""
    return _LINE_ENDS.sub("\n", text)


def tidy(text: str) -> str:
    """Replace control characters by spaces, remove our own marks, and collapse runs of spaces and of blank lines."""
    text = _SPACES.sub(" ", _MARKS.sub("", _CONTROL.sub(" ", line_ends(text))))
    text = "\n".join(map(str.strip, text.split("\n")))
    return _BLANK_LINES.sub("\n\n", text).strip("\n")


def normalise(text: str, steps: Iterable[str]) -> str:
    """Tidy `text` and apply the named steps in order, except BACKWARDS. Unknown names raise KeyError."""
    text = tidy(text)
    for step in steps:
        if step != BACKWARDS:
            text = STEPS[step](text)
    return text


def turn(text: str) -> str:
    """Return `text` with the space-separated words of each line in reverse order; the function is its own inverse."""
    return "\n".join(" ".join(reversed(line.split(" "))) for line in text.split("\n"))
