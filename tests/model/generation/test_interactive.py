"""Writing with a person who picks every token."""

import io
from collections.abc import Callable

import pytest

from model.__main__ import main
from model.errors import ModelError
from model.generation.interactive import HELP, MAX_OWN, Session, interact
from model.release.loading import Release
from tests.conftest import Trained


def talk(release: Release, *answers: str, prompt: str = "", top_n: int = 5) -> tuple[str, list[str]]:
    """Return the text, and what was shown, for these lines of input."""
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
    """Return the menus: runs of lines that begin with a number."""
    found: list[list[str]] = [[]]
    for line in shown:
        if line.strip()[:1].isdecimal():
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [menu for menu in found if menu]


def test_the_likeliest_comes_first_and_a_number_picks(release: Release) -> None:
    (offered,) = menus(talk(release, "s", prompt="Снег")[1])
    names = [line.split("%")[1].strip() for line in offered]
    place = next(i for i, name in enumerate(names) if not name.startswith("("))  # one with text of its own
    text, shown = talk(release, str(place + 1), "1", "s", prompt="Снег")
    first, second, third = menus(shown)
    assert len(first) == len(second) == len(third) == 5
    chances = [int(line.split("%")[0].split()[-1]) for line in first]
    assert chances == sorted(chances, reverse=True)
    picked = names[place]
    assert text.startswith(f"Снег\n{picked[0].upper()}{picked[1:]}")
    assert f"\n{text}" in shown


def test_taking_back_leads_to_the_menu_before(release: Release) -> None:
    _, shown = talk(release, "1", "x", "x")
    first, _, again, still = menus(shown)
    assert first == again == still


def test_one_may_write_on_oneself(release: Release) -> None:
    text, shown = talk(release, "o", "тихо спит", "o", "", "o", "старинный дом", "x", "o", "белый лес", "s")
    assert text == "Тихо спит\nБелый лес"
    assert shown.count("your own text (empty: a new line):") == 4


def test_more_than_may_come_at_once_is_refused_and_nothing_cut(release: Release) -> None:
    text, shown = talk(release, "o", "а" * (MAX_OWN + 1), "s")
    assert text == ""
    assert any(str(MAX_OWN) in line for line in shown)


def test_only_what_is_new_is_read(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    session, read = Session(release.network, release.text, "Снег", 5), list[int]()
    feed = session._reader.feed

    def watched(tokens: list[int], fresh: list[bool]) -> None:
        read.extend(tokens)
        feed(tokens, fresh)

    monkeypatch.setattr(session._reader, "feed", watched)
    session.menu()
    prompt = len(read)
    assert prompt > 1
    session.pieces.append([9])
    menu = session.menu()
    assert session.menu()[0] == menu[0]
    assert read[prompt:] == [9]
    session.pieces[-1] = [10]
    session.menu()
    assert len(read) == 2 * (prompt + 1)


def test_what_the_network_does_not_know_is_told(release: Release) -> None:
    text, shown = talk(release, "o", "漢字", "s")
    assert text == ""
    assert any("knows none" in line for line in shown)


def test_what_is_no_answer_brings_the_help(release: Release) -> None:
    _, shown = talk(release, "0", "6", "-1", "99999", "q", "", "²")
    assert shown.count(HELP) == 8
    assert len({tuple(menu) for menu in menus(shown)}) == 1


@pytest.mark.parametrize("top_n", [0, 51])
def test_a_menu_out_of_bounds_is_refused(release: Release, top_n: int) -> None:
    with pytest.raises(ModelError, match="top_n"):
        talk(release, "s", top_n=top_n)


def test_the_command_reads_lines_and_ends_with_them(
    trained: Trained, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("1\no\nтихо спит\n1\n"))
    main(["sample", str(trained.release), "--interactive", "--top-n", "3"])
    shown = capsys.readouterr().out
    assert {len(menu) for menu in menus(shown.splitlines())} == {3}
    assert "тихо спит" in "\n".join(shown.splitlines()[-2:]).lower()
