"""Writing with a person who picks every token, driven over a pipe and as a conversation in this process."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from model.errors import ModelError
from model.generation.interactive import HELP, Session, interact
from model.release import Release
from tests.conftest import Trained


def talk(release: Release, *answers: str, prompt: str = "", top_n: int = 5) -> tuple[str, list[str]]:
    """Give the text, and what was shown, for these lines of input."""
    shown: list[str] = []
    text = interact(Session(release.network, release.text, prompt, top_n), _asker(answers), shown.append)
    return text, shown


def _asker(answers: tuple[str, ...]) -> Callable[[], str]:
    waiting = iter(answers)

    def ask() -> str:
        answer = next(waiting, None)
        if answer is None:
            raise EOFError
        return answer

    return ask


def menus(shown: list[str]) -> list[list[str]]:
    """Give the menus: runs of lines that begin with a number."""
    found: list[list[str]] = [[]]
    for line in shown:
        if line.strip()[:1].isdecimal():
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [menu for menu in found if menu]


def test_the_likeliest_comes_first_and_a_number_picks(release: Release) -> None:
    text, shown = talk(release, "2", "1", "s", prompt="Снег")
    first, second, third = menus(shown)
    assert len(first) == len(second) == len(third) == 5
    chances = [int(line.split("%")[0].split()[-1]) for line in first]
    assert chances == sorted(chances, reverse=True)
    picked = first[1].split("%")[1].strip()
    assert text.startswith(f"Снег\n{picked[0].upper()}{picked[1:]}")
    assert f"\n{text}" in shown


def test_taking_back_leads_to_the_menu_before(release: Release) -> None:
    _, shown = talk(release, "1", "x", "x")
    first, _, again, still = menus(shown)
    assert first == again == still


def test_one_may_write_on_oneself(release: Release) -> None:
    text, shown = talk(release, "o", "тихо спит", "o", "", "o", "старинный дом", "x", "o", "белый лес", "s")
    assert text == "Тихо спит\nБелый лес"
    assert any("(a new line)" in line or "your own" in line for line in shown)


def test_what_the_network_does_not_know_is_told(release: Release) -> None:
    text, shown = talk(release, "o", "漢字", "s")
    assert text == ""
    assert any("knows nothing" in line for line in shown)


def test_what_is_no_answer_brings_the_help(release: Release) -> None:
    _, shown = talk(release, "0", "6", "-1", "99999", "q", "", "²")
    assert shown.count(HELP) == 8
    assert len({tuple(menu) for menu in menus(shown)}) == 1


@pytest.mark.parametrize("top_n", [0, 51])
def test_a_menu_out_of_bounds_is_refused(release: Release, top_n: int) -> None:
    with pytest.raises(ModelError, match="menu"):
        talk(release, "s", top_n=top_n)


def test_the_command_is_driven_over_a_pipe_and_ends_with_it(trained: Trained) -> None:
    command = [sys.executable, "-m", "model", "sample", str(trained.release), "--interactive", "--top-n", "3"]
    done = subprocess.run(
        command, check=False, capture_output=True, encoding="utf-8", input="1\no\nтихо спит\n1\n", timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "тихо спит" in done.stdout.splitlines()[-1].lower() + done.stdout.splitlines()[-2].lower()
