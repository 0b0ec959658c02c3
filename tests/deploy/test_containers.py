"""The containers on a real engine: built, brought up in order, bounded, healed. Run with `make test-containers`.

The image of TF-Serving itself may be out of reach, so it is the embedded form that is brought up.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests

from tests.model import tiny
from tests.processes import free_port, wait_until
from tests.telegram import TOKEN, Telegram

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "neural-poet-test"
FILES = ["-f", "docker-compose.yml", "-f", "docker-compose.embedded.yml"]
SERVICES = ("serving", "backend", "bot")
TRAINING = f"{PROJECT}-training"

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]


def run(*command: str, check: bool = True, environment: Mapping[str, str] | None = None) -> str:
    """Run a command in the repository; return its output."""
    merged = {**os.environ, **(environment or {})}
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, encoding="utf-8", env=merged)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout


class Containers:
    """The services as Compose knows them."""

    def __init__(self) -> None:
        self.port = free_port()
        self.environment = {
            "COMPOSE_PROJECT_NAME": PROJECT,
            "COMPOSE_PROFILES": "bot",
            "PUBLISH": f"127.0.0.1:{self.port}",
            "TELEGRAM_BOT_TOKEN": TOKEN,
        }

    def compose(self, *arguments: str) -> str:
        """Run docker-compose."""
        return run("docker-compose", *FILES, *arguments, environment=self.environment)

    def inspect(self, service: str) -> dict[str, object]:
        """Return what the engine reports of a service's container."""
        (found,) = json.loads(run("docker", "inspect", self.compose("ps", "-q", service).strip()))
        assert isinstance(found, dict)
        return found

    def health(self, service: str) -> str:
        """Return the state of a service's health check."""
        state = self.inspect(service)["State"]
        assert isinstance(state, dict)
        return str(state["Health"]["Status"])

    def generate(self) -> requests.Response:
        """Ask for a poem from outside."""
        return requests.post(f"http://127.0.0.1:{self.port}/generate", json={"prompt": "Ночь"}, timeout=30)


@pytest.fixture(scope="module")
def engine() -> None:
    if not shutil.which("docker-compose") or not run("docker", "info", "--format", "{{.ID}}", check=False).strip():
        pytest.skip("no Docker engine answers")


@pytest.fixture(scope="module")
def containers(engine: None) -> Iterator[Containers]:  # noqa: ARG001  it must answer
    found = Containers()
    try:
        found.compose("build", "serving", "backend", "bot")
        found.compose("up", "--no-start", "backend")  # the networks, whose gateway the double listens on
        yield found
    finally:
        found.compose("down", "--volumes")


@pytest.fixture(scope="module")
def telegram(containers: Containers) -> Iterator[Telegram]:
    network = f"{PROJECT}_default"
    gateway = run("docker", "network", "inspect", network, "-f", "{{(index .IPAM.Config 0).Gateway}}").strip()
    double = Telegram(host=gateway)
    containers.environment["TELEGRAM_API_URL"] = double.base_url
    containers.compose("up", "--detach")
    yield double
    double.stop()


def test_a_message_to_the_bot_is_answered_with_a_poem(containers: Containers, telegram: Telegram) -> None:
    telegram.send_text("Ночь", user=5)
    wait_until(lambda: bool(telegram.sent(5)), 120)
    assert telegram.sent(5)[0]["text"].startswith("Ночь\n")
    assert containers.generate().status_code == 200


def test_every_service_is_healthy_bounded_and_not_root(containers: Containers, telegram: Telegram) -> None:
    assert telegram.base_url
    for service in SERVICES:
        wait_until(lambda service=service: containers.health(service) == "healthy", 120)  # type: ignore[misc]
        found = containers.inspect(service)
        host, config = found["HostConfig"], found["Config"]
        assert isinstance(host, dict)
        assert isinstance(config, dict)
        assert (config["User"], host["ReadonlyRootfs"], host["CapDrop"]) == ("10001", True, ["ALL"])
        assert 0 < host["Memory"] <= 2**30
        assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert "TOKEN" not in str(containers.inspect("serving")["Config"])
    assert TOKEN not in containers.compose("logs")


def test_a_killed_model_server_is_restarted(containers: Containers, telegram: Telegram) -> None:
    assert telegram.base_url
    state = containers.inspect("serving")["State"]
    assert isinstance(state, dict)
    run("kill", "-9", str(state["Pid"]))
    reply = containers.generate()
    assert reply.status_code == 503
    wait_until(lambda: containers.generate().status_code == 200, 90)


def test_only_the_backend_is_published_and_only_on_loopback(containers: Containers, telegram: Telegram) -> None:
    assert telegram.base_url
    published = run("docker", "ps", "--filter", f"label=com.docker.compose.project={PROJECT}", "--format", "{{.Ports}}")
    assert [line for line in published.splitlines() if "->" in line] == [f"127.0.0.1:{containers.port}->5000/tcp"]


@pytest.fixture
def training(engine: None) -> Iterator[str]:  # noqa: ARG001  it must answer
    run("docker", "build", "--file", "serving/Dockerfile", "--target", "training", "--tag", TRAINING, ".")
    yield TRAINING
    run("docker", "rm", "--force", TRAINING, check=False)


def test_a_training_container_is_killed_and_another_goes_on(training: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o777)  # the container's user is nobody of this machine
    tiny.write(data)
    mounted = ["--volume", f"{data}:/data", "--memory", "2g", "--cap-drop", "ALL", "--network", "none"]
    train = ["train", "/data/poems.jsonl", "--preset", "/data/tiny.toml", "--out", "/data/runs/mine"]
    run("docker", "run", "--detach", "--name", training, *mounted, training, *train)
    wait_until(lambda: "epoch 2/3 step 20" in run("docker", "logs", training), 180, lambda: logs(training))
    run("docker", "kill", training)
    assert "resumed at epoch 2, step " in run("docker", "run", "--rm", *mounted, training, *train, "--resume")
    history = json.loads((data / "runs/mine/history.json").read_bytes())
    assert [row["epoch"] for row in history["epochs"]] == [1, 2, 3]
    assert (data / "runs/mine/best.weights.h5").stat().st_uid == 10001


def logs(container: str) -> str:
    """Return the whole log of a container."""
    done = subprocess.run(["docker", "logs", container], check=False, capture_output=True, encoding="utf-8")
    return done.stdout + done.stderr
