"""The command line, read in this process; `test_lifecycle.py` has a process that refuses its command line."""

from dataclasses import fields

import pytest

from serving import flags

PORT, BASE = "--rest_api_port=1", "--model_base_path=a"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: --rest_api_port"),
        ([PORT], "one of --model_base_path and --model_config_file is required"),
        ([PORT, "--model_config_file="], "argument --model_config_file: expected a file"),
        (
            [PORT, BASE, "--allow_version_labels_for_unavailable_models=maybe"],
            "argument --allow_version_labels_for_unavailable_models: expected true or false",
        ),
        (["--rest_api_port=x", BASE], "argument --rest_api_port: expected an integer from 1 to 65535"),
        (["--rest_api_port", "0", "--model_base_path", "a"], "argument --rest_api_port: expected an integer"),
        ([PORT, BASE, "--nope=1"], "unrecognized arguments: --nope=1"),
        ([PORT, BASE, "--model_name=a/b"], "argument --model_name: expected a name"),
        ([PORT, BASE, "--port=1"], "--port and --rest_api_port must differ"),
        ([PORT, BASE, "--port=-1"], "argument --port: expected an integer from 0 to 65535"),
        ([PORT, BASE, "--grpc_max_threads=0"], "argument --grpc_max_threads: expected an integer"),
        ([PORT, BASE, "--grpc_socket_path="], "argument --grpc_socket_path: expected a file"),
        (
            [PORT, BASE, "--enable_grpc_healthcheck_service=x"],
            "argument --enable_grpc_healthcheck_service: expected true or false",
        ),
    ],
)
def test_a_bad_flag_is_one_sentence_and_status_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        flags.parse(arguments)
    assert end.value.code == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.startswith(f"python -m serving: {message}")


def test_help_names_every_flag(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        flags.parse(["--help"])
    assert end.value.code == 0
    described = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("  --")}
    assert described == {f"--{field.name}" for field in fields(flags.ServingSettings)}
