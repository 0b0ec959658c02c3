"""The one schema of what a caller may set."""

import pytest

from model.text.parameters import BOUNDS, InvalidParameter, Parameters, check, from_text


def test_values_within_bounds_come_back_as_their_kind() -> None:
    assert check({"chaos": 1, "seed": 0, "temperature": None, "prompt": "", "explain": False}) == {
        "chaos": 1.0,
        "seed": 0,
        "temperature": None,
        "prompt": "",
        "explain": False,
    }
    assert isinstance(check({"chaos": 1})["chaos"], float)
    assert str(check({"chaos": -0.0})["chaos"]) == "0.0"


@pytest.mark.parametrize("hundredth", range(101))
def test_every_hundredth_of_chaos_is_taken(hundredth: int) -> None:
    assert check({"chaos": hundredth / 100}) == {"chaos": hundredth / 100}
    assert check({"chaos": float(f"0.{hundredth:02d}") if hundredth < 100 else 1.0}) == {"chaos": hundredth / 100}


def test_every_hundredth_of_temperature_is_taken() -> None:
    for hundredth in range(1, 1001):
        assert check({"temperature": hundredth / 100}) == {"temperature": hundredth / 100}


@pytest.mark.parametrize(
    "value", [0.005, 0.0100001, 0.1 + 0.2 - 0.29, float("nan"), float("inf"), 1.01, -0.01, True, "0"]
)
def test_what_is_no_hundredth_between_0_and_1_is_no_chaos(value: object) -> None:
    with pytest.raises(InvalidParameter) as caught:
        check({"chaos": value})
    assert caught.value.field == "chaos"


@pytest.mark.parametrize("name", [name for name, bound in BOUNDS.items() if not bound.nullable])
def test_null_is_not_a_default(name: str) -> None:
    with pytest.raises(InvalidParameter):
        check({name: None})


def test_an_unknown_field_is_told_what_there_is() -> None:
    with pytest.raises(InvalidParameter, match="top_k"):
        check({"topk": 1})


def test_the_message_names_the_bound() -> None:
    with pytest.raises(InvalidParameter, match="between 0 and 4294967295"):
        check({"seed": 2**32})
    with pytest.raises(InvalidParameter, match="at most 2000 characters long, is 2001"):
        check({"prompt": "я" * 2001})
    with pytest.raises(InvalidParameter, match="graph, loop"):
        check({"decoder": "beam"})


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("seed", "7", 7), ("seed", "-7", -7), ("seed", "", None), ("seed", "null", None), ("n", "", ""),
        ("chaos", "0.25", 0.25), ("chaos", "1", 1.0), ("chaos", "1e-1", 0.1), ("chaos", "-1.5E+2", -150.0),
        ("temperature", "null", None), ("explain", "true", True), ("explain", "false", False), ("prompt", "5", "5"),
        ("prompt", "null", "null"), ("colour", "1", "1"), ("seed", "1_0", "1_0"), ("seed", " 1", " 1"),
        ("seed", "٣", "٣"), ("seed", "9" * 30, "9" * 30), ("seed", "1.0", "1.0"), ("chaos", "nan", "nan"),
        ("chaos", "inf", "inf"), ("chaos", "1e999", "1e999"), ("chaos", "1_0.0", "1_0.0"), ("explain", "True", "True"),
    ],
)  # fmt: skip
def test_a_query_is_read_as_the_kind_that_is_wanted(field: str, text: str, value: object) -> None:
    assert from_text(field, text) == value
    assert type(from_text(field, text)) is type(value)


def test_no_temperature_is_equal_weights() -> None:
    parameters = Parameters(2, 120, 47, 0.25, None, 160, 8, None)
    assert parameters.inverse_temperature == 0
    assert Parameters(2, 120, 47, 0.25, 0.5, 160, 8, None).inverse_temperature == 2
    assert (parameters.pools.top_k, parameters.pools.line_start_k, parameters.pools.chaos_k) == (2, 120, 47)


def test_every_parameter_has_a_bound() -> None:
    assert set(Parameters.names()) <= set(BOUNDS)
