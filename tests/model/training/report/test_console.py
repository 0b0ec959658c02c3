"""A run in the terminal: bars on a screen, lines in a log, and the terminal left as it was."""

import io
import re
import sys
from types import SimpleNamespace

import pytest

from model.presets.preset import Training
from model.training.history import Progress
from model.training.report import console as module
from model.training.report.console import Console

LINE = r"epoch \d/\d step \d+/\d+ loss \d\.\d+ accuracy 0\.\d+ [\d,]+ tokens/s \d:\d\d:\d\d left"
LOGS = {"loss": 4.2024, "accuracy": 0.22841, "learning_rate": 0.002}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


SETTINGS = Training(epochs=3, batch_size=4, window=256, learning_rate=0.1)


def gone(progress: Progress, seconds: float = 1.0) -> Progress:
    progress.step, progress.seconds = progress.step + 1, progress.seconds + seconds
    return progress


def screen_of(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make standard output a terminal; within a test, for pytest puts its own there before each."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    return screen


def test_a_log_gets_a_line_every_twenty_steps(capsys: pytest.CaptureFixture[str]) -> None:
    shown, progress = Console(SETTINGS), Progress(epoch=1)
    shown.begin(progress, [(60, 64)] * SETTINGS.epochs)
    for _ in range(60):
        shown.step(gone(progress), LOGS)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "epoch 2/3 step 20/60 loss 4.202 accuracy 0.2284 64 tokens/s 0:01:40 left"
    assert [re.findall(r"step (\d+)", line)[0] for line in lines] == ["20", "40", "60"]
    assert all(re.fullmatch(LINE, line) for line in lines)


def test_a_log_of_slow_steps_gets_a_line_every_half_minute(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(module, "monotonic", lambda: clock.now)
    shown, progress = Console(SETTINGS), Progress()
    shown.begin(progress, [(60, 1024)] * SETTINGS.epochs)
    for _ in range(9):
        clock.now += 10
        shown.step(gone(progress, 10), LOGS)
    assert re.findall(r"step (\d+)/", capsys.readouterr().out) == ["3", "6", "9"]


def test_the_time_left_of_a_resumed_run_counts_from_where_it_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    shown, progress = Console(SETTINGS), Progress(epoch=2, step=19, seconds=5000.0)
    shown.begin(progress, [(60, 1024)] * SETTINGS.epochs)
    shown.step(gone(progress, 2.0), LOGS)
    assert capsys.readouterr().out.endswith("step 20/60 loss 4.202 accuracy 0.2284 512 tokens/s 0:01:20 left\n")


def test_a_clock_that_stands_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    shown, progress = Console(SETTINGS), Progress(step=19)
    shown.begin(progress, [(60, 1024)] * SETTINGS.epochs)
    shown.step(gone(progress, 0.0), {"loss": float("nan")})
    assert capsys.readouterr().out == "epoch 1/3 step 20/60 loss nan 0 tokens/s -:--:-- left\n"


def test_lines_may_be_said_at_any_time(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Console(SETTINGS)
    shown.say("resumed at epoch 2")
    shown.begin(Progress(), [(60, 1024)] * SETTINGS.epochs)
    shown.validated("validation: [b]good[/b]")
    shown.end()
    shown.end()
    shown.say("done")
    assert capsys.readouterr().out == "resumed at epoch 2\nvalidation: [b]good[/b]\ndone\n"


def test_plain_lines_may_go_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = screen_of(monkeypatch)
    lines: list[str] = []
    shown = Console(SETTINGS, say=lines.append)
    progress = Progress(step=19)
    shown.begin(progress, [(60, 1024)] * SETTINGS.epochs)
    shown.step(gone(progress), LOGS)
    shown.end()
    assert re.fullmatch(LINE, lines[0])
    assert screen.getvalue() == ""


def test_a_screen_shows_bars_figures_and_what_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = screen_of(monkeypatch)
    shown, progress = Console(SETTINGS), Progress(epoch=1, step=29)
    shown.begin(progress, [(60, 1024)] * SETTINGS.epochs)
    shown.step(gone(progress), LOGS)
    shown.validated("validation: accuracy 0.2 [bold] :smile:")
    shown.say("at temperature 0.5: Чай | остыл\nи кот")
    shown.end()
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen.getvalue())
    last = text[text.rindex("whole run") :]
    assert re.search(r"whole run ━+.* 0:01:30 left", last)
    assert re.search(r"epoch 2/3 ━+.* step 30 of 60", last)
    assert "loss 4.202 accuracy 0.2284  learning rate 2.00e-03  1,024 tokens/s" in last
    assert "last validation: accuracy 0.2 [bold] :smile:" in last
    assert "\nи кот" in text


@pytest.mark.parametrize("colour", ["", "1"])
def test_a_screen_gets_its_cursor_back(monkeypatch: pytest.MonkeyPatch, colour: str) -> None:
    screen = screen_of(monkeypatch)
    monkeypatch.setenv("NO_COLOR", colour)
    shown = Console(SETTINGS)
    shown.begin(Progress(), [(60, 1024)] * SETTINGS.epochs)
    shown.end()
    assert screen.getvalue().count("\x1b[?25l") == screen.getvalue().count("\x1b[?25h") == 1
