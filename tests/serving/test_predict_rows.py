"""`instances`: a list of items, the server adds the batch dimension."""

import pytest

from tests.serving.conftest import Api


def test_one_input_takes_bare_values_and_answers_bare_values(api: Api) -> None:
    assert api.predictions("", [1.0, 2.0, 5.0]) == [2.5, 3.0, 4.5]


def test_one_input_may_be_named(api: Api) -> None:
    assert api.predictions("", [{"x": 1.0}, {"x": 2}]) == [2.5, 3.0]


def test_several_inputs_and_outputs_are_objects(api: Api) -> None:
    instances = [{"a": [1, 2], "b": [3, 4]}, {"b": [1, 1], "a": [0.5, 0.5]}]
    expected = [{"dot": 11.0, "sum": [4.0, 6.0]}, {"dot": 1.0, "sum": [1.5, 1.5]}]
    assert api.predictions("pair", instances) == expected


def test_the_loop_signature_round_trips(api: Api) -> None:
    instance = {"prompt": [2, 5, 0, 0], "noise": [0.1, 0.25, 0.0, 0.999], "top_k": 2}
    expected = {"tokens": [4, 7, 2, 2], "probability": [0.1, 0.25, 0.0, 0.999], "length": 2}
    assert api.predictions("generate", [instance, instance]) == [expected, expected]


def test_the_reply_is_formatted_as_by_tf_serving(api: Api) -> None:
    bare = api.predict(instances=[1.0, 2.0])
    assert bare.text == '{\n    "predictions": [2.5, 3.0\n    ]\n}'
    objects = api.predict(signature_name="pair", instances=[{"a": [1, 2], "b": [3, 4]}])
    inner = '            "dot": 11.0,\n            "sum": [4.0, 6.0]'
    assert objects.text == '{\n    "predictions": [\n        {\n' + inner + "\n        }\n    ]\n}"


def test_a_scalar_output_has_no_row(api: Api) -> None:
    message = api.refusal("mean", instances=[1.0, 2.0])
    assert message == "Tensor name: mean has no shape information "


def test_outputs_must_agree_on_the_batch(api: Api) -> None:
    message = api.refusal("uneven", instances=[1.0, 2.0])
    assert message == "Tensor name: twice has inconsistent batch size: 4 expecting: 2"


@pytest.mark.parametrize(
    ("signature", "instances", "message"),
    [
        ("", "no list", "Expecting 'instances' to be an list/array"),
        ("", [], "No values in 'instances' array"),
        ("pair", [[1, 2]], "instances is a plain list, but expecting list of objects as multiple"),
        ("pair", [{"a": [1, 2]}], "keys must be equal to: a,b"),
        ("pair", [{"a": [1, 2], "b": [1, 2], "zzz": 1}], "JSON object: does not have named input: zzz"),
        ("", [{"x": 1.0}, 2.0], "Expecting object but got list at item 1 of input list"),
        ("", [1.0, {"x": 2.0}], "Expecting value/list but got object at item 1 of input list"),
        ("anything", [[1, 2], [1, 2, 3]], "Expecting tensor size: 2 but got: 3"),
        ("anything", [[1, 2], [[1, 2]]], "Expecting shape [2] but got: [1,2]"),
        ("anything", [[[1, 2], [3]]], "Encountered list at unexpected size: 1 at level: 1 expected size: 2"),
        ("anything", [[1, [2]]], "Encountered list at unexpected level: 1 expected < 1"),
        ("anything", [[[1], 2]], "found at incorrect level: 2 in the JSON DOM. Expected at level: 2"),
    ],
)
def test_what_does_not_fit_is_refused(api: Api, signature: str, instances: object, message: str) -> None:
    assert message in api.refusal(signature, instances=instances)


def test_errors_say_which_item_and_input(api: Api) -> None:
    text = 'Error: INVALID_ARGUMENT: JSON Value: "x" Type: String is not of expected type: float'
    named = api.refusal("pair", instances=[{"a": [1, 2], "b": [1, 2]}, {"a": [1, "x"], "b": [1, 2]}])
    assert named == f"Failed to process element: 1 key: a of 'instances' list. {text}"
    assert api.refusal("", instances=["x"]) == f"Failed to process element: 0 of 'instances' list. {text}"
