"""`inputs`: whole tensors, which carry their own batch dimension."""

import json

import pytest

from tests.serving.conftest import Api


def test_one_input_may_be_bare(api: Api) -> None:
    assert api.outputs("", [1.0, 2.0, 5.0]) == [2.5, 3.0, 4.5]


def test_one_input_may_be_named_and_other_names_are_ignored(api: Api) -> None:
    assert api.outputs("", {"x": [1.0], "other": ["ignored"]}) == [2.5]


def test_a_bare_number_is_a_scalar(api: Api) -> None:
    assert api.outputs("anything", 4.0) == 4.0


@pytest.mark.parametrize("empty", [[], [[]], [[], []]])
def test_empty_lists_are_empty_tensors(api: Api, empty: list[object]) -> None:
    assert api.outputs("anything", empty) == empty


def test_several_inputs_and_outputs_are_objects(api: Api) -> None:
    outputs = api.outputs("pair", {"a": [[1, 2], [0, 1]], "b": [[3, 4], [1, 1]]})
    assert outputs == {"dot": [11.0, 1.0], "sum": [[4.0, 6.0], [1.0, 2.0]]}


def test_a_scalar_output_and_uneven_outputs_are_fine(api: Api) -> None:
    assert api.outputs("mean", [1.0, 2.0]) == 1.5
    assert api.outputs("uneven", [1.0]) == {"once": [1.0], "twice": [1.0, 1.0]}


def test_the_reply_is_formatted_as_by_tf_serving(api: Api) -> None:
    response = api.predict(inputs=[1.0, 2.0])
    assert response.text == '{\n    "outputs": [\n        2.5,\n        3.0\n    ]\n}'


@pytest.mark.parametrize(
    ("signature", "inputs", "message"),
    [
        ("pair", [[1, 2]], "inputs is a plain value/list, but expecting an object as multiple"),
        ("pair", {"a": [[1, 2]]}, "Missing named input: b in 'inputs' object."),
        ("anything", [[1, 2], [3]], "Encountered list at unexpected size: 1 at level: 1 expected size: 2"),
        ("anything", [1, [2]], "Encountered list at unexpected level: 1 expected < 1"),
        ("anything", [[1], 2], "JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2"),
        ("anything", {"x": {"y": 1}}, "Type: Object is not of expected type: float"),
        ("anything", None, "JSON Value: null Type: Null is not of expected type: float"),
    ],
)
def test_what_does_not_fit_is_refused(api: Api, signature: str, inputs: object, message: str) -> None:
    assert message in api.refusal(signature, inputs=inputs)


def test_the_batch_is_the_callers_own(api: Api) -> None:
    for value in ("4.0", "[]", "[[], []]", "[[[1.0]]]"):
        assert api.outputs("anything", json.loads(value)) == json.loads(value)


def test_names_that_the_signature_does_not_have_are_ignored(api: Api) -> None:
    assert api.outputs("anything", {"x": [1], "y": "nothing"}) == [1.0]


@pytest.mark.parametrize("inputs", [[[1.0, 2.0]], [1.0, 2.0, 3.0], 1.0])
def test_a_shape_that_the_model_does_not_take_is_the_callers_fault(api: Api, inputs: object) -> None:
    assert api.refusal("matrix", inputs=inputs)
