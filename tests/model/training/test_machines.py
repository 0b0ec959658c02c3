"""Training on several machines: here two processes that meet on loopback."""

import json
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from model.training.checkpoints import CHECKPOINT
from model.training.rank import ADDRESSES, INDEX, PROCESSES, Rank
from model.training.recorder import HISTORY
from tests.commands import model
from tests.forks import Forks
from tests.model import tiny
from tests.model.training.test_devices import several
from tests.processes import Running, free_port, wait_until

pytestmark = pytest.mark.timeout(340)
CHANGES = {
    "epochs = 3": "epochs = 10\nsnapshot_steps = 15",
    "dropout = 0.1": "dropout = 0.0", '"bpe"': '"characters"', "patience = 3": "",
    "ear = true\n": "",
}  # fmt: skip
CARRYING = {
    'network = "poet"': 'network = "charrnn"', "head = [24]": "layers = 1", "heads = 8": 'cell = "lstm"',
    "window = 20\n": "", "seed = 1": "seed = 1\ncarry = true",
}  # fmt: skip


class Group:
    """Starts the processes of one run, and ends them with the test."""

    def __init__(self, folder: Path, forks: Forks) -> None:
        self.forks = forks
        self.corpus, self.preset = tiny.write(folder)
        self.run = folder / "run"
        self.started = list[Running]()
        self.change(CHANGES)

    def change(self, changes: Mapping[str, str], path: Path | None = None) -> Path:
        text = self.preset.read_text("utf-8")
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        path = path or self.preset
        path.write_text(text, "utf-8")
        return path

    def start(
        self, *options: str, devices: int = 1, seconds: float = 100, preset: Path | None = None, out: Path | None = None
    ) -> Running:
        command = [str(seconds), "train", str(self.corpus), "--preset", str(preset or self.preset)]
        command += ["--out", str(out or self.run), *options]
        self.started.append(self.forks.start("tests.model.training.impatient", command, several(devices)))
        return self.started[-1]

    def pair(
        self, *options: str, devices: int = 1, preset: Path | None = None, out: Path | None = None
    ) -> list[Running]:
        """Start two processes; `preset` and `out` are the second's."""
        address = f"127.0.0.1:{free_port()}"
        first = self.start("--machines", f"{address},2,0", *options, devices=devices)
        return [first, self.start("--machines", f"{address},2,1", *options, devices=devices, preset=preset, out=out)]

    def rows(self) -> list[dict[str, Any]]:
        history: dict[str, Any] = json.loads((self.run / HISTORY).read_bytes())
        return history["steps"]  # type: ignore[no-any-return]

    def end(self) -> None:
        for running in self.started:
            running.process.kill()
            running.wait()


@pytest.fixture
def group(tmp_path: Path, jax_forks: Forks) -> Iterator[Callable[[str], Group]]:
    groups = list[Group]()

    def made(name: str) -> Group:
        (tmp_path / name).mkdir()
        groups.append(Group(tmp_path / name, jax_forks))
        return groups[-1]

    yield made
    for one in groups:
        one.end()


def stop(reporting: Running, told: Running, line: str, number: signal.Signals) -> None:
    """Tell a process to stop once the run has come so far."""
    wait_until(lambda: line in reporting.text() or not reporting.is_running(), 120, reporting.text)
    told.process.send_signal(number)


@pytest.mark.parametrize("carry", [False, True], ids=["poet", "charrnn that carries its state"])
def test_two_processes_learn_what_one_does_and_stop_together(group: Callable[[str], Group], *, carry: bool) -> None:
    alone, together = group("alone"), group("together")
    for one in (alone, together) if carry else ():
        one.change(CARRYING)
    reference = alone.start()
    stop(reference, reference, "step 20/", signal.SIGTERM)
    for options, line, told, number in [
        ([], "step 10/", 1, signal.SIGTERM),
        (["--resume"], "step 20/", 0, signal.SIGINT),
    ]:
        pair = together.pair(*options, devices=2)
        stop(pair[0], pair[told], line, number)
        assert [running.wait(100) for running in pair] == [130, 130], [running.text() for running in pair]
        assert "stopped; continue with --resume" in pair[0].text()
        assert "stopped" not in pair[1].text()
        assert (together.run / CHECKPOINT).is_file()
    assert "resumed at epoch 1, step " in pair[0].text()
    assert reference.wait(100) == 130
    expected = [(row["loss"], row["accuracy"]) for row in alone.rows()[:20]]
    assert len(expected) == 20
    assert expected[0][0] > expected[-1][0]
    for row, figures in zip(together.rows(), expected, strict=False):
        assert (row["loss"], row["accuracy"]) == pytest.approx(figures, abs=1e-4)


@pytest.mark.parametrize("index", [0, 1])
def test_a_process_whose_others_never_come_says_so(group: Callable[[str], Group], index: int) -> None:
    lonely, address = group("lonely"), f"127.0.0.1:{free_port()}"
    running = lonely.start("--machines", f"{address},2,{index}", seconds=2)
    assert running.wait(100) == 1
    sentence = f"model: not all 2 processes connected to {address} within 2 seconds; check that each was started"
    assert sentence in running.text()
    assert not lonely.run.exists()


def test_processes_with_different_presets_refuse_to_train(group: Callable[[str], Group]) -> None:
    both = group("both")
    other = both.change({"clip_norm = 1.0": "clip_norm = 1.0\npatience = 4"}, both.preset.with_name("other.toml"))
    for running in both.pair(preset=other):
        assert running.wait(100) == 1
        assert "model: process 1: its preset, corpora or options differ from those of process 0" in running.text()
    assert not both.run.exists()


def test_processes_that_do_not_share_the_folder_say_so(group: Callable[[str], Group]) -> None:
    both = group("both")
    elsewhere = both.run.with_name("elsewhere")
    for running in both.pair(out=elsewhere):
        assert running.wait(100) == 1
        assert f"model: process 1: {elsewhere} is not the folder that process 0 writes to" in running.text()


def test_a_batch_that_cannot_be_shared_evenly_is_refused(group: Callable[[str], Group]) -> None:
    both = group("both")
    for running in both.pair(devices=3):
        assert running.wait(100) == 1
        sentence = "6 devices of 2 processes cannot share a batch_size of 4 evenly; make it a multiple of 6"
        assert f"model: {sentence}\n" in running.text()


def test_a_process_that_is_killed_ends_the_other(group: Callable[[str], Group]) -> None:
    both = group("both")
    first, second = both.pair()
    stop(first, second, "step 10/", signal.SIGKILL)
    assert first.wait(100) not in {0, 130}
    assert (both.run / CHECKPOINT).is_file()


def test_what_fails_in_the_first_process_is_said_by_all(group: Callable[[str], Group]) -> None:
    both = group("both")
    both.run.mkdir()
    (both.run / CHECKPOINT).touch()
    for running in both.pair():
        assert running.wait(100) == 1
        assert f"model: {both.run} holds a run; continue it with --resume, or choose another folder\n" in running.text()


def test_tensorflow_cannot_train_on_several_machines(group: Callable[[str], Group]) -> None:
    one = group("one")
    options = ["--preset", one.preset, "--out", one.run, "--machines", "127.0.0.1:7000,2,0"]
    done = model("train", one.corpus, *options, check=False)  # the tests' own backend is TensorFlow
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "model: training on several machines needs JAX; set KERAS_BACKEND=jax\n"


def test_the_manifest_in_the_docs_starts_a_group() -> None:
    page = (Path(__file__).parents[3] / "docs" / "training.md").read_text("utf-8")
    service, job = yaml.safe_load_all(page.partition("```yaml\n")[2].partition("```")[0])
    pod = job["spec"]["template"]["spec"]
    variables = {one["name"]: one for one in pod["containers"][0]["env"]}
    assert job["spec"]["completionMode"] == "Indexed"
    assert variables[INDEX]["valueFrom"]["fieldRef"]["fieldPath"].endswith("job-completion-index']")
    given = {name: variables[name]["value"] for name in (ADDRESSES, PROCESSES)}
    rank = Rank.of_environment({**given, INDEX: "1"})
    port = service["spec"]["ports"][0]["port"]
    assert rank == Rank(f"{job['metadata']['name']}-0.{pod['subdomain']}:{port}", job["spec"]["completions"], 1)
    assert pod["subdomain"] == service["metadata"]["name"]
    assert service["spec"]["selector"] == {"job-name": job["metadata"]["name"]}
