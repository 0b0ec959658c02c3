"""From generated tokens to the lines that a reader gets."""

from collections.abc import Sequence
from dataclasses import dataclass

from model.text.normalise import line_ends
from model.text.release import TextRelease
from model.text.sampling import Stop


@dataclass(frozen=True)
class Poem:
    """A finished poem. `lines` opens with the prompt's own; `truncated` when a bound ended it, not the network."""

    lines: list[str]
    truncated: bool

    @property
    def text(self) -> str:
        """The lines, joined by newlines."""
        return "\n".join(self.lines)


def opening(prompt: str) -> str:
    """Return the user's own text as it opens the poem: as it was written, trailing white space aside."""
    return line_ends(prompt).rstrip()


def compose(
    release: TextRelease, prompt: str, read: Sequence[int], generated: str, stop: Stop, max_chars: int | None
) -> Poem:
    """Make the poem of a prompt, of which the network read the tokens `read`, and of the text that goes on after them.

    The text is `release.tokenizer.decode(tokens, read)`: its first word is spaced as it follows the prompt's last.
    """
    # What goes on from nothing, the whole prompt being unknown, is a text of its own.
    joint = "\n" if release.prompt_break else " " if len(read) == 1 else ""
    if release.tokenizer.backwards:  # the white space that ends a line for the network begins it for the reader
        generated = "\n".join(line.lstrip() for line in generated.split("\n"))
    return lay_out(prompt, generated, stop, max_chars=max_chars, capital_lines=release.capital_lines, joint=joint)


def lay_out(
    prompt: str, generated: str, stop: Stop, *, max_chars: int | None, capital_lines: bool, joint: str = "\n"
) -> Poem:
    """Put the generated text behind the user's own, with `joint` between: a line break, or what is to stand in a line.

    A last line that neither a break nor the end finished is cut unless it is the only one. White space at the ends of
    lines goes.
    """
    own = opening(prompt)
    goes_on = bool(own) and joint != "\n"
    lines = [line.rstrip() for line in generated.split("\n")]
    whole = [line for line in lines if line]
    if stop is Stop.MAX_TOKENS and lines[-1] and len(whole) > 1:
        lines.pop()
    lines = _strip_blank(lines, first=not goes_on)
    if capital_lines:
        lines = [*lines[:goes_on], *map(_capital, lines[goes_on:])]
    kept = _within(lines, max_chars)
    truncated = stop is Stop.MAX_TOKENS or kept != lines
    return Poem(_joined(own, joint, kept), truncated)


def _joined(own: str, joint: str, kept: list[str]) -> list[str]:
    if not any(kept):
        return own.split("\n") if own else []
    return (own + joint + "\n".join(kept)).split("\n") if own else kept


def _strip_blank(lines: list[str], *, first: bool = True) -> list[str]:
    """Drop the blank lines at the end, and those at the beginning where `first` says so."""
    text = "\n".join(lines).rstrip("\n")
    return (text.lstrip("\n") if first else text).split("\n")


def _capital(line: str) -> str:
    """Make the first letter a capital and leave the rest: names keep theirs."""
    for i, character in enumerate(line):
        if character.isalpha():
            return line[:i] + character.upper() + line[i + 1 :]
    return line


def _within(lines: list[str], max_chars: int | None) -> list[str]:
    """Drop lines from the end until the text fits; a first line that is too long alone is cut at a word."""
    if max_chars is None:
        return lines
    while len(lines) > 1 and len("\n".join(lines)) > max_chars:
        lines = lines[:-1]
    if len(lines[0]) > max_chars:
        head = lines[0][: max_chars + 1]
        return [(head.rsplit(" ", 1)[0] if " " in head.strip() else head[:max_chars]).rstrip()]
    return _strip_blank(lines, first=False)
