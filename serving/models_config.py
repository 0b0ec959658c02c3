"""The models to serve, from `--model_config_file` or from the flags for a single model."""

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
    """One model: its name in the URL, its base path, its version policy, and its version labels."""

    name: str
    base_path: Path
    policy: VersionPolicy = field(default_factory=VersionPolicy)
    labels: Mapping[str, int] = field(default_factory=dict)


def read_models(settings: ServingSettings) -> Sequence[ModelConfig] | None:
    """Return the configured models, from the file if there is one; see `read`."""
    if settings.model_config_file:
        return read(settings.model_config_file)
    return (ModelConfig(settings.model_name, settings.model_base_path),) if settings.model_base_path else None


def read(path: Path) -> tuple[ModelConfig, ...] | None:
    """Return the models of a text-format `ModelServerConfig`, None for an empty one.

    Raises ServingError, naming the file and if possible the line, for a file that is unreadable or invalid.
    """
    # Imported here, so that a server of a single model does not need these packages.
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
    """Return the models in a `ModelServerConfig`; raise ServingError if it is invalid."""
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
