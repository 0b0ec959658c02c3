"""The status and metadata routes."""

from tests.serving.conftest import Api, error_of

AVAILABLE = {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}


def test_the_status_lists_every_version(api: Api) -> None:
    response = api.get("/v1/models/m")
    assert response.headers["Content-Type"] == "application/json"
    assert response.json() == {"model_version_status": [AVAILABLE]}


def test_one_version_may_be_asked(api: Api) -> None:
    assert api.get("/v1/models/m/versions/1").json() == {"model_version_status": [AVAILABLE]}


def test_a_label_is_ignored(api: Api) -> None:
    assert api.get("/v1/models/m/labels/none").json() == {"model_version_status": [AVAILABLE]}


def test_unknown_model_and_version(api: Api) -> None:
    assert error_of(api.get("/v1/models/foo"), 404) == "Could not find any versions of model foo"
    assert error_of(api.get("/v1/models/m/versions/99"), 404) == "Could not find version 99 of model m"
    assert error_of(api.get("/v1/models/foo/versions/99"), 404) == "Could not find version 99 of model foo"


def test_metadata_describes_the_signatures(api: Api) -> None:
    metadata = api.get("/v1/models/m/metadata").json()
    assert metadata["model_spec"] == {"name": "m", "signature_name": "", "version": "1"}
    signature = metadata["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert signature["method_name"] == "tensorflow/serving/predict"
    assert signature["inputs"]["x"]["dtype"] == "DT_FLOAT"
    assert signature["inputs"]["x"]["tensor_shape"] == {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False}


def test_metadata_of_what_is_not_served(api: Api) -> None:
    message = error_of(api.get("/v1/models/foo/metadata"), 404)
    assert message == "Servable not found for request: Latest(foo)"
    message = error_of(api.get("/v1/models/m/versions/7/metadata"), 404)
    assert message == "Servable not found for request: Specific(m, 7)"
    message = error_of(api.get("/v1/models/m/labels/x/metadata"), 400)
    assert message == "Unrecognized servable version label: x"
