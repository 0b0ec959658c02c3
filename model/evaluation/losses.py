"""What a text loses on its way to the network and back: what a reader of the tokens would have to mend."""

from collections.abc import Sequence
from itertools import zip_longest
from operator import ne

from model.text.normalise import line_ends, tidy
from model.text.poem import lay_out
from model.text.sampling import Stop
from model.text.tokens import Tokenizer

LOST_CHARACTER_BITS = 16  # what it costs to mend a character that is not got back from the tokens
REACH = 24  # characters, within which two printings of a line find together again


def lost_characters(tokenizer: Tokenizer, texts: Sequence[str], *, capital_lines: bool) -> int:
    """Count what is to be mended in the texts as they come back from their tokens.

    Where lines are printed with capitals, the tokens are read with or without these, whichever serves all the texts
    better: a release that keeps the case of letters has no need of them.
    """
    back = [_back(tokenizer, text) for text in texts]
    plain = sum(map(mending, texts, back))
    return min(plain, sum(map(mending, texts, map(_with_capitals, back)))) if capital_lines else plain


def printed(tokenizer: Tokenizer, text: str, *, capital_lines: bool) -> str:
    """Return `text` as it is printed by one who has nothing but its tokens."""
    return lay_out("", _back(tokenizer, text), Stop.EOS, max_chars=None, capital_lines=capital_lines).text


def mending(original: str, back: str) -> int:
    """Count the characters of `original` that are not got back in their places in `back`.

    A place where `back` has more, and nothing is missing, counts as one character. Characters are not counted as a
    bag: a space that is lost here is not made good by one too many there, nor a capital by another. Lines are paired
    in their order, and those of a pair compared from the left; where that is not the best way, more is counted, never
    less.
    """
    original = line_ends(original)
    if original == back:
        return 0
    lines, back_lines = original.split("\n"), back.split("\n")
    kept = lines if len(lines) == len(back_lines) else _without_spare_lines(lines)
    spare = sum(map(len, lines)) - sum(map(len, kept)) + abs(len(lines) - len(back_lines))
    return spare + sum(_line(*pair) for pair in zip_longest(kept, back_lines, fillvalue=""))


def _back(tokenizer: Tokenizer, text: str) -> str:
    return tokenizer.decode(tokenizer.encode(tokenizer.normalise(text)))


def _with_capitals(text: str) -> str:
    lines = (lay_out("", line, Stop.EOS, max_chars=None, capital_lines=True).text for line in text.split("\n"))
    return "\n".join(lines)  # blank lines at the ends too, which lay_out would leave out


def _without_spare_lines(lines: list[str]) -> list[str]:
    """Leave out the blank lines that normalising leaves out: at the ends, and all but one in a row."""
    kept: list[str] = []
    for line in lines:
        if tidy(line) or (kept and tidy(kept[-1])):
            kept.append(line)
    return kept[:-1] if kept and not tidy(kept[-1]) else kept


def _line(original: str, back: str) -> int:
    if original == back:
        return 0
    walked = _walk(original, back)
    return walked if len(original) != len(back) else min(walked, sum(map(ne, original, back)))


def _walk(original: str, back: str) -> int:
    count = i = j = 0
    while i < len(original) or j < len(back):
        if original[i : i + 1] == back[j : j + 1]:
            i, j = i + 1, j + 1
        else:
            missing, extra = _gap(original[i : i + REACH], back[j : j + REACH])
            count, i, j = count + max(missing, 1), i + missing, j + extra
    return count


def _gap(original: str, back: str) -> tuple[int, int]:
    """Say after how many characters of each, as few as can be, the two go on alike; if they do not, all is missing."""
    at_ends = len(original) < REACH and len(back) < REACH  # where having nothing left is to go on alike
    for total in range(1, len(original) + len(back) + at_ends):
        for missing in range(max(0, total - len(back)), min(total, len(original)) + 1):
            sure = 1 if missing == total - missing == 1 else 2  # one letter in place of another is the usual thing
            if original[missing : missing + sure] == back[total - missing : total - missing + sure]:
                return missing, total - missing
    return (len(original), 0) if original else (0, len(back))
