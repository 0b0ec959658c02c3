"""Layout of generated text: from tokens to the lines that a reader sees."""

from collections.abc import Sequence
from dataclasses import dataclass

from model.text.normalise import line_ends
from model.text.release import TextRelease
from model.text.sampling import Stop


@dataclass(frozen=True)
class Poem:
    """A finished poem. `lines` begins with the prompt's; `truncated` if a limit ended it rather than the network."""

    lines: list[str]
    truncated: bool

    @property
    def text(self) -> str:
        """The lines, joined by newlines."""
        return "\n".join(self.lines)


def opening(prompt: str) -> str:
    """Return the user's text as it opens the poem: unchanged except for trailing white space."""
    return line_ends(prompt).rstrip()


def compose(
    release: TextRelease, prompt: str, read: Sequence[int], generated: str, stop: Stop, max_chars: int | None
) -> Poem:
    """Return the poem made of a prompt, which the network read as the tokens `read`, and the text generated after it.

    The text is `release.tokenizer.decode(tokens, read)`, so that its first word is spaced as it follows the prompt.
    """
    # If the whole prompt is unknown to the vocabulary, the generated text is independent of it: keep a space between.
    joint = "\n" if release.prompt_break else " " if len(read) == 1 else ""
    if release.tokenizer.backwards:  # a line's trailing space in writing order is its leading space in reading order
        generated = "\n".join(line.lstrip() for line in generated.split("\n"))
    return lay_out(prompt, generated, stop, max_chars=max_chars, capital_lines=release.capital_lines, joint=joint)


def lay_out(
    prompt: str, generated: str, stop: Stop, *, max_chars: int | None, capital_lines: bool, joint: str = "\n"
) -> Poem:
    """Append the generated text to the user's own, separated by `joint`: a line break, or a separator within a line.

    An unfinished last line, which neither a break nor EOS ended, is dropped unless it is the only one. Trailing white
    space is removed.
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
    """Drop trailing blank lines, and with `first` leading ones too."""
    text = "\n".join(lines).rstrip("\n")
    return (text.lstrip("\n") if first else text).split("\n")


def _capital(line: str) -> str:
    """Capitalise the first letter and leave the rest alone, so that names keep their capitals."""
    for i, character in enumerate(line):
        if character.isalpha():
            return line[:i] + character.upper() + line[i + 1 :]
    return line


def _within(lines: list[str], max_chars: int | None) -> list[str]:
    """Drop lines from the end until the text fits; cut a first line that is still too long at a word boundary."""
    if max_chars is None:
        return lines
    while len(lines) > 1 and len("\n".join(lines)) > max_chars:
        lines = lines[:-1]
    if len(lines[0]) > max_chars:
        head = lines[0][: max_chars + 1]
        return [(head.rsplit(" ", 1)[0] if " " in head.strip() else head[:max_chars]).rstrip()]
    return _strip_blank(lines, first=False)
