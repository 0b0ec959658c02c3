"""How texts are separated in a plain text file: one rule for both writing and reading."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from model.errors import ModelError

MAX_TEXT = 2**26  # characters; a whole text is held in memory


class TooLongError(ModelError):
    """A text is longer than MAX_TEXT."""


@dataclass(frozen=True)
class Layout:
    """How texts are separated. At most one of the first three is set; with none, the whole file is one text."""

    lines: bool = False  # each line is a text
    blank_lines: int = 0  # texts are separated by at least this many blank lines
    separator: str = ""  # texts are separated by a line that holds only this
    line_mark: str = ""  # the lines of a text are separated by a line that holds only this, as @ in bugurts

    def __post_init__(self) -> None:
        if (self.lines, self.blank_lines > 0, bool(self.separator)).count(True) > 1:
            raise ModelError("texts can be separated in one way only: by lines, by blank lines, or by a separator")
        for mark in (self.separator, self.line_mark):
            if mark != mark.strip() or "\n" in mark:
                raise ModelError(f"{mark!r}: a separator of texts or lines must be one line without surrounding spaces")
        if self.lines and self.line_mark:
            raise ModelError("a text of one line has no lines to mark")

    def parse(self, lines: Iterable[str]) -> Iterator[str]:
        """Yield the texts in a file's lines, given without line endings. Blank texts are skipped."""
        for chunk in self._chunks(lines):
            text = "\n".join(line for line in _bounded(chunk) if not self._is_mark(line)).strip("\n")
            if text.strip():
                yield text

    def write(self, texts: Iterable[str]) -> Iterator[str]:
        """Yield the pieces of a file for `parse` to read back. ModelError if a text would be read differently."""
        between = "\n" * (1 + self.blank_lines) if not self.separator else f"\n{self.separator}\n"
        for number, text in enumerate(texts, 1):
            lines = text.strip("\n").split("\n")
            piece = (f"\n{self.line_mark}\n" if self.line_mark else "\n").join(lines)
            if list(self.parse(piece.split("\n"))) != ["\n".join(lines)]:
                raise ModelError(f"text {number} contains a separator of this layout: {text[:60]!r}")
            if number > 1 and self.whole():
                raise ModelError("a file that is a single text cannot hold several")
            yield f"{between if number > 1 else ''}{piece}"
        yield "\n"

    def whole(self) -> bool:
        """Return whether the file is one text."""
        return not (self.lines or self.blank_lines or self.separator)

    def _is_mark(self, line: str) -> bool:
        return bool(self.line_mark) and line.strip() == self.line_mark

    def _chunks(self, lines: Iterable[str]) -> Iterator[Iterable[str]]:
        if self.lines:
            return ([line] for line in lines)
        if self.separator:
            runs = groupby(lines, lambda line: line.strip() == self.separator)
            return (run for parting, run in runs if not parting)
        return self._between_blanks(lines) if self.blank_lines else iter([lines])

    def _between_blanks(self, lines: Iterable[str]) -> Iterator[Iterable[str]]:
        numbers = self._numbered(lines)
        return ((line for _, line in run) for _, run in groupby(numbers, lambda numbered: numbered[0]))

    def _numbered(self, lines: Iterable[str]) -> Iterator[tuple[int, str]]:
        """Yield each line with the number of its text, which increases after enough blank lines."""
        number = blank = 0
        for line in lines:
            blank = 0 if line.strip() else blank + 1
            yield number, line
            number += blank == self.blank_lines


def _bounded(lines: Iterable[str]) -> Iterator[str]:
    size = 0
    for line in lines:
        size += len(line) + 1
        if size > MAX_TEXT:
            raise TooLongError(
                f"a text longer than {MAX_TEXT:,} characters; say how the texts are separated, as with --lines"
            )
        yield line
