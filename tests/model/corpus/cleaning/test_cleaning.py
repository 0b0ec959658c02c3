"""Cleaning a corpus: the same by any number of processes, accounted for, and whole or not at all whatever happens."""

import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from model.corpus.cleaning.pipeline import CHUNK, clean
from model.corpus.cleaning.report import ExplainedSample, Report
from model.corpus.cleaning.steps import parse
from model.corpus.cleaning.workers import Workers
from model.corpus.reading import Form, read
from model.corpus.texts import Text, size, to_line
from model.errors import ModelError
from tests.commands import model
from tests.processes import Running, start, wait_until

STEPS = ["residual_spaces", "digits", "min_lines=2", "duplicates", "near_duplicates", "below_percentile=90", "lower"]
NUMERALS = ["раз", "два", "три", "четыре", "пять", "шесть", "семь"]
SECONDS = 60.0


def verse(number: int) -> str:
    """Return four to seven lines that no other number has, one of them with a digit or spaces at times."""
    name = "".join("абвгдежзик"[int(digit)] for digit in f"{number:05}")
    lines = [f"Строка {name} под именем {NUMERALS[i]}" for i in range(4 + number % 4)]
    return "\n".join([*lines, *["12 мая"] * (number % 11 == 0), *["  в конце  "] * (number % 7 == 0)])


def corpus(path: Path, texts: Sequence[str]) -> Path:
    path.write_text("".join(to_line(Text(text, author=f"Автор {i}")) for i, text in enumerate(texts)), "utf-8")
    return path


@pytest.fixture
def poems(tmp_path: Path) -> Path:
    """A corpus of several chunks, with repeats near and far."""
    numbers = [i if i % 10 else i // 2 for i in range(4 * CHUNK // 200)]
    texts = [verse(number) for number in numbers]
    texts += [f"{text}\nи ещё одна строка в конце" for text in texts[:40]]
    return corpus(tmp_path / "poems.jsonl", texts)


def run(source: Path, out: Path, specs: Sequence[str] = STEPS, jobs: int = 1, explain: int = 0) -> Report:
    return clean(source, Form(), out, [parse(spec) for spec in specs], jobs=jobs, explain=explain)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def texts_of(path: Path) -> list[str]:
    return [text.text for text in read(path)]


@pytest.mark.slow
def test_the_number_of_processes_makes_no_difference(poems: Path, tmp_path: Path) -> None:
    reports = [run(poems, tmp_path / f"{jobs}.jsonl", jobs=jobs, explain=5) for jobs in (1, 2, 3)]
    assert poems.stat().st_size > 4 * CHUNK
    assert len({(tmp_path / f"{jobs}.jsonl").read_bytes() for jobs in (1, 2, 3)}) == 1
    assert len({str(replace(report, seconds=0.0)) for report in reports}) == 1
    assert len(reports[0].explained) == 5


def test_order_and_what_is_known_of_a_text_stay(poems: Path, tmp_path: Path) -> None:
    run(poems, tmp_path / "out.jsonl", ["lower"], jobs=2)
    before, after = list(read(poems)), list(read(tmp_path / "out.jsonl"))
    assert after == [replace(text, text=text.text.lower()) for text in before]


def test_the_table_counts_what_was_done(tmp_path: Path) -> None:
    texts = ["раз  два", "раз\nдва 3", "раз\n\nдва", "Раз!\nДВА", "три\n4\nпять"]
    report = run(corpus(tmp_path / "in.jsonl", texts), tmp_path / "out.jsonl", STEPS[:4])
    counts = {step.step: (step.changed, step.dropped, step.characters) for step in report.steps}
    assert counts == {
        "residual_spaces": (1, 0, 1),
        "digits": (2, 0, 6 + 2),
        "min_lines=2": (0, 2, 7 + 3),
        "duplicates": (0, 1, 8),
    }
    assert report.before == {"texts": 5, "lines": 10, "words": 12, "characters": 8 + 9 + 8 + 8 + 10}
    assert report.after == {"texts": 2, "lines": 4, "words": 4, "characters": 8 + 8}
    assert texts_of(tmp_path / "out.jsonl") == ["раз\n\nдва", "три\nпять"]
    assert report.sha256 == hashlib.sha256((tmp_path / "out.jsonl").read_bytes()).hexdigest()
    assert report.bytes == (tmp_path / "in.jsonl").stat().st_size


def test_an_example_shows_the_place(tmp_path: Path) -> None:
    texts = ["1913", "слово " * 50 + "\nа тут 12\nконец"]
    report = run(corpus(tmp_path / "in.jsonl", texts), tmp_path / "out.jsonl", ["digits", "min_lines=9"])
    example, dropped = (step.example for step in report.steps)
    assert example is not None
    assert example.before.endswith("а тут 12\nконец")
    assert example.after is not None
    assert example.after.endswith("слово \nконец")
    assert len(example.before) < 100
    assert dropped is not None
    assert dropped.after is None


def test_a_percentile_is_of_what_the_steps_before_left(tmp_path: Path) -> None:
    """As pandas has it: of 2 to 20 lines the 85th percentile is 17.3, whatever texts of one line there were."""
    texts = ["одна"] * 50 + ["\n".join(["строка"] * count) for count in range(2, 21)]
    source = corpus(tmp_path / "in.jsonl", texts)
    run(source, tmp_path / "out.jsonl", ["min_lines=2", "below_percentile=85"])
    assert [text.count("\n") + 1 for text in texts_of(tmp_path / "out.jsonl")] == list(range(2, 18))


def test_a_percentile_is_of_what_repeats_left(tmp_path: Path) -> None:
    texts = ["\n".join(["строка"] * count) for count in [*[20] * 50, *range(2, 20)]]
    run(corpus(tmp_path / "in.jsonl", texts), tmp_path / "out.jsonl", ["duplicates", "below_percentile=85"])
    assert [text.count("\n") + 1 for text in texts_of(tmp_path / "out.jsonl")] == list(range(2, 18))


@pytest.mark.parametrize("specs", [["duplicates", "lower"], ["lower", "duplicates"], ["below_percentile=50", "digits"]])
def test_what_is_left_is_counted_after_the_last_step(tmp_path: Path, specs: list[str]) -> None:
    texts = ["Раз", "раз", "раз", "Два\nтри 3", "раз два\nтри\nчетыре", "один\nдва\nтри\nчетыре"]
    report = run(corpus(tmp_path / "in.jsonl", texts), tmp_path / "out.jsonl", specs)
    assert 0 < report.after["texts"] < len(texts)
    assert report.after == sum((size(text) for text in texts_of(tmp_path / "out.jsonl")), Counter())


def test_chunks_that_are_dropped_whole_count_for_nothing(tmp_path: Path) -> None:
    texts = ["1" * CHUNK, "2" * CHUNK, "раз", "3" * CHUNK]
    report = run(corpus(tmp_path / "in.jsonl", texts), tmp_path / "out.jsonl", ["digits"])
    assert report.before == {"texts": 4, "lines": 4, "words": 4, "characters": 3 * CHUNK + 3}
    assert report.after == {"texts": 1, "lines": 1, "words": 1, "characters": 3}
    empty = run(corpus(tmp_path / "in.jsonl", texts[:2]), tmp_path / "out.jsonl", ["digits"])
    assert dict(empty.after) == {"texts": 0, "lines": 0, "words": 0, "characters": 0}


def test_the_texts_explained_are_those_of_the_smallest_hashes() -> None:
    texts, sample = [Text(f"текст {i}") for i in range(50)], ExplainedSample(7)
    for number, text in enumerate(texts, 1):
        sample.offer(number, text)
    ordered = sorted(texts, key=lambda text: hashlib.blake2b(text.text.encode(), digest_size=8).digest())
    assert {one.text.text for one in sample.chosen.values()} == {text.text for text in ordered[:7]}


def test_steps_run_in_the_preset_s_order(tmp_path: Path) -> None:
    source = corpus(tmp_path / "in.jsonl", ["раз\nдва\n1", "раз\nдва\n2"])
    run(source, tmp_path / "a.jsonl", ["duplicates", "digits"])
    run(source, tmp_path / "b.jsonl", ["digits", "duplicates"])
    assert texts_of(tmp_path / "a.jsonl") == ["раз\nдва", "раз\nдва"]
    assert texts_of(tmp_path / "b.jsonl") == ["раз\nдва"]


def test_texts_that_are_not_to_be_kept_are_not_read_further(tmp_path: Path) -> None:
    source, out = corpus(tmp_path / "in.jsonl", ["раз", "два", "три"]), tmp_path / "out.jsonl"
    steps = [parse("lower")]
    report = clean(source, Form(), out, steps, keep=lambda text: text.author != "Автор 1")
    assert texts_of(out) == ["раз", "три"]
    assert (report.forgotten, report.before["texts"]) == (1, 2)


@pytest.mark.slow
def test_explained_texts_name_the_steps_that_touched_them(poems: Path, tmp_path: Path) -> None:
    size = sum(1 for _ in read(poems))
    report = run(poems, tmp_path / "out.jsonl", explain=size)
    assert [explained.number for explained in report.explained] == list(range(1, size + 1))
    for step in report.steps:
        dropping = sum(1 for one in report.explained if one.after is None and one.steps[-1] == step.step)
        assert dropping == step.dropped
        assert sum(1 for one in report.explained if step.step in one.steps) == step.changed + step.dropped
    left = [one.after for one in report.explained if one.after is not None]
    assert left == texts_of(tmp_path / "out.jsonl")
    few = run(poems, tmp_path / "out.jsonl", explain=3).explained
    assert [one for one in report.explained if one.number in {other.number for other in few}] == few


@pytest.mark.parametrize("kind", ["the same", "symbolic link", "hard link", "other spelling"])
def test_the_input_is_never_written_over(tmp_path: Path, kind: str) -> None:
    source, out = corpus(tmp_path / "in.jsonl", ["раз"]), tmp_path / "out.jsonl"
    if kind == "symbolic link":
        out.symlink_to(source)
    elif kind == "hard link":
        out.hardlink_to(source)
    else:
        out = source if kind == "the same" else tmp_path / ".." / tmp_path.name / "in.jsonl"
    with pytest.raises(ModelError, match="overwrite the input"):
        run(source, out, ["lower"])
    assert texts_of(source) == ["раз"]


def test_a_mistake_in_the_input_leaves_the_old_output(tmp_path: Path) -> None:
    source, out = corpus(tmp_path / "in.jsonl", [verse(i) for i in range(5000)]), tmp_path / "out" / "out.jsonl"
    run(source, out, ["lower"])
    before = out.read_bytes()
    with source.open("a", encoding="utf-8") as file:
        file.write("{")
    for jobs in (1, 2):
        with pytest.raises(ModelError, match="line 5001: not JSON"):
            run(source, out, jobs=jobs)
    assert out.read_bytes() == before
    assert names(out.parent) == [out.name]


def test_an_empty_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="the corpus is empty"):
        run(corpus(tmp_path / "in.jsonl", []), tmp_path / "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("name", ["out.txt", "folder.jsonl"])
def test_the_output_must_be_a_file_of_json_lines(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(ModelError, match=r"the output must be a \.jsonl file"):
        run(corpus(tmp_path / "in.jsonl", ["раз"]), tmp_path / name)


@pytest.mark.parametrize("specs", [["lower"], ["duplicates"]])
def test_a_disk_that_takes_no_more_leaves_the_old_output(tmp_path: Path, specs: list[str]) -> None:
    """A limit on the size of a file fails the same calls as a full disk does, of the file between passes too."""
    source, out, preset = tmp_path / "in.jsonl", tmp_path / "out" / "out.jsonl", tmp_path / "p.toml"
    corpus(source, [verse(i) for i in range(5000)])
    out.parent.mkdir()
    out.write_text("old", "utf-8")
    preset.write_text(f"[cleaning]\nsteps = {json.dumps(specs)}", "utf-8")
    command = [sys.executable, "-m", "model", "clean", str(source), str(out), "--preset", str(preset)]
    limit = (CHUNK, CHUNK)
    done = subprocess.run(
        command, check=False, capture_output=True, encoding="utf-8", timeout=100,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == f"model: {out}: File too large\n"
    assert out.read_text("utf-8") == "old"
    assert names(out.parent) == [out.name]


def test_tasks_do_not_run_ahead_of_their_results() -> None:
    taken = 0

    def tasks() -> Iterator[tuple[int, str]]:
        nonlocal taken
        for taken in range(100):
            yield taken, "а" * taken

    with Workers(2, "model.corpus.cleaning.stages") as workers:
        for number, (task, length) in enumerate(workers.map(len, tasks())):
            assert number == task == length
            assert taken <= number + 2 * 2
    assert taken == 99


def test_a_worker_imports_no_big_library() -> None:
    program = (
        "import sys, model.corpus.cleaning.stages\nprint(*{'tensorflow', 'keras', 'numpy', 'rich'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, timeout=60)
    assert done.stdout.strip() == b""


class Fed:
    """A command that cleans what the test writes to a pipe, so that it can be met in the middle of its work."""

    def __init__(self, folder: Path) -> None:
        self.source, self.out = folder / "in.jsonl", folder / "out" / "out.jsonl"
        os.mkfifo(self.source)
        command = [
            sys.executable,
            "-m",
            "model",
            "clean",
            self.source,
            self.out,
            "--preset",
            "neuralpoet",
            "--jobs",
            "2",
        ]
        self.running: Running = start(["setsid", *map(str, command)])
        self.pipe = self.source.open("w", encoding="utf-8")
        self.feed()
        wait_until(lambda: len(self.workers()) == 2, SECONDS, self.running.text)

    def feed(self) -> None:
        """Write enough for some chunks."""
        for i in range(8 * CHUNK // 150):
            self.pipe.write(to_line(Text(verse(i))))
        self.pipe.flush()

    def session(self) -> dict[int, int]:
        """Return the command's processes, each with its parent."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                _, parent, _, session, *_ = (process / "stat").read_text("utf-8").rpartition(")")[2].split()
            except OSError:
                continue
            if int(session) == self.running.process.pid and int(process.name) != self.running.process.pid:
                found[int(process.name)] = int(parent)
        return found

    def workers(self) -> list[int]:
        """Return the processes whose parent is the fork server: neither the command nor its direct children."""
        return [process for process, parent in self.session().items() if parent in self.session()]

    def close(self) -> None:
        """End what is left."""
        self.running.stop(signal.SIGKILL)
        with suppress(BrokenPipeError):
            self.pipe.close()
        wait_until(lambda: not self.session(), SECONDS, lambda: str(self.session()))


@pytest.fixture
def fed(tmp_path: Path) -> Iterator[Fed]:
    command = Fed(tmp_path)
    yield command
    command.close()


def is_idle(process: int) -> bool:
    return Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "S"


def test_ctrl_c_leaves_nothing_behind(fed: Fed) -> None:
    wait_until(lambda: len(names(fed.out.parent)) == 1 and all(map(is_idle, fed.workers())), SECONDS)
    os.killpg(fed.running.process.pid, signal.SIGINT)
    assert fed.running.wait(SECONDS) == 130
    assert fed.running.text() == ""
    assert names(fed.out.parent) == []
    wait_until(lambda: not fed.session(), SECONDS)


def test_a_killed_worker_ends_the_command_with_a_sentence(fed: Fed) -> None:
    os.kill(fed.workers()[0], signal.SIGKILL)
    fed.pipe.close()
    assert fed.running.wait(SECONDS) == 1
    assert fed.running.text() == "model: a worker process was killed, possibly because memory ran out; try --jobs 1\n"
    assert names(fed.out.parent) == []


def test_the_workers_end_when_the_command_is_killed(fed: Fed) -> None:
    assert fed.session()
    fed.running.process.kill()
    wait_until(lambda: not fed.session(), SECONDS, lambda: str(fed.session()))


def test_the_command_prints_a_table_and_texts_as_they_are(tmp_path: Path) -> None:
    source, preset = tmp_path / "in.txt", tmp_path / "p.toml"
    source.write_text("Well, [laughter] so.\n[bold]no[/bold]\x1b[31m\n(Applause)\n", "utf-8")
    preset.write_text('[cleaning]\nsteps = ["room_marks"]', "utf-8")
    done = model("clean", source, tmp_path / "o.jsonl", "--preset", preset, "--lines", "--explain", "3")
    assert "- Well, [laughter] so." in done.stdout
    assert "+ Well, so." in done.stdout
    assert "[bold]no[/bold]·[31m\n\n--- no step changed it --->" in done.stdout
    assert "(Applause)\n\n--- room_marks --->\n\n(dropped)" in done.stdout
    assert "in   3 texts, 3 lines" in done.stdout
    assert "out  2 texts, 2 lines" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--preset", "nope"],
            "there is no preset 'nope'; there are: neuralpoet, neurobugurt, prose, shakespeare, speeches, stihi",
        ),
        (["--preset", "stihi", "--jobs", "0"], "--jobs must be from 1 to 512"),
        (["--preset", "stihi", "--explain", "-1"], "--explain must be from 0 to 1000"),
        (["--preset", "stihi", "--encoding", "klingon"], "there is no encoding 'klingon'"),
    ],
)
def test_the_command_line_answers_in_one_sentence(tmp_path: Path, options: list[str], sentence: str) -> None:
    source = corpus(tmp_path / "in.jsonl", ["раз"])
    done = model("clean", source, tmp_path / "out.jsonl", *options, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"model: {sentence}")
    assert done.stderr.count("\n") == 1
