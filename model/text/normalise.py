"""Text as the network is to see it, the same for the corpus and for what users write."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from itertools import groupby

BREAK = "\ue000"  # YouTokenToMe reads a newline as a space, so a line break is this visible character
WORD_START = "\u2581"  # YouTokenToMe's own mark
MAX_MARKS = 30  # combining marks in a row, as in Unicode's stream-safe format: to sort more takes quadratic time

_LINE_ENDS = re.compile("\r\n|[\r\u0085\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")  # category Cc without the newline
_SPACES = re.compile(r"[^\S\n ][^\S\n]*| [^\S\n]+")  # all but single spaces, which are most of a text
_BLANK_LINES = re.compile(r"\n{3,}")
_MARKS = re.compile(f"[{BREAK}{WORD_START}]")
_DASH = re.compile(r"(?<!\S)(?:-{1,3}|[‐-―−])(?!\S)")
_LINE_START = re.compile(r"^[^\w\n]*\w", re.MULTILINE)
_QUOTES = str.maketrans(dict.fromkeys("“”„‟″", '"') | dict.fromkeys("‘’‚‛′", "'"))

_MAYBE_MARKS = re.compile(rf"[^\w\s\x00-\x7f]{{{MAX_MARKS + 1},}}")  # no letter is a mark, nor any of ASCII


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", _MAYBE_MARKS.sub(_few_marks, text))


def _few_marks(found: re.Match[str]) -> str:
    """Keep the first of the combining marks that stand in a row."""
    runs = groupby(found[0], lambda character: unicodedata.category(character).startswith("M"))
    return "".join(["".join(run)[: MAX_MARKS if marks else None] for marks, run in runs])


# Each takes a text and gives a text, the same again where it is done twice.
STEPS: dict[str, Callable[[str], str]] = {
    "nfc": _nfc,
    "dashes": lambda text: _DASH.sub("—", text).replace("…", "..."),
    "quotes": lambda text: text.translate(_QUOTES),
    # For verse, whose lines are printed with capitals: a word is then one word wherever it stands.
    "line_starts": lambda text: _LINE_START.sub(lambda found: found[0].lower(), text),
    "yo": lambda text: text.replace("ё", "е").replace("Ё", "Е"),
}

# Not one of STEPS: it leaves the text as it is read, and tells the tokenizer to turn it on its way to the network.
BACKWARDS = "backwards"
NAMES = (*STEPS, BACKWARDS)  # that a release may list under `normalisation`


def line_ends(text: str) -> str:
    """Make every kind of line end a newline."""
    return _LINE_ENDS.sub("\n", text)


def tidy(text: str) -> str:
    """Make control characters spaces, remove our own marks, and leave single spaces and single blank lines."""
    text = _SPACES.sub(" ", _MARKS.sub("", _CONTROL.sub(" ", line_ends(text))))
    text = "\n".join(map(str.strip, text.split("\n")))
    return _BLANK_LINES.sub("\n\n", text).strip("\n")


def normalise(text: str, steps: Iterable[str]) -> str:
    """Tidy `text` and apply the named steps in order, but for BACKWARDS. Unknown names raise KeyError."""
    text = tidy(text)
    for step in steps:
        if step != BACKWARDS:
            text = STEPS[step](text)
    return text


def turn(text: str) -> str:
    """Return `text` with the words of each line, which spaces part, in reverse order; turned twice it is the same."""
    return "\n".join(" ".join(reversed(line.split(" "))) for line in text.split("\n"))
