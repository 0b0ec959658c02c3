"""Which models to serve, as `--model_config_file` or the flags for a single model say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from serving.errors import Code, ServingError, invalid
from serving.flags import ServingSettings
from serving.versions import VersionPolicy

_PLATFORM = "tensorflow"
_TENSORFLOW_TYPE = 1  # the deprecated `model_type: TENSORFLOW`


@dataclass(frozen=True)
class ModelConfig:
    """One model: its name in the URL, where its versions lie, which of them to serve, labels for version numbers."""

    name: str
    base_path: Path
    policy: VersionPolicy = field(default_factory=VersionPolicy)
    labels: Mapping[str, int] = field(default_factory=dict)


def read_models(settings: ServingSettings) -> Sequence[ModelConfig] | None:
    """Return the models that the settings name, from the file where they name one; see `read`."""
    if settings.model_config_file:
        return read(settings.model_config_file)
    return (ModelConfig(settings.model_name, settings.model_base_path),) if settings.model_base_path else None


def read(path: Path) -> tuple[ModelConfig, ...] | None:
    """Read a text-format `ModelServerConfig`; None for one that says nothing.

    Raises ServingError, naming the file and where there is one the line, for what cannot be read or makes no sense.
    """
    # Only here, so that a server of a single model does without these packages.
    try:
        from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

        from serving import text_proto
    except ImportError:
        message = "--model_config_file needs the packages of requirements/tensorflow.txt"
        raise ServingError(Code.FAILED_PRECONDITION, message) from None

    config = text_proto.read(path, ModelServerConfig())
    kind = config.WhichOneof("config")
    if kind is None:
        return None
    try:
        if kind != "model_config_list":
            message = "ModelServer does not yet support custom model config."
            raise invalid(message)
        return from_proto(config)
    except ServingError as error:
        raise text_proto.refusal(path, str(error)) from error


def from_proto(server_config: Any) -> tuple[ModelConfig, ...]:
    """Return the models of a `ModelServerConfig`'s list; raise ServingError for what makes no sense."""
    configs = server_config.model_config_list.config
    names: set[str] = set()
    for config in configs:
        if config.name in names:
            message = f"Illegal to list model {config.name} multiple times in config list"
            raise invalid(message)
        names.add(config.name)
    return tuple(_model(config) for config in configs)


def _model(config: Any) -> ModelConfig:
    if not config.base_path.startswith("/") or "\0" in config.base_path:
        message = f"Expected model {config.name} to have an absolute path or URI; got base_path()={config.base_path}"
        raise invalid(message)
    _check_platform(config)
    return ModelConfig(
        config.name, Path(config.base_path), _policy(config.model_version_policy), dict(config.version_labels)
    )


def _check_platform(config: Any) -> None:
    if config.model_type and config.model_platform:
        message = (
            "Illegal setting both ModelServerConfig::model_type (deprecated) and ModelServerConfig::model_platform."
        )
    elif config.model_type not in (0, _TENSORFLOW_TYPE):
        message = f"ModelServerConfig::model_type choice {config.model_type} not supported."
    elif not config.model_type and not config.model_platform:
        message = (
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor ModelServerConfig::model_platform."
        )
    elif not config.model_type and config.model_platform != _PLATFORM:
        message = f"Model {config.name} requests unsupported platform {config.model_platform}"
    else:
        return
    raise invalid(message)


def _policy(policy: Any) -> VersionPolicy:
    kind = policy.WhichOneof("policy_choice")
    if kind == "all":
        return VersionPolicy(latest=None)
    if kind == "specific":
        return VersionPolicy(specific=frozenset(policy.specific.versions))
    return VersionPolicy(latest=max(policy.latest.num_versions, 1))
