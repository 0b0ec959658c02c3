"""Publish a release's `model.tflite` as a version: `python -m deploy.versions RELEASE MODELS`."""

import filecmp
import hashlib
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from deploy.stack import StackError

LITE = "model.tflite"


def publish(release: Path, models: Path) -> str:
    """Publish the release as the newest version under models/NAME, unless it is that already; return NAME.

    A version appears by rename, whole or not at all. Raises StackError if the release is incomplete.
    """
    lite, name = release / LITE, _name(release)
    base = models / name
    base.mkdir(parents=True, exist_ok=True)
    newest = newest_version(base)
    current = base / str(newest) / LITE
    if not current.is_file() or not filecmp.cmp(lite, current, shallow=False):
        with tempfile.TemporaryDirectory(dir=base, prefix="new-") as beside:
            version = Path(beside) / "version"
            version.mkdir()
            shutil.copyfile(lite, version / LITE)
            # A timestamp, so that images built from different releases never share a version number.
            version.rename(base / str(max(newest + 1, int(time.time()))))
    return name


def newest_version(base: Path) -> int:
    """Return the highest version number under models/NAME, 0 if there is none.

    The contract is TF-Serving's, as in `serving.versions`: a name of decimal digits is a version, the highest is the
    newest. `model.files.folder.newest_version` does the same, which this package may not import.
    """
    return max((int(path.name) for path in base.iterdir() if path.name.isdecimal()), default=0)


def _name(release: Path) -> str:
    """Return the model's name; raise StackError if the release's files do not belong together."""
    try:
        config = (release / "config.json").read_bytes()
        name = str(json.loads(config)["name"])
        made_of = hashlib.sha256(config).hexdigest().encode()  # the file names the configuration that it was made of
        matches = made_of in (release / LITE).read_bytes()
    except FileNotFoundError as error:
        if Path(error.filename).name != LITE:
            raise StackError(f"{error.filename} is missing.") from None
        matches = False
    except (OSError, LookupError, TypeError, ValueError) as error:
        raise StackError(f"The release {release} cannot be read: {error}") from None
    if not matches:
        make = f"make .venv/train && .venv/bin/python -m model lite {release}"
        raise StackError(f"{release} has no {LITE} of its own. Make it with: {make}")
    return name


if __name__ == "__main__":
    try:
        publish(Path(sys.argv[1]), Path(sys.argv[2]))
    except (StackError, OSError) as error:
        sys.exit(str(error))
