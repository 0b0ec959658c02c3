"""A receipt and its prompt write the same poem again."""

from dataclasses import asdict, replace

import pytest

from model.text import receipt
from model.text.parameters import Parameters
from tests.backend.conftest import Backend, problem, refused
from tests.backend.fake_serving import Answer, FakeServing, Version

LINE = "Мы хотели быть большими"
GIVEN = {
    "top_k": 3,
    "line_start_k": 30,
    "chaos_k": 9,
    "chaos": 0.29,
    "temperature": 0.83,
    "max_tokens": 70,
    "max_lines": 3,
    "max_chars": 50,
}


@pytest.mark.parametrize("given", [{}, GIVEN], ids=["defaults", "given"])
def test_a_receipt_writes_its_poem_again(backend: Backend, given: dict[str, float]) -> None:
    reply = backend.reply(prompt=LINE, n=2, **given)
    for poem in reply["poems"]:
        again = backend.get(f"/poems/{poem['receipt']}", params={"prompt": LINE}).json()
        assert again["poems"] == [poem]
        assert again["parameters"] == reply["parameters"]


def test_a_receipt_may_be_typed_in_lower_case_and_the_prompt_end_in_spaces(backend: Backend) -> None:
    (poem,) = backend.reply(prompt=LINE)["poems"]
    params = {"prompt": f"{LINE} \n", "explain": "true"}
    (again,) = backend.get(f"/poems/{poem['receipt'].lower()}", params=params).json()["poems"]
    assert again.pop("tokens")
    assert again == poem


def test_beyond_the_window_a_receipt_still_writes_its_own_decoders_poem(backend: Backend) -> None:
    fields = {"prompt": "снег " * 300, "seed": 1, "max_lines": 20, "max_tokens": 200}
    poems = {decoder: backend.reply(**fields, decoder=decoder)["poems"] for decoder in ("graph", "loop")}
    assert poems["graph"][0]["poem"] != poems["loop"][0]["poem"]
    for decoder, (poem,) in poems.items():
        again = backend.get(f"/poems/{poem['receipt']}", params={"prompt": fields["prompt"]}).json()
        assert again["poems"] == [poem]
        assert again["parameters"]["decoder"] == decoder


def test_the_graphs_poem_is_gone_if_the_model_has_no_graph_now(backend: Backend, serving: FakeServing) -> None:
    (poem,) = backend.reply()["poems"]
    version = serving.versions[1]
    without = replace(version, release=version.release.changed(signatures=["serving_default", "release"]))
    serving.versions = {2: without}
    problem(backend.get(f"/poems/{poem['receipt']}"), 410)


def test_a_receipts_poem_is_plain_text_on_request(backend: Backend) -> None:
    (poem,) = backend.reply()["poems"]
    response = backend.get(f"/poems/{poem['receipt']}", headers={"Accept": "text/plain"})
    assert response.content.decode() == poem["poem"] + "\n"


def test_another_prompt_is_refused(backend: Backend) -> None:
    (poem,) = backend.reply(prompt=LINE)["poems"]
    assert refused(backend.get(f"/poems/{poem['receipt']}", params={"prompt": "другая"})) == {"prompt"}
    assert refused(backend.get(f"/poems/{poem['receipt']}")) == {"prompt"}


def test_what_the_receipt_holds_cannot_be_given_beside_it(backend: Backend) -> None:
    (poem,) = backend.reply()["poems"]
    assert refused(backend.get(f"/poems/{poem['receipt']}?seed=1&n=2&decoder=loop")) == {
        "seed",
        "n",
        "decoder",
    }


@pytest.mark.parametrize("change", [lambda c: c[:-1], lambda c: c[1:], lambda c: c[:-2] + c[-1] + c[-2], lambda _: "щ"])
def test_a_mistyped_receipt_is_not_found(backend: Backend, change: type[str]) -> None:
    (poem,) = backend.reply(seed=1)["poems"]
    problem(backend.get(f"/poems/{change(poem['receipt'])}"), 404)


def test_a_made_up_receipt_with_parameters_out_of_bounds_is_not_found(backend: Backend) -> None:
    (poem,) = backend.reply()["poems"]
    found = receipt.read(poem["receipt"])
    huge = Parameters(**{**asdict(found.parameters), "top_k": 60000})
    problem(backend.get(f"/poems/{receipt.write(replace(found, parameters=huge))}"), 404)


def test_the_poem_of_a_removed_model_is_gone(backend: Backend, serving: FakeServing, next_version: Version) -> None:
    (poem,) = backend.reply(prompt=LINE)["poems"]
    first = serving.versions
    serving.versions = {2: next_version}
    problem(backend.get(f"/poems/{poem['receipt']}", params={"prompt": LINE}), 410)
    serving.versions = first
    again = backend.get(f"/poems/{poem['receipt']}", params={"prompt": LINE}).json()
    assert again["poems"] == [poem]


def test_an_unavailable_server_is_not_taken_for_a_removed_model(backend: Backend, serving: FakeServing) -> None:
    (poem,) = backend.reply()["poems"]
    serving.fault = lambda _: Answer(500, b"")
    problem(backend.get(f"/poems/{poem['receipt']}"), 503)
