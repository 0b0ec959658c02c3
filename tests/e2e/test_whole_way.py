"""From a line of text to a poem, through every part: bot, backend, embedded server, network."""

import sys
from pathlib import Path

import numpy as np
import pytest
import requests

from model.generation.poems import write
from model.release.loading import Release, load
from model.text.tokens import PAD, WINDOW
from tests.conftest import Trained
from tests.e2e.conftest import Stack, is_ready, start_serving
from tests.processes import free_port, start, wait_until
from tests.telegram import TOKEN, Telegram

PROMPT = "Снег ложится на поля"


@pytest.fixture(scope="module")
def release(trained: Trained) -> Release:
    return load(trained.release)


def test_the_embedded_server_gives_the_logits_of_keras(stack: Stack, trained: Trained, release: Release) -> None:
    ids, _ = release.text.tokenizer.encode_prompt(PROMPT)
    tokens = ids + [PAD] * (WINDOW - len(ids))
    url = f"{stack.serving_url}/v1/models/tiny/versions/{trained.version.name}:predict"
    reply = requests.post(url, json={"instances": [{"tokens": tokens}]}, timeout=60)
    served = np.array(reply.json()["predictions"][0])
    keras = np.asarray(release.network.predict_on_batch(np.array([ids], np.int32)))[0, -1]
    assert np.abs(served - keras).max() < 1e-4


@pytest.mark.parametrize("temperature", [None, 0.8])
def test_both_decoders_and_the_network_in_this_process_write_one_poem(
    stack: Stack, release: Release, temperature: float | None
) -> None:
    fields = {"prompt": PROMPT, "n": 8, "seed": 11, "temperature": temperature, "max_tokens": 40}
    graph, loop = (stack.texts(**fields, decoder=decoder) for decoder in ("graph", "loop"))
    parameters = release.text.defaults.__class__(
        **{**vars(release.text.defaults), "temperature": temperature, "max_tokens": 40}
    )
    here = [write(release.network, release.text, PROMPT, parameters, seed).text for seed in range(11, 19)]
    assert graph == loop == here
    assert len(set(graph)) > 1


def test_a_seed_gives_the_same_poem_and_none_gives_another(stack: Stack) -> None:
    assert stack.texts(prompt=PROMPT, seed=5) == stack.texts(prompt=PROMPT, seed=5)
    assert len({stack.texts(prompt=PROMPT)[0] for _ in range(5)}) > 1


def test_a_receipt_writes_the_poem_again(stack: Stack) -> None:
    poem = stack.poems(prompt=PROMPT)[0]
    again = requests.get(f"{stack.backend_url}/poems/{poem['receipt']}", params={"prompt": PROMPT}, timeout=60).json()
    assert again["poems"][0]["poem"] == poem["poem"]


ODD = ["", "   ", "\n\n", "English words", "漢字かな", "🙂🙃", "a\x00b\x1bc", "много   пробелов", "\ue000▁"]


@pytest.mark.parametrize("prompt", [*ODD, "раз\r\nдва\u2028три", "Ё" * 2000])
def test_any_text_opens_a_poem_unchanged(stack: Stack, prompt: str) -> None:
    (poem,) = stack.texts(prompt=prompt, seed=3)
    opening = prompt.replace("\r\n", "\n").replace("\u2028", "\n").rstrip()
    assert poem.startswith(opening)
    assert len(poem) > len(opening)


@pytest.mark.parametrize("decoder", ["graph", "loop"])
def test_a_message_to_the_bot_is_answered_with_a_poem(stack: Stack, tmp_path: Path, decoder: str) -> None:
    telegram = Telegram()
    environment = {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": telegram.base_url,
        "BACKEND_URL": stack.backend_url,
        "BOT_DATABASE": str(tmp_path / "bot.sqlite3"),
        "BOT_DECODER": decoder,
    }
    bot = start([sys.executable, "-m", "bot"], env=environment)
    try:
        telegram.send_text(PROMPT, user=7)
        (answer,) = telegram.wait_for_sent(1, 7)
        assert answer["text"].startswith(PROMPT + "\n")
        assert telegram.calls("sendChatAction")
    finally:
        assert bot.stop() == 0
        telegram.stop()


def test_a_dead_model_server_is_a_prompt_503_and_recovers_by_itself(lite_models: Path) -> None:
    serving_port, backend_port = free_port(), free_port()
    url = f"http://127.0.0.1:{backend_port}"
    environment = {
        "MODELS": "tiny",
        "SERVING_URL": f"http://127.0.0.1:{serving_port}",
        "BACKEND_PORT": str(backend_port),
    }
    backend = start([sys.executable, "-m", "backend"], env=environment)
    serving = start_serving(lite_models, serving_port, "tiny")
    try:
        wait_until(lambda: is_ready(url), 90, backend.text)
        serving.process.kill()
        serving.wait()
        reply = requests.post(f"{url}/generate", json={"prompt": PROMPT}, timeout=5)
        assert (reply.status_code, reply.headers["Content-Type"]) == (503, "application/problem+json")
        assert "Retry-After" in reply.headers
        serving = start_serving(lite_models, serving_port, "tiny")
        wait_until(lambda: is_ready(url), 90, serving.text)
        assert requests.post(f"{url}/generate", json={"prompt": PROMPT}, timeout=60).status_code == 200
    finally:
        backend.stop()
        serving.stop()
