"""The command line: tensorflow_model_server's own flag names, read once into frozen settings."""

import argparse
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

DESCRIPTION = """\
Serve models over TF-Serving's REST API and gRPC, with tensorflow_model_server's own flags.

Every directory of --model_base_path whose name is a number is a version of the model. The highest is served; a higher
one that appears is loaded beside it and then takes over, and no request is lost. Put a version there by renaming a
finished directory, for it is picked up as soon as its name is seen. TensorFlow runs a saved_model.pb, LiteRT a
model.tflite; --model_config_file and gRPC need TensorFlow's packages (requirements/tensorflow.txt).

Several models, other versions than the highest, and labels for versions are for --model_config_file."""

EPILOG = """\
example:
  python -m serving --rest_api_port=8501 --model_name=poet --model_base_path=serving/models/poet
  curl http://127.0.0.1:8501/v1/models/poet
  curl -d '{"signature_name": "release", "inputs": [0]}' http://127.0.0.1:8501/v1/models/poet:predict

a model configuration file (TF-Serving's ModelServerConfig as text; a policy is latest, specific or all):
  model_config_list {
    config {
      name: 'poet'  base_path: '/models/poet'  model_platform: 'tensorflow'
      model_version_policy { latest { num_versions: 2 } }
      version_labels { key: 'stable' value: 1 }
    }
  }

Not in tensorflow_model_server: --rest_api_address and --grpc_address. It listens on every address; this server on
127.0.0.1 unless told otherwise (in a container: --rest_api_address=0.0.0.0), since neither has a password. Its gRPC is
on port 8500 by default; here gRPC is off until --port or --grpc_socket_path is given.

exit status: 0 after SIGTERM or SIGINT, 1 when the server cannot start, 2 for a bad flag."""

MAX_INT32 = 2**31 - 1


@dataclass(frozen=True)
class Settings:
    """What the flags say; see each flag's help for its meaning."""

    rest_api_port: int
    rest_api_address: str
    rest_api_timeout_in_ms: int
    rest_api_num_threads: int
    port: int
    grpc_address: str
    grpc_socket_path: Path | None
    grpc_max_threads: int
    enable_grpc_healthcheck_service: bool
    enable_serialization_as_tensor_content: bool
    model_name: str
    model_base_path: Path | None
    model_config_file: Path | None
    model_config_file_poll_wait_seconds: int
    allow_version_labels_for_unavailable_models: bool
    file_system_poll_wait_seconds: int
    max_num_load_retries: int
    load_retry_interval_micros: int
    enable_model_warmup: bool
    enable_batching: bool
    batching_parameters_file: Path | None
    monitoring_config_file: Path | None
    tensorflow_intra_op_parallelism: int
    tensorflow_inter_op_parallelism: int
    prefer_tflite_model: bool


class _Parser(argparse.ArgumentParser):
    """Answers a bad command line with one sentence and exit status 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see --help\n")


def parse(arguments: Sequence[str] | None = None) -> Settings:
    """Read the command line; a bad flag ends the process with exit status 2."""
    parser = _parser()
    settings = Settings(**vars(parser.parse_args(arguments)))
    if not settings.model_base_path and not settings.model_config_file:
        parser.error("one of --model_base_path and --model_config_file is required")
    if settings.port == settings.rest_api_port:
        parser.error("--port and --rest_api_port must differ")
    return settings


def _parser() -> argparse.ArgumentParser:
    """Describe every flag, both for reading and for --help."""
    parser = _Parser(
        prog="python -m serving",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="%(prog)s --rest_api_port=PORT {--model_base_path=DIRECTORY | --model_config_file=FILE} [--flag=value]",
        allow_abbrev=False,
    )
    _add_rest_flags(parser)
    _add_grpc_flags(parser)
    _add_model_flags(parser)
    _add_loading_flags(parser)
    _add_batching_flags(parser)
    _add_tensorflow_flags(parser)
    return parser


def _add_rest_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("REST")
    group.add_argument(
        "--rest_api_port", required=True, type=_integer(1, 65535), metavar="PORT", help="port to listen on"
    )
    group.add_argument(
        "--rest_api_address", default="127.0.0.1", metavar="ADDRESS", help="address to listen on (default: %(default)s)"
    )
    group.add_argument(
        "--rest_api_timeout_in_ms",
        default=30000,
        type=_integer(1, MAX_INT32),
        metavar="MS",
        help="a run of the model that takes longer is given up with 504 (default: %(default)s)",
    )
    group.add_argument(
        "--rest_api_num_threads",
        default=4 * (os.cpu_count() or 1),
        type=_integer(1, 1024),
        metavar="N",
        help="requests worked on at once (default: 4 per processor, %(default)s here)",
    )


def _add_grpc_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("gRPC (off without a port and a socket)")
    group.add_argument(
        "--port",
        default=0,
        type=_integer(0, 65535),
        metavar="PORT",
        help="port to listen on, usually 8500; 0 for none (default: %(default)s)",
    )
    group.add_argument(
        "--grpc_address", default="127.0.0.1", metavar="ADDRESS", help="address to listen on (default: %(default)s)"
    )
    group.add_argument(
        "--grpc_socket_path", type=_path("file"), metavar="FILE", help="a UNIX socket to listen on (default: none)"
    )
    group.add_argument(
        "--grpc_max_threads",
        default=4 * (os.cpu_count() or 1),
        type=_integer(1, 1024),
        metavar="N",
        help="calls worked on at once (default: 4 per processor, %(default)s here)",
    )
    for name, what in (
        ("enable_grpc_healthcheck_service", "answer grpc.health.v1.Health too"),
        ("enable_serialization_as_tensor_content", "tensors in replies as packed bytes, not in typed fields"),
    ):
        group.add_argument(
            f"--{name}",
            nargs="?",
            default=False,
            const=True,
            type=_boolean,
            metavar="true|false",
            help=f"{what} (default: false)",
        )


def _add_model_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("model")
    group.add_argument(
        "--model_name", default="default", type=_name, metavar="NAME", help="its name in the URL (default: %(default)s)"
    )
    group.add_argument(
        "--model_base_path",
        type=_path("directory"),
        metavar="DIRECTORY",
        help="the directory that holds the versions",
    )
    group.add_argument(
        "--model_config_file",
        type=_path("file"),
        metavar="FILE",
        help="the models to serve; the two flags above are then not looked at",
    )
    group.add_argument(
        "--model_config_file_poll_wait_seconds",
        default=0,
        type=_integer(0, MAX_INT32),
        metavar="S",
        help="seconds between two readings of that file; 0 reads it once, at start (default: %(default)s)",
    )
    group.add_argument(
        "--allow_version_labels_for_unavailable_models",
        nargs="?",
        default=False,
        const=True,
        type=_boolean,
        metavar="true|false",
        help="a new label may name a version that is not loaded yet; labels in the file at start need this "
        "(default: false)",
    )


def _add_loading_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("loading")
    group.add_argument(
        "--file_system_poll_wait_seconds",
        default=1,
        type=_integer(0, MAX_INT32),
        metavar="S",
        help="seconds between two looks for versions; 0 looks once, at start (default: %(default)s)",
    )
    group.add_argument(
        "--max_num_load_retries",
        default=5,
        type=_integer(0, MAX_INT32),
        metavar="N",
        help="how often a version that failed to load is tried again (default: %(default)s)",
    )
    group.add_argument(
        "--load_retry_interval_micros",
        default=60_000_000,
        type=_integer(0, 2**53),
        metavar="US",
        help="microseconds between two tries (default: %(default)s, a minute)",
    )
    group.add_argument(
        "--enable_model_warmup",
        nargs="?",
        default=True,
        const=True,
        type=_boolean,
        metavar="true|false",
        help="run a SavedModel's assets.extra/tf_serving_warmup_requests before it serves (default: true)",
    )


def _add_batching_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("batching and monitoring")
    group.add_argument(
        "--enable_batching",
        nargs="?",
        default=False,
        const=True,
        type=_boolean,
        metavar="true|false",
        help="run requests together that arrive together, as many as REST and gRPC have threads "
        "at most (default: false)",
    )
    group.add_argument(
        "--batching_parameters_file",
        type=_path("file"),
        metavar="FILE",
        help="TF-Serving's BatchingParameters as text: max_batch_size { value: 32 } and so on",
    )
    group.add_argument(
        "--monitoring_config_file",
        type=_path("file"),
        metavar="FILE",
        help="TF-Serving's MonitoringConfig as text: prometheus_config { enable: true } shows Prometheus the metrics, "
        "at /monitoring/prometheus/metrics unless it names another path",
    )


def _add_tensorflow_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("TensorFlow and LiteRT (0 = as many threads as processors; LiteRT: one)")
    for name, what in (("intra", "one operation"), ("inter", "several operations at once")):
        group.add_argument(
            f"--tensorflow_{name}_op_parallelism",
            default=0,
            type=_integer(0, 1024),
            metavar="N",
            help=f"threads for {what} (default: %(default)s)",
        )
    group.add_argument(
        "--prefer_tflite_model",
        nargs="?",
        default=False,
        const=True,
        type=_boolean,
        metavar="true|false",
        help="of a version that has both a model.tflite and a SavedModel take the first, as without TensorFlow; LiteRT "
        "then runs it, one request at a time (default: false)",
    )


def _integer(low: int, high: int) -> Callable[[str], int]:
    """Return a reader of decimal integers within bounds."""

    def read(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,16}", text) or not low <= int(text) <= high:
            message = f"expected an integer from {low} to {high}, not {text!r}"
            raise argparse.ArgumentTypeError(message)
        return int(text)

    return read


def _name(text: str) -> str:
    if not re.fullmatch(r"[^/:]+", text):
        message = f"expected a name without '/' and ':', not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return text


def _path(what: str) -> Callable[[str], Path]:
    """Return a reader of the path of a directory or a file."""

    def read(text: str) -> Path:
        if not text or "\0" in text:
            message = f"expected a {what}, not {text!r}"
            raise argparse.ArgumentTypeError(message)
        return Path(text)

    return read


def _boolean(text: str) -> bool:
    values = {"true": True, "1": True, "false": False, "0": False}
    if text.lower() not in values:
        message = f"expected true or false, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return values[text.lower()]
