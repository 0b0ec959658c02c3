"""A release's `model.tflite` on its way to the embedded server."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.stack import StackError
from deploy.versions import publish

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Return the parts of a release that publishing reads."""
    folder = tmp_path / "release"
    folder.mkdir()
    config = json.dumps({"name": "tiny"}).encode()
    (folder / "config.json").write_bytes(config)
    (folder / "model.tflite").write_bytes(b"TFL3 weights" + hashlib.sha256(config).hexdigest().encode())
    return folder


def versions(models: Path) -> list[int]:
    return sorted(int(path.name) for path in (models / "tiny").iterdir())


def test_it_becomes_a_version_once(release: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    assert [publish(release, models) for _ in range(2)] == ["tiny", "tiny"]
    (number,) = versions(models)
    assert (models / "tiny" / str(number) / "model.tflite").read_bytes() == (release / "model.tflite").read_bytes()


def test_another_file_is_the_newest_version(release: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    publish(release, models)
    (future,) = versions(models)
    (models / "tiny" / str(future)).rename(models / "tiny" / str(future + 10**6))
    (release / "model.tflite").write_bytes((release / "model.tflite").read_bytes() + b"more")
    publish(release, models)
    assert versions(models) == [future + 10**6, future + 10**6 + 1]


def test_a_version_that_has_it_beside_a_saved_model_will_do(release: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    publish(release, models)
    (number,) = versions(models)
    (models / "tiny" / str(number) / "saved_model.pb").touch()
    publish(release, models)
    assert versions(models) == [number]


@pytest.mark.parametrize("content", [None, b"TFL3 of another release"])
def test_a_release_without_a_file_of_its_own_is_told_how_to_make_it(
    release: Path, tmp_path: Path, content: bytes | None
) -> None:
    (release / "model.tflite").unlink()
    if content is not None:
        (release / "model.tflite").write_bytes(content)
    with pytest.raises(
        StackError, match=r"no model.tflite of its own. Make it with: make .venv/train && .* model lite"
    ):
        publish(release, tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(release: Path) -> None:
    models = release / "config.json" / "models"
    command = [sys.executable, "-m", "deploy.versions", str(release), str(models)]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert str(models) in done.stderr


@pytest.mark.parametrize("content", [None, b"{", b"[]", b"{}", b"\xff"])
def test_a_configuration_that_cannot_be_read_is_one_sentence(
    release: Path, tmp_path: Path, content: bytes | None
) -> None:
    (release / "config.json").unlink()
    if content is not None:
        (release / "config.json").write_bytes(content)
    command = [sys.executable, "-m", "deploy.versions", str(release), str(tmp_path / "models")]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert str(release) in done.stderr
