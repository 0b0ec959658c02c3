"""A text that goes on in the prompt's last line: the graph and the loop begin it in the same place."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from model.export.signatures import SamplingGraph
from model.generation.steps import generate_rows
from model.networks.network import Network
from model.text.parameters import Parameters
from model.text.sampling import Rules, chaos_vector, noise_vector
from model.text.tokens import BOS, EOS, PAD, WINDOW
from tests.model.untrained import CHARRNN, network

BREAK = 7
RULES = Rules(BREAK, force_breaks=False)
PARAMETERS = Parameters(
    top_k=4, line_start_k=40, chaos_k=12, chaos=0.3, temperature=0.7, max_tokens=30, max_lines=9, max_chars=None
)
PROMPTS = [[BOS], [BOS, 9, 30, BREAK], [BOS, 9, 30], [BOS, BREAK, 40]]
SEEDS = range(len(PROMPTS))


@pytest.fixture(scope="module")
def charrnn() -> Network:
    return network(CHARRNN)


def generated(charrnn: Network, parameters: Parameters = PARAMETERS) -> tuple[list[list[int]], list[list[int]]]:
    """Return the tokens and the pools of the graph, a row for each prompt."""
    prompt = np.full((len(PROMPTS), WINDOW), PAD, np.int32)
    for row, tokens in zip(prompt, PROMPTS, strict=True):
        row[: len(tokens)] = tokens
    asked = [
        np.stack([noise_vector(seed, WINDOW) for seed in SEEDS]),
        np.stack([chaos_vector(seed, parameters.chaos, WINDOW) for seed in SEEDS]),
        np.full((len(PROMPTS), WINDOW), parameters.inverse_temperature, np.float32),
    ]
    numbers = [getattr(parameters, name) for name in ("top_k", "line_start_k", "chaos_k", "max_tokens", "max_lines")]
    asked += [np.full(len(PROMPTS), number, np.int32) for number in numbers]
    out = tf.function(SamplingGraph(charrnn, RULES, b"", b"").generate)(*map(tf.constant, [prompt, *asked]))
    rows = [
        (tokens[:length], pools[:length])
        for tokens, pools, length in zip(
            out["tokens"].numpy().tolist(), out["pool"].numpy().tolist(), out["length"].numpy().tolist(), strict=True
        )
    ]
    return [tokens for tokens, _ in rows], [pools for _, pools in rows]


def test_the_graph_writes_what_the_loop_writes(charrnn: Network) -> None:
    tokens, pools = generated(charrnn)
    rows = generate_rows(charrnn, RULES, PROMPTS, list(SEEDS), PARAMETERS)
    assert tokens == [row.tokens for row in rows]
    assert [row[0] == 1 for row in pools] == [True, True, False, False]  # the pool of a line's start


def test_a_break_may_come_first_where_a_line_goes_on_and_an_end_never(charrnn: Network) -> None:
    class Ending(type(charrnn)):  # type: ignore[misc]
        """Wants an end most of all, and then a break."""

        def logits(self, features: tf.Tensor) -> tf.Tensor:
            ids = tf.range(CHARRNN.vocabulary)
            best = 9 * tf.cast(ids == EOS, tf.float32) + 8 * tf.cast(ids == BREAK, tf.float32)
            return best + 0 * super().logits(features)

    ending = Ending(CHARRNN)
    ending(np.ones((1, 2), np.int32))
    tokens, _ = generated(ending)
    first = [row[0] for row in tokens]
    assert EOS not in first
    assert BREAK not in first[:2]


def test_a_break_that_comes_first_ends_no_line(charrnn: Network) -> None:
    class Breaking(type(charrnn)):  # type: ignore[misc]
        """Wants a break wherever one may stand."""

        def logits(self, features: tf.Tensor) -> tf.Tensor:
            return 99 * tf.cast(tf.range(CHARRNN.vocabulary) == BREAK, tf.float32) + 0 * super().logits(features)

    breaking = Breaking(CHARRNN)
    breaking(np.ones((1, 2), np.int32))
    parameters = replace(PARAMETERS, max_lines=1)
    tokens, _ = generated(breaking, parameters)
    assert tokens == [row.tokens for row in generate_rows(breaking, RULES, PROMPTS, list(SEEDS), parameters)]
    for row in tokens[2:]:
        assert row[0] == row[1] == row[-1] == BREAK
        assert set(row) != {BREAK}
