# ruff: noqa: RUF009 -- `_flag` returns a dataclass field
"""The command line: tensorflow_model_server's own flag names, read once into frozen settings.

`ServingSettings` is the table of flags: the parser and `--help` are generated from its rows.
"""

import argparse
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NoReturn

DESCRIPTION = """\
Serve models over TF-Serving's REST API and gRPC, with tensorflow_model_server's own flags.

Every directory in --model_base_path whose name is a number is a version of the model. The highest is served; when a
higher one appears, it is loaded and then takes over without a lost request. Add a version by renaming a complete
directory, since it is loaded as soon as its name appears. TensorFlow runs a saved_model.pb, LiteRT a model.tflite;
--model_config_file and gRPC need TensorFlow's packages (requirements/tensorflow.txt).

For several models, other versions than the highest, and version labels, use --model_config_file."""

EPILOG = """\
example:
  python -m serving --rest_api_port=8501 --model_name=poet --model_base_path=serving/models/poet
  curl http://127.0.0.1:8501/v1/models/poet
  curl -d '{"signature_name": "release", "inputs": [0]}' http://127.0.0.1:8501/v1/models/poet:predict

a model configuration file (TF-Serving's ModelServerConfig in text format; the policy is latest, specific or all):
  model_config_list {
    config {
      name: 'poet'  base_path: '/models/poet'  model_platform: 'tensorflow'
      model_version_policy { latest { num_versions: 2 } }
      version_labels { key: 'stable' value: 1 }
    }
  }

tensorflow_model_server has no --rest_api_address and --grpc_address: it listens on every address. This server listens
on 127.0.0.1 by default (in a container use --rest_api_address=0.0.0.0), since neither has authentication. There gRPC is
on port 8500 by default; here it is off unless --port or --grpc_socket_path is given.

exit status: 0 after SIGTERM or SIGINT, 1 if the server cannot start, 2 for an invalid flag."""

MAX_INT32 = 2**31 - 1
CPUS = os.cpu_count() or 1


@dataclass(frozen=True)
class Kind:
    """The type of a flag's value: its name in `--help`, and its reader, which raises ArgumentTypeError."""

    metavar: str
    read: Callable[[str], object]


def _integer(metavar: str, low: int, high: int) -> Kind:
    def read(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,16}", text) or not low <= int(text) <= high:
            message = f"expected an integer from {low} to {high}, not {text!r}"
            raise argparse.ArgumentTypeError(message)
        return int(text)

    return Kind(metavar, read)


def _path(what: str) -> Kind:
    def read(text: str) -> Path:
        if not text or "\0" in text:
            message = f"expected a {what}, not {text!r}"
            raise argparse.ArgumentTypeError(message)
        return Path(text)

    return Kind(what.upper(), read)


def _name(text: str) -> str:
    if not re.fullmatch(r"[^/:]+", text):
        message = f"expected a name without '/' and ':', not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return text


def _boolean(text: str) -> bool:
    values = {"true": True, "1": True, "false": False, "0": False}
    if text.lower() not in values:
        message = f"expected true or false, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return values[text.lower()]


ADDRESS, NAME, BOOLEAN = Kind("ADDRESS", str), Kind("NAME", _name), Kind("true|false", _boolean)
FILE, DIRECTORY = _path("file"), _path("directory")
PORT, OPTIONAL_PORT = _integer("PORT", 1, 65535), _integer("PORT", 0, 65535)
MILLISECONDS, SECONDS = _integer("MS", 1, MAX_INT32), _integer("S", 0, MAX_INT32)
MICROSECONDS = _integer("US", 0, 2**53)
COUNT, THREADS, OPTIONAL_THREADS = _integer("N", 0, MAX_INT32), _integer("N", 1, 1024), _integer("N", 0, 1024)


def _flag(kind: Kind, text: str, default: object = None, *, required: bool = False) -> Any:
    """Return a row: a dataclass field with argparse's arguments as metadata. `text` gets the default appended."""
    shown = str(default).lower() if kind is BOOLEAN else "%(default)s"
    has_default = default is None or "(default: " in text
    argument: dict[str, Any] = {"type": kind.read, "metavar": kind.metavar, "default": default, "required": required}
    if kind is BOOLEAN:
        argument |= {"nargs": "?", "const": True}
    return field(metadata={**argument, "help": text if has_default else f"{text} (default: {shown})"})


@dataclass(frozen=True)
class ServingSettings:
    """The table of flags, in the order of `--help`: name, type, kind, help text, default."""

    rest_api_port: int = _flag(PORT, "port to listen on", required=True)
    rest_api_address: str = _flag(ADDRESS, "address to listen on", "127.0.0.1")
    rest_api_timeout_in_ms: int = _flag(
        MILLISECONDS, "time limit for a run of the model; beyond it the request gets 504", 30000
    )
    rest_api_num_threads: int = _flag(
        THREADS, "concurrent requests (default: 4 per processor, %(default)s here)", CPUS * 4
    )

    port: int = _flag(OPTIONAL_PORT, "port to listen on, usually 8500; 0: none", 0)
    grpc_address: str = _flag(ADDRESS, "address to listen on", "127.0.0.1")
    grpc_socket_path: Path | None = _flag(FILE, "a UNIX socket to listen on (default: none)")
    grpc_max_threads: int = _flag(THREADS, "concurrent calls (default: 4 per processor, %(default)s here)", CPUS * 4)
    enable_grpc_healthcheck_service: bool = _flag(BOOLEAN, "serve grpc.health.v1.Health too", default=False)
    enable_serialization_as_tensor_content: bool = _flag(
        BOOLEAN, "send tensors in replies as packed bytes instead of typed fields", default=False
    )

    model_name: str = _flag(NAME, "the model's name in the URL", "default")
    model_base_path: Path | None = _flag(DIRECTORY, "the directory that holds the versions")
    model_config_file: Path | None = _flag(FILE, "the models to serve; the two flags above are then ignored")
    model_config_file_poll_wait_seconds: int = _flag(
        SECONDS, "polling interval of that file in seconds; 0 reads it once, at start", 0
    )
    allow_version_labels_for_unavailable_models: bool = _flag(
        BOOLEAN,
        "let a new label name a version that is not loaded yet; required for labels in the file at start",
        default=False,
    )

    file_system_poll_wait_seconds: int = _flag(
        SECONDS, "polling interval of the base paths in seconds; 0 scans once, at start", 1
    )
    max_num_load_retries: int = _flag(COUNT, "how often a failed load is retried", 5)
    load_retry_interval_micros: int = _flag(
        MICROSECONDS, "microseconds between two attempts (default: %(default)s, a minute)", 60_000_000
    )
    enable_model_warmup: bool = _flag(
        BOOLEAN,
        "run a SavedModel's warm-up requests (assets.extra/tf_serving_warmup_requests)",
        default=True,
    )

    enable_batching: bool = _flag(
        BOOLEAN,
        "batch concurrent requests, at most as many as REST and gRPC have threads",
        default=False,
    )
    batching_parameters_file: Path | None = _flag(
        FILE, "TF-Serving's BatchingParameters in text format, such as max_batch_size { value: 32 }"
    )
    monitoring_config_file: Path | None = _flag(
        FILE,
        "TF-Serving's MonitoringConfig in text format: prometheus_config { enable: true } exposes metrics to "
        "Prometheus, by default at /monitoring/prometheus/metrics",
    )

    tensorflow_intra_op_parallelism: int = _flag(OPTIONAL_THREADS, "threads within one operation", 0)
    tensorflow_inter_op_parallelism: int = _flag(OPTIONAL_THREADS, "threads across operations", 0)
    prefer_tflite_model: bool = _flag(
        BOOLEAN,
        "if a version has both a model.tflite and a SavedModel, run the model.tflite, as without TensorFlow: in "
        "LiteRT, one request at a time",
        default=False,
    )


# The groups of `--help`, each by its first flag.
GROUPS = {
    "rest_api_port": "REST",
    "port": "gRPC (off unless a port or a socket is given)",
    "model_name": "model",
    "file_system_poll_wait_seconds": "loading",
    "enable_batching": "batching and monitoring",
    "tensorflow_intra_op_parallelism": "TensorFlow and LiteRT (0: one thread per processor; LiteRT: one)",
}


class _ArgumentParser(argparse.ArgumentParser):
    """Reports an invalid command line in one sentence, with exit status 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see --help\n")


def parse(arguments: Sequence[str] | None = None) -> ServingSettings:
    """Return the settings of the command line; an invalid flag ends the process with exit status 2."""
    parser = _parser()
    settings = ServingSettings(**vars(parser.parse_args(arguments)))
    if not settings.model_base_path and not settings.model_config_file:
        parser.error("one of --model_base_path and --model_config_file is required")
    if settings.port == settings.rest_api_port:
        parser.error("--port and --rest_api_port must differ")
    return settings


def _parser() -> argparse.ArgumentParser:
    parser = _ArgumentParser(
        prog="python -m serving",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="%(prog)s --rest_api_port=PORT {--model_base_path=DIRECTORY | --model_config_file=FILE} [--flag=value]",
        allow_abbrev=False,
    )
    for row in fields(ServingSettings):
        if row.name in GROUPS:
            group = parser.add_argument_group(GROUPS[row.name])
        group.add_argument(f"--{row.name}", **row.metadata)
    return parser
