"""What servers find on disk: base paths with versions, and a model configuration file."""

import shutil
from dataclasses import dataclass
from pathlib import Path


class BasePath:
    """A model's base path, with versions put there by rename; version N answers N."""

    def __init__(self, saved_models: Path, path: Path) -> None:
        self.path = path
        path.mkdir(exist_ok=True)
        self._constants = saved_models / "constant"

    def put(self, number: int, name: str = "") -> None:
        staged = self.path / f"staged-{number}"
        shutil.copytree(self._constants / str(number), staged)
        staged.rename(self.path / (name or str(number)))

    def put_broken(self, number: int) -> None:
        (self.path / str(number)).mkdir()

    def remove(self, name: int | str) -> None:
        shutil.rmtree(self.path / str(name))


@dataclass(frozen=True)
class ConfiguredModels:
    """A base path for each model, and the configuration file that lists the models to serve."""

    saved_models: Path
    directory: Path

    @property
    def config_file(self) -> Path:
        return self.directory / "models.config"

    def add(self, name: str, *numbers: int) -> BasePath:
        """Return the model's base path, with these versions put there."""
        base = BasePath(self.saved_models, self.directory / name)
        for number in numbers:
            base.put(number)
        return base

    def entry(self, name: str, settings: str = "") -> str:
        """Return the part of the configuration that lists one model."""
        path = self.directory / name
        return f"config {{ name: '{name}' base_path: '{path}' model_platform: 'tensorflow' {settings} }}"

    def configure(self, *entries: str) -> None:
        """Write the configuration file anew, at one stroke."""
        self.write("model_config_list {\n" + "\n".join(entries) + "\n}\n")

    def write(self, text: str) -> None:
        draft = self.directory / "models.config.draft"
        draft.write_text(text)
        draft.rename(self.config_file)


def label(name: str, number: int) -> str:
    """Return the setting that gives a version a label."""
    return f"version_labels {{ key: '{name}' value: {number} }}"


def policy(text: str) -> str:
    """Return the setting that says which versions are served."""
    return f"model_version_policy {{ {text} }}"
