"""The line of progress: one that changes on a terminal, a few that stay elsewhere."""

import io
import sys

import pytest

from model.commands import progress as module
from model.commands.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, out: io.StringIO) -> str:
    """Return what is written by three steps, with a line of news after the first."""
    moments = iter([0.0, 100.0, 100.0, 100.1, 200.0, 200.0])
    monkeypatch.setattr(module, "monotonic", lambda: next(moments))
    monkeypatch.setattr(sys, "stdout", out)
    count = iter("123")
    progress = Progress(lambda: f"{next(count)} texts")
    progress.step()
    progress.say("news")
    progress.step()  # too early for another line
    progress.step()
    progress.end()
    return out.getvalue()


def test_a_terminal_shows_one_line_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    clear = "\r\x1b[K"
    assert shown(monkeypatch, Terminal()) == f"{clear}1 texts{clear}news\n{clear}2 texts{clear}3 texts\n"


def test_a_log_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, io.StringIO()) == "1 texts\nnews\n2 texts\n3 texts\n"
