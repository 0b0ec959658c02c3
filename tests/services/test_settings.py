"""Settings from the environment: types, defaults, errors and help."""

import pytest
from pydantic import Field, SecretStr

from services.settings import Port, Seconds, Settings, SettingsError, Url


class Example(Settings):
    example_port: Port = Field(default=80, description="port to listen on")
    example_url: Url = Field(default="http://127.0.0.1:80", description="where to ask")
    example_timeout: Seconds = Field(default=1.5, description="seconds to wait")
    example_secret: SecretStr = Field(default=SecretStr("s3cret"), description="a secret")


def test_unset_and_blank_variables_have_their_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAMPLE_PORT", "")
    monkeypatch.setenv("EXAMPLE_TIMEOUT", " \t")
    assert Example.load() == Example(example_port=80, example_timeout=1.5)


def test_variables_are_read_with_white_space_and_a_last_slash_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAMPLE_PORT", " 81 ")
    monkeypatch.setenv("EXAMPLE_URL", " https://example.org/api/ ")
    settings = Example.load()
    assert (settings.example_port, settings.example_url) == (81, "https://example.org/api")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EXAMPLE_PORT", "65536"), ("EXAMPLE_PORT", "-1"), ("EXAMPLE_PORT", "http"), ("EXAMPLE_URL", "example.org"),
        ("EXAMPLE_URL", "ftp://example.org"), ("EXAMPLE_URL", "http://a:b"), ("EXAMPLE_URL", "http://a?b=c"),
        ("EXAMPLE_TIMEOUT", "0"), ("EXAMPLE_TIMEOUT", "inf"), ("EXAMPLE_TIMEOUT", "nan"), ("EXAMPLE_TIMEOUT", "3601"),
    ],
)  # fmt: skip
def test_an_invalid_variable_is_named_in_one_sentence(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        Example.load()
    assert str(caught.value).startswith(f"{name}: ")
    assert str(caught.value).count("\n") == 0


def test_the_help_has_names_descriptions_and_defaults_and_no_secret() -> None:
    assert Example.help().splitlines() == [
        "environment:",
        "  EXAMPLE_PORT                 port to listen on (80)",
        "  EXAMPLE_URL                  where to ask (http://127.0.0.1:80)",
        "  EXAMPLE_TIMEOUT              seconds to wait (1.5)",
        "  EXAMPLE_SECRET               a secret",
    ]


def test_a_secret_is_not_in_the_representation() -> None:
    assert "s3cret" not in repr(Example.load())
