"""What a text loses by tokenisation: the corrections needed to recover it from its tokens."""

from collections.abc import Sequence
from itertools import zip_longest
from operator import ne

from model.text.normalise import line_ends, tidy
from model.text.poem import lay_out
from model.text.sampling import Stop
from model.text.tokens import Tokenizer

LOST_CHARACTER_BITS = 16  # the cost of correcting a character that the tokens do not recover
REACH = 24  # characters within which two versions of a line must realign


def lost_characters(tokenizer: Tokenizer, texts: Sequence[str], *, capital_lines: bool) -> int:
    """Count the corrections needed to recover the texts from their tokens.

    With `capital_lines` the decoded texts are compared with and without capitalised lines, and the better result for
    all texts together counts: a release that preserves case does not need the capitals.
    """
    back = [_back(tokenizer, text) for text in texts]
    plain = sum(map(mending, texts, back))
    return min(plain, sum(map(mending, texts, map(_with_capitals, back)))) if capital_lines else plain


def printed(tokenizer: Tokenizer, text: str, *, capital_lines: bool) -> str:
    """Return `text` as it is printed after encoding and decoding."""
    return lay_out("", _back(tokenizer, text), Stop.EOS, max_chars=None, capital_lines=capital_lines).text


def mending(original: str, back: str) -> int:
    """Count the characters of `original` that are not recovered at their positions in `back`.

    A place where `back` has extra characters and none is missing counts as one. Positions matter: a space lost in one
    place is not offset by an extra one elsewhere, nor one capital by another. Lines are paired in order, and the lines
    of a pair are aligned from the left; where that is not optimal, the count is too high, never too low.
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
    return "\n".join(lines)  # line by line, because lay_out would drop blank lines at the ends


def _without_spare_lines(lines: list[str]) -> list[str]:
    """Drop the blank lines that normalising drops: those at the ends, and all but one in a row."""
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
    """Return the fewest characters to skip in each until the two match again; if they never do, all is missing."""
    at_ends = len(original) < REACH and len(back) < REACH  # then two empty remainders match
    for total in range(1, len(original) + len(back) + at_ends):
        for missing in range(max(0, total - len(back)), min(total, len(original)) + 1):
            sure = 1 if missing == total - missing == 1 else 2  # a single substitution is the most common case
            if original[missing : missing + sure] == back[total - missing : total - missing + sure]:
                return missing, total - missing
    return (len(original), 0) if original else (0, len(back))
