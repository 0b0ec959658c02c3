"""Poems through the real process: what a caller gets, and what a seed means."""

import json

import pytest

from tests.backend.conftest import Backend, raw_socket
from tests.backend.fake_serving import FakeServing
from tests.model.text.toy import SAMPLING, ToyRelease

LINE = "Над рекой проснулся ветер"


def test_an_empty_body_is_a_poem_with_the_release_defaults(backend: Backend, toy: ToyRelease) -> None:
    reply = backend.post().json()
    assert reply["model"] == {"name": "toy", "version": 1, "hash": toy.config["hash"]}
    assert reply["parameters"] == {**SAMPLING, "decoder": "graph"}
    assert reply["prompt_cut"] is False
    assert reply["took_ms"] >= 0
    (poem,) = reply["poems"]
    assert poem["poem"].strip()
    assert set(poem) == {"poem", "lines", "seed", "receipt", "truncated"}


def test_the_reply_is_utf8_and_unescaped(backend: Backend) -> None:
    response = backend.post({"prompt": LINE})
    assert response.headers["Content-Type"] == "application/json"
    assert LINE.encode() in response.content


def test_the_users_own_text_opens_the_poem(backend: Backend) -> None:
    prompt = "Ёлка…  в ЛЕСУ —\r\nвторая строка \n\n "
    (poem,) = backend.reply(prompt=prompt)["poems"]
    assert poem["lines"][:2] == ["Ёлка…  в ЛЕСУ —", "вторая строка "[:-1]]
    assert len(poem["lines"]) > 2
    assert poem["poem"] == "\n".join(poem["lines"])


def test_generated_lines_begin_with_capitals(backend: Backend) -> None:
    lines = backend.reply(prompt="тихо", seed=3)["poems"][0]["lines"][1:]
    assert lines
    first_letters = [next((c for c in line if c.isalpha()), "") for line in lines]
    assert first_letters == [letter.upper() for letter in first_letters]


def test_one_seed_is_one_poem(backend: Backend) -> None:
    assert backend.poem(prompt=LINE, seed=7) == backend.poem(prompt=LINE, seed=7)
    assert backend.poem(prompt=LINE, seed=7) != backend.poem(prompt=LINE, seed=8)


@pytest.mark.parametrize("seed", [{}, {"seed": None}])
def test_without_a_seed_each_call_is_another_poem(backend: Backend, seed: dict[str, None]) -> None:
    replies = [backend.reply(prompt=LINE, **seed) for _ in range(5)]
    assert len({reply["poems"][0]["poem"] for reply in replies}) == 5
    assert len({reply["poems"][0]["seed"] for reply in replies}) == 5


def test_the_seed_in_the_reply_writes_the_poem_again(backend: Backend) -> None:
    (poem,) = backend.reply(prompt=LINE)["poems"]
    assert backend.poem(prompt=LINE, seed=poem["seed"]) == poem["poem"]


@pytest.mark.parametrize("decoder", ["graph", "loop"])
def test_the_ith_poem_has_the_seed_plus_i(backend: Backend, decoder: str) -> None:
    first = 2**32 - 2
    poems = backend.reply(prompt=LINE, seed=first, n=4, decoder=decoder)["poems"]
    assert [poem["seed"] for poem in poems] == [first, first + 1, 0, 1]
    for poem in poems:
        assert backend.poem(prompt=LINE, seed=poem["seed"], decoder=decoder) == poem["poem"]


def test_get_takes_the_same_fields(backend: Backend) -> None:
    fields = {"prompt": LINE, "seed": 5, "n": 2, "chaos": 0.5, "temperature": 0.7, "max_chars": 60, "explain": "true"}
    got = backend.get("/generate", params=fields).json()
    posted = backend.reply(**{**fields, "explain": True})
    assert got["poems"] == posted["poems"]
    assert got["parameters"] == posted["parameters"]


def test_a_mood_changes_the_defaults_and_what_is_given_changes_the_mood(backend: Backend) -> None:
    plain = backend.reply(prompt=LINE, seed=5)["parameters"]
    assert backend.reply(prompt=LINE, seed=5, mood="mad")["parameters"] == {**plain, "chaos": 0.9}
    assert backend.reply(prompt=LINE, seed=5, mood="mad", chaos=0.1)["parameters"] == {**plain, "chaos": 0.1}
    assert backend.reply(prompt=LINE, seed=5, mood="")["parameters"] == plain
    (poem,) = backend.reply(prompt=LINE, seed=5, mood="mad")["poems"]
    again = backend.get(f"/poems/{poem['receipt']}", params={"prompt": LINE}).json()
    assert again["poems"][0]["poem"] == poem["poem"]


def test_an_unknown_mood_is_refused_with_the_known_ones(backend: Backend) -> None:
    response = backend.post({"mood": "sad"})
    assert response.status_code == 422
    assert response.json()["errors"] == [{"field": "mood", "message": "must be calm, mad"}]


def test_get_takes_utf8_that_is_not_percent_encoded(backend: Backend) -> None:
    reply = backend.reply(prompt="зима", seed=1)
    head = "GET /generate?seed=1&prompt=зима HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"  # as curl sends it
    assert raw_socket(backend, head.encode()).json()["poems"] == reply["poems"]


def test_null_in_a_query_is_an_empty_value(backend: Backend) -> None:
    assert backend.get("/generate?temperature=&max_chars=null&seed=").json()["parameters"]["temperature"] is None


def test_plain_text_is_the_bare_poem(backend: Backend) -> None:
    response = backend.post({"prompt": LINE, "seed": 1}, headers={"Accept": "text/plain"})
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["Vary"] == "Accept"
    assert response.content.decode() == backend.poem(prompt=LINE, seed=1) + "\n"


def test_several_poems_as_plain_text_are_separated(backend: Backend) -> None:
    response = backend.get("/generate?seed=1&n=3", headers={"Accept": "text/plain"})
    poems = [poem["poem"] for poem in backend.reply(seed=1, n=3)["poems"]]
    assert response.content.decode() == "\n\n* * *\n\n".join(poems) + "\n"


@pytest.mark.parametrize(
    "accept", ["*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "application/json", "image/png"]
)
def test_json_is_the_default_format(backend: Backend, accept: str) -> None:
    assert backend.post({}, headers={"Accept": accept}).headers["Content-Type"] == "application/json"


def test_max_lines_counts_generated_lines(backend: Backend) -> None:
    for seed in range(4):
        (poem,) = backend.reply(prompt="одна\nдве", seed=seed, max_lines=3)["poems"]
        assert len([line for line in poem["lines"][2:] if line]) <= 3


def test_max_tokens_truncates_at_a_line(backend: Backend) -> None:
    poems = backend.reply(seed=2, max_tokens=20, max_lines=64, explain=True, n=8)["poems"]
    poem = next(poem for poem in poems if poem["truncated"])
    assert len(poem["tokens"]) == 20
    (whole,) = backend.reply(seed=poem["seed"], max_tokens=120, max_lines=64)["poems"]
    assert whole["poem"].startswith(poem["poem"])


def test_max_chars_bounds_the_generated_part(backend: Backend) -> None:
    poems = backend.reply(prompt=LINE, seed=4, n=8)["poems"]
    whole = next(poem for poem in poems if len(poem["lines"]) > 3 and all(poem["lines"]))
    bound = len("\n".join(whole["lines"][1:])) - 1
    (cut,) = backend.reply(prompt=LINE, seed=whole["seed"], max_chars=bound)["poems"]
    assert cut["lines"] == whole["lines"][:-1]
    assert cut["truncated"] is True


def test_explain_tells_how_each_token_was_drawn(backend: Backend) -> None:
    poems = backend.reply(prompt=LINE, seed=9, n=8, explain=True, chaos=0.5)["poems"]
    for poem in poems:
        written = "".join(token["text"] for token in poem["tokens"])
        assert "".join(written.split()).lower() == "".join("".join(poem["lines"][1:]).split()).lower()
    tokens = [token for poem in poems for token in poem["tokens"]]
    assert {token["pool"] for token in tokens} == {"line_start", "chaos", "base", "forced"}
    assert all(set(token) == {"step", "text", "id", "pool", "rank", "probability"} for token in tokens)
    assert all(0 < token["probability"] <= 1 for token in tokens)
    assert all(token["rank"] == 0 for token in tokens if token["pool"] == "forced")
    assert all(token["rank"] < SAMPLING["top_k"] for token in tokens if token["pool"] == "base")


def test_more_chaos_keeps_the_poem_up_to_the_first_newly_chaotic_step(backend: Backend) -> None:
    turned = 0
    for seed in range(6):
        calm, mad = (
            backend.reply(prompt=LINE, seed=seed, chaos=chaos, explain=True)["poems"][0]["tokens"]
            for chaos in (0.1, 0.6)
        )
        differ = [i for i, (a, b) in enumerate(zip(calm, mad, strict=False)) if a != b]
        if differ:
            assert mad[differ[0]]["pool"] == "chaos"
            assert calm[differ[0]]["pool"] == "base"
            turned += differ[0] > 0
    assert turned


def test_k_of_one_is_always_the_most_likely(backend: Backend) -> None:
    (poem,) = backend.reply(seed=1, top_k=1, line_start_k=1, chaos_k=1, explain=True)["poems"]
    assert {token["rank"] for token in poem["tokens"]} == {0}
    other = backend.reply(seed=2, top_k=1, line_start_k=1, chaos_k=1)
    assert other["poems"][0]["poem"] == poem["poem"]


def test_a_long_prompt_is_read_from_its_end_and_the_reply_says_so(backend: Backend, serving: FakeServing) -> None:
    prompt = "Снег ложится на дорогу " * 80
    reply = backend.reply(prompt=prompt, seed=1, n=2)
    assert reply["prompt_cut"] is True
    assert reply["poems"][0]["lines"][0] == prompt.rstrip()
    assert serving.asked[-1] == "generate"
    other = backend.reply(prompt=f"Дождь {prompt}", seed=1)
    assert other["poems"][0]["lines"][1:] == reply["poems"][0]["lines"][1:]


@pytest.mark.parametrize(
    "prompt", ["🦊" * 2000, "\u0000\u0001", "\ue000\u2581", "漢字", " \n\t ", "", "\u202eabc", "a" * 2000]
)
def test_any_prompt_within_the_bound_gets_a_poem(backend: Backend, prompt: str) -> None:
    for response in (backend.post({"prompt": prompt}), backend.get("/generate", params={"prompt": prompt})):
        assert response.status_code == 200, response.text
        assert response.json()["poems"][0]["poem"].startswith(prompt.rstrip())


def test_escaped_json_is_the_same_prompt(backend: Backend) -> None:
    body = json.dumps({"prompt": "Зима 🦊", "seed": 1}, ensure_ascii=True).encode()
    assert backend.raw(body).json()["poems"][0]["poem"] == backend.poem(prompt="Зима 🦊", seed=1)


def test_a_context_bounds_what_is_sent(backend: Backend, serving: FakeServing) -> None:
    sent = []
    version = serving.versions[1]
    logits = version.network.logits
    short = version.release.changed(context=5, signatures=["serving_default", "release"])

    class Watched(type(version.network)):  # type: ignore[misc]
        def logits(self, tokens: list[int]) -> object:
            sent.append(len(tokens))
            return logits(tokens)

    serving.versions = {2: type(version)(short, Watched(version.release.tokenizer))}
    reply = backend.reply(prompt=LINE, seed=1)
    assert reply["parameters"]["decoder"] == "loop"
    assert set(sent) == {5}
