"""Verse over the API: the default decoder of a release with an ear."""

import requests

from tests.e2e.conftest import Stack

PROMPT = "Снег ложится на поля"
FIELDS: dict[str, object] = {"prompt": PROMPT, "seed": 3, "scheme": "AABB", "max_lines": 4, "n": 2}


def test_it_is_the_default_and_the_same_for_a_seed(stack: Stack) -> None:
    first, again = stack.poems(**FIELDS), stack.poems(**FIELDS, decoder="verse")
    assert [poem["poem"] for poem in first] == [poem["poem"] for poem in again]
    assert all(set(poem["kept"]) == {"rhyme", "metre", "words"} for poem in first)
    assert [len(poem["lines"]) for poem in first] == [4, 4]


def test_a_receipt_writes_it_again(stack: Stack) -> None:
    poem = stack.poems(**FIELDS)[1]
    url = f"{stack.backend_url}/poems/{poem['receipt']}"
    reply = requests.get(url, {"prompt": PROMPT, "explain": "true"}, headers={"Accept": "application/json"}, timeout=60)
    (again,) = reply.json()["poems"]
    assert (again["poem"], again["kept"]) == (poem["poem"], poem["kept"])
    assert again["drafts"][0]["line"].lower() == again["lines"][1].lower()


def test_the_drafts_are_explained(stack: Stack) -> None:
    (poem,) = stack.poems(**{**FIELDS, "n": 1}, explain=True)
    for line in poem["drafts"]:
        assert {"line", "score", "faults", "kept", "rejected"} == set(line)


def test_candidates_are_bounded_from_1_to_32(stack: Stack) -> None:
    for candidates in (1, 32):
        assert len(stack.poems(**{**FIELDS, "n": 1}, candidates=candidates)) == 1
    reply = requests.post(f"{stack.backend_url}/generate", json={"candidates": 33}, timeout=60)
    assert reply.status_code == 422


def test_an_unknown_scheme_or_metre_is_refused(stack: Stack) -> None:
    reply = requests.post(f"{stack.backend_url}/generate", json={"scheme": "ABC", "metre": "hexameter"}, timeout=60)
    assert reply.status_code == 422
    assert {error["field"] for error in reply.json()["errors"]} == {"scheme", "metre"}
