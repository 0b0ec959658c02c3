"""Collectors as real processes: run, or killed at random moments and started again until they are done."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from model.corpus.collection import read_collection
from model.corpus.texts import Text

CONTACT = "somebody@example.org"
SECONDS = 60  # for a process to end, or to ask for the next page


@dataclass(frozen=True)
class Command:
    """`python -m model collect ...` into a file, with secrets that must not be seen anywhere."""

    out: Path
    arguments: Sequence[object]
    environment: Mapping[str, str]
    secrets: Sequence[str] = ()

    def run(self, *more: object) -> subprocess.CompletedProcess[str]:
        """Run it to its end, with what it prints in one text."""
        process = self._start(*more)
        return self._end(process)

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
            process = self._start()
            while process.poll() is None and requests() < last:
                assert time.monotonic() < deadline
                time.sleep(0.0005)
            time.sleep(chance.random() * 0.02)  # any moment of what follows a request
            process.kill()
            done = self._end(process)
            if done.returncode >= 0:
                assert done.returncode == 0, done.stdout
                return kills
        raise AssertionError("it does not come to an end")

    def texts(self) -> list[Text]:
        """Return what was collected, each address once."""
        texts = list(read_collection(self.out))
        assert not [url for url, count in Counter(text.url for text in texts).items() if count > 1]
        return texts

    def _start(self, *more: object) -> subprocess.Popen[str]:
        common = ["--out", self.out, "--contact", CONTACT, "--delay", 0, "--timeout", 5]
        command = [sys.executable, "-m", "model", "collect", *self.arguments, *common, *more]
        return subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            env={**os.environ, **self.environment},
        )

    def _end(self, process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
        output, _ = process.communicate(timeout=SECONDS)
        for secret in self.secrets:
            assert secret not in output
            assert not [
                file for file in self.out.parent.glob(f"{self.out.name}*") if secret.encode() in file.read_bytes()
            ]
        return subprocess.CompletedProcess(process.args, process.returncode, output)
