"""From generated tokens to the lines that a reader gets."""

from dataclasses import dataclass

from model.text.normalise import line_ends
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
    """Give the user's own text as it opens the poem: as it was written, trailing white space aside."""
    return line_ends(prompt).rstrip()


def lay_out(prompt: str, generated: str, stop: Stop, *, max_chars: int | None, capital_lines: bool) -> Poem:
    """Put the generated text under the user's own.

    A last line that neither a break nor the end finished is cut unless it is the only one.
    """
    lines = generated.split("\n")
    whole = [line for line in lines if line]
    if stop is Stop.MAX_TOKENS and lines[-1] and len(whole) > 1:
        lines.pop()
    lines = _strip_blank(lines)
    if capital_lines:
        lines = [_capital(line) for line in lines]
    kept = _within(lines, max_chars)
    own = opening(prompt)
    truncated = stop is Stop.MAX_TOKENS or kept != lines
    return Poem([*(own.split("\n") if own else []), *(kept if any(kept) else [])], truncated)


def _strip_blank(lines: list[str]) -> list[str]:
    return "\n".join(lines).strip("\n").split("\n")


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
        return [head.rsplit(" ", 1)[0] if " " in head.strip() else head[:max_chars]]
    return _strip_blank(lines)
