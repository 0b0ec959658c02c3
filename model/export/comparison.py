"""How the int8 form of a release compares with the float form: scores and equal choices, as a section of its card."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from model.evaluation.scoring import Predict, predictor, score
from model.export.lite import convert
from model.files.folder import CARD
from model.networks.network import Network
from model.release.loading import Release
from model.text.release import TextRelease
from model.text.tokens import WINDOW
from model.text.writing import Writing

TEXTS = 100
HEADING = "\n\n## The form for LiteRT\n\n"


@dataclass(frozen=True)
class FormScores:
    """What the two forms score on the same texts, and how often they choose the same token, from 0 to 1."""

    texts: int
    float_bits: float  # per character
    int8_bits: float
    equal_choices: float


def compare(release: Release, texts: Sequence[str]) -> FormScores:
    """Score both forms of a release that is convertible on the first TEXTS of the texts."""
    texts, text = texts[:TEXTS], release.text
    forms = predictor(release.network), lite_predictor(release.network)
    float_bits, int8_bits = (
        score(predict, text.tokenizer, texts, capital_lines=text.capital_lines).bits_per_char for predict in forms
    )
    return FormScores(len(texts), float_bits, int8_bits, equal_choices(text, texts, *forms))


def equal_choices(text: TextRelease, texts: Sequence[str], first: Predict, second: Predict) -> float:
    """Return the share of tokens that both would choose, each time after the same text and with the same noise.

    The texts are read up to WINDOW tokens; the parameters are the release's own.
    """
    equal, rules = [], text.rules
    for seed, one in enumerate(texts):
        tokens = text.tokenizer.encode_text(text.tokenizer.normalise(one))[:WINDOW]
        writing = Writing.after(tokens[:1], seed, rules, text.defaults, max_tokens=len(tokens))
        batch = np.array([tokens], np.int32)
        for token, *logits in zip(tokens[1:], first(batch)[0], second(batch)[0], strict=False):
            one_choice, other = (writing.choose(row, writing.state.position).token for row in logits)
            equal.append(one_choice == other)
            writing.state = writing.state.after(token, rules)
    return float(np.mean(equal))


def lite_predictor(network: Network) -> Predict:
    """Return a function that predicts with the weights in int8, as LiteRT computes, from tokens [B, T] to logits.

    The network must have a state. One step is converted as the whole of `generate` is, and called for each token.
    """
    with tempfile.TemporaryDirectory() as folder:
        _save_step(network, folder)
        interpreter = Interpreter(model_content=convert(Path(folder), ["step"]))
    step = interpreter.get_signature_runner("step")

    def predict(tokens: NDArray[np.int32]) -> NDArray[np.float32]:
        state = _named([np.array(part) for part in keras.tree.flatten(network.initial_state(len(tokens)))])
        logits = np.empty((*tokens.shape, network.sizes.vocabulary), np.float32)
        for place, column in enumerate(tokens.T):
            state = step(token=np.ascontiguousarray(column), **state)
            logits[:, place] = state.pop("logits")
        return logits

    return predict


def _save_step(network: Network, folder: str) -> None:
    """Save a model with one signature: a token [B] and the parts of the state in, logits and the new state out."""
    first = network.initial_state(1)

    def step(token: tf.Tensor, **state: tf.Tensor) -> dict[str, tf.Tensor]:
        parts = [state[name] for name in _named(keras.tree.flatten(first))]
        features, after = network.step(token, keras.tree.pack_sequence_as(first, parts))
        return {"logits": network.logits(features), **_named(keras.tree.flatten(after))}

    specs = {
        name: tf.TensorSpec([None, *part.shape[1:]], part.dtype, name)
        for name, part in _named(keras.tree.flatten(first)).items()
    }
    weights = tf.Module()
    weights.values = [weight.value for weight in network.weights]
    concrete = tf.function(step).get_concrete_function(tf.TensorSpec([None], tf.int32, "token"), **specs)
    tf.saved_model.save(weights, folder, signatures={"step": concrete})


def _named(parts: Sequence[Any]) -> dict[str, Any]:
    return {f"state_{number}": part for number, part in enumerate(parts)}


def write_section(release: Release, scores: FormScores) -> None:
    """Put the comparison at the end of the release's card, in place of an earlier one."""
    path = release.folder / CARD
    path.write_text(path.read_text("utf-8").partition(HEADING)[0].rstrip() + HEADING + _section(scores), "utf-8")


def _section(scores: FormScores) -> str:
    return (
        "`model.tflite` has the weights in int8 and a hash of its own, so its receipts are its own too. On the first "
        f"{scores.texts} validation texts:\n\n"
        "| form | bits per character |\n|---|---:|\n"
        f"| float16 weights, computed in float32 | {scores.float_bits:.4f} |\n"
        f"| int8 | {scores.int8_bits:.4f} |\n\n"
        f"After the same text and with the same noise both choose the same token {scores.equal_choices:.1%} of the "
        "time.\n"
    )
