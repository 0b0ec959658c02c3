"""Collectors by their command: run in this process, or killed at random moments and started again until done."""

import atexit
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from model.corpus.collection import read_collection
from model.corpus.texts import Text
from tests.commands import model
from tests.forks import Forks
from tests.processes import Running

CONTACT = "somebody@example.org"
FORKS = Forks("model.commands.collect", *(f"model.corpus.collectors.{name}" for name in ("stihi", "reddit", "vk")))
atexit.register(FORKS.stop)
SECONDS = 60  # for a process to end, or to ask for the next page


@dataclass(frozen=True)
class Command:
    """`python -m model collect ...` into a file, with secrets that must not be seen anywhere."""

    out: Path
    arguments: Sequence[object]
    environment: Mapping[str, str]
    secrets: Sequence[str] = ()

    def run(self, *more: object) -> subprocess.CompletedProcess[str]:
        """Run it in this process to its end, with what it prints in one text."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            done = model(*self._words(*more), check=False)
        return self._checked(subprocess.CompletedProcess(done.args, done.returncode, done.stdout + done.stderr))

    def finish(self, *more: object) -> str:
        """Run it to its good end; return what it prints."""
        done = self.run(*more)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def refuse(self, *more: object) -> str:
        """Run it to an end with status 1 and one sentence; return what it prints."""
        done = self.run(*more)
        assert done.returncode == 1, done.stdout
        assert "Traceback" not in done.stdout
        assert done.stdout.strip().splitlines()[-1].startswith("model: ")
        return done.stdout

    def killed_until_done(
        self,
        requests: Callable[[], int],
        chance: random.Random,
        most: int = 6,
        hold: Callable[[int], object] = lambda _: None,
    ) -> int:
        """Kill it with SIGKILL a few requests after each start until it ends by itself; return the number of kills.

        `hold` is told before each start after how many requests the site may leave the next ones without an answer.
        """
        for kills in range(1000):
            last, deadline = requests() + chance.randint(1, most), time.monotonic() + SECONDS
            hold(last + chance.randint(0, 2))
            running = self._start()
            while running.is_running() and requests() < last:
                assert time.monotonic() < deadline
                time.sleep(0.0005)
            time.sleep(chance.random() * 0.02)  # any moment of what follows a request
            running.process.kill()
            done = self._end(running)
            if done.returncode >= 0:
                assert done.returncode == 0, done.stdout
                return kills
        raise AssertionError("it does not come to an end")

    def texts(self) -> list[Text]:
        """Return what was collected, each address once."""
        texts = list(read_collection(self.out))
        assert not [url for url, count in Counter(text.url for text in texts).items() if count > 1]
        return texts

    def _start(self, *more: object) -> Running:
        return FORKS.start("model", list(map(str, self._words(*more))), self.environment)

    def _words(self, *more: object) -> list[object]:
        common = ["--out", self.out, "--contact", CONTACT, "--delay", 0, "--timeout", 5]
        return ["collect", *self.arguments, *common, *more]

    def _end(self, running: Running) -> subprocess.CompletedProcess[str]:
        status = running.wait(SECONDS)
        return self._checked(subprocess.CompletedProcess([], status, running.text()))

    def _checked(self, done: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
        for secret in self.secrets:
            assert secret not in done.stdout
            assert not [
                file for file in self.out.parent.glob(f"{self.out.name}*") if secret.encode() in file.read_bytes()
            ]
        return done
