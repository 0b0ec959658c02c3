"""`make run` as seen from the terminal: the poem, the page, Ctrl-C, and errors."""

import contextlib
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from deploy.__main__ import fetch
from tests.processes import Running, accepts, free_port, start, wait_until
from tests.telegram import TOKEN, Telegram

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "deploy"]


def environment(**more: str) -> dict[str, str]:
    ports = {"SERVING_PORT": str(free_port()), "BACKEND_PORT": str(free_port())}
    return {**ports, "TELEGRAM_BOT_TOKEN": "", "PYTHONPATH": str(ROOT), **more}


def children(running: Running) -> list[int]:
    """Return the living child processes of a process."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            lines = dict(line.split(":\t", 1) for line in status.read_text("utf-8").splitlines() if ":\t" in line)
            if int(lines["PPid"]) == running.process.pid and not lines["State"].startswith("Z"):
                found.append(int(status.parent.name))
    return found


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text("utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.slow
def test_it_prints_a_poem_serves_the_page_and_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    telegram = Telegram()
    bot = {"TELEGRAM_API_URL": telegram.base_url, "BOT_DATABASE": str(tmp_path / "bot.sqlite3")}
    asked = environment(TELEGRAM_BOT_TOKEN=TOKEN, **bot)
    running = start(COMMAND, env=asked, cwd=tmp_path)
    try:
        wait_until(lambda: "The page:" in running.text() or not running.is_running(), 100, running.text)
        page = re.search(r"The page: (\S+)", running.text())
        assert page is not None, running.text()
        poem = running.text().partition("The page:")[0].strip()
        assert len(poem.splitlines()) >= 3
        assert re.search("[а-я]{3}", poem)
        assert "<textarea" in (html := requests.get(page[1], timeout=60).text) or "<input" in html
        telegram.send_text("Ночь", user=1)
        assert telegram.wait_for_sent(1, 1)[0]["text"].startswith("Ночь\n")
        started = children(running)
        assert len(started) == 3
        assert not any("libtensorflow" in Path(f"/proc/{pid}/maps").read_text("utf-8") for pid in started)
        with_token = [pid for pid in started if TOKEN.encode() in Path(f"/proc/{pid}/environ").read_bytes()]
        assert len(with_token) == 1
        assert running.stop(signal.SIGINT) == 0
        assert not [pid for pid in started if alive(pid)]
        assert not any(accepts(int(asked[name])) for name in ("SERVING_PORT", "BACKEND_PORT"))
    finally:
        running.stop()
        telegram.stop()


def test_a_proxy_for_the_world_is_not_asked_for_our_own_services(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    telegram = Telegram()
    try:
        assert '"is_bot"' in str(fetch(f"{telegram.base_url}/bot{TOKEN}/getMe"))
    finally:
        telegram.stop()


@pytest.mark.parametrize("name", ["SERVING_PORT", "BACKEND_PORT"])
def test_a_taken_port_is_one_sentence(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = str(holder.getsockname()[1])
        running = start(COMMAND, env=environment(**{name: port}))
        assert running.wait(60) == 1
    assert f"Port {port} is in use." in running.text()
    assert running.text().count("\n") == 1


def test_one_port_for_two_services_is_one_sentence() -> None:
    running = start(COMMAND, env=environment(SERVING_PORT="9100", BACKEND_PORT="9100"))
    assert running.wait(60) == 1
    assert running.text() == "SERVING_PORT and BACKEND_PORT must differ.\n"


def test_a_port_that_is_none_is_one_sentence() -> None:
    running = start(COMMAND, env=environment(BACKEND_PORT="seventy"))
    assert running.wait(60) == 1
    assert running.text().startswith("BACKEND_PORT: ")


def install(folder: Path, *programs: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run deploy/install where PATH holds these programs only."""
    bin_ = folder / "bin"
    bin_.mkdir()
    for name in ("uname", *programs):
        (bin_ / name).symlink_to(shutil.which(name) or sys.executable)
    return subprocess.run(
        [shutil.which("sh") or "sh", ROOT / "deploy" / "install", "run"],
        check=False,
        cwd=folder,
        env={"PATH": str(bin_), **more},
        capture_output=True,
        encoding="utf-8",
    )


def test_a_missing_compiler_is_one_sentence(tmp_path: Path) -> None:
    done = install(tmp_path, PYTHON=sys.executable)
    assert done.returncode == 1
    assert done.stderr == "A C++ compiler is needed to build YouTokenToMe; on Debian: apt install g++\n"
    assert not (tmp_path / ".venv").exists()


def test_a_missing_python_is_one_sentence(tmp_path: Path) -> None:
    done = install(tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "Python 3.11 is needed" in done.stderr


def test_a_python_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    missing = tmp_path / "python"
    done = install(tmp_path, PYTHON=str(missing))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"There is no {missing}.")


def test_a_wrong_python_is_one_sentence(tmp_path: Path) -> None:
    old = tmp_path / "python3.8"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.8.20\nexit 1\n')
    old.chmod(0o755)
    done = install(tmp_path, PYTHON=str(old))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "3.11 to 3.13 is needed" in done.stderr
    assert "Python 3.8.20" in done.stderr


def test_help_lists_every_target() -> None:
    listed = subprocess.run(["make", "help"], check=True, cwd=ROOT, capture_output=True, encoding="utf-8").stdout
    assert {line.split()[0] for line in listed.splitlines()} >= {"run", "test", "lint", "help", "lock"}
