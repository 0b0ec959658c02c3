"""The recurrent layers over whole windows: outputs and gradients are those of Keras's layers, on both backends."""

from typing import Any

import numpy as np
import pytest

from model.networks.network import Network
from tests.forks import Forks
from tests.model import untrained
from tests.model.networks import recurrent_windows
from tests.model.networks.recurrent_windows import CASES
from tests.model.untrained import POET, tokens

SECONDS = 280
ROUNDING = {"float32": 2e-5, "mixed_bfloat16": 0.03}  # relative to the greatest of its kind

pytestmark = pytest.mark.timeout(SECONDS + 20)


@pytest.fixture(scope="module", params=["tensorflow", "jax"])
def observed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, jax_forks: Forks
) -> dict[str, Any]:
    if request.param == "tensorflow":  # which this process runs on
        return recurrent_windows.observed()
    file = tmp_path_factory.mktemp("jax") / "observed.npz"
    process = jax_forks.start("tests.model.networks.recurrent_windows", [str(file)])
    try:
        assert process.wait(SECONDS) == 0, process.text()
    finally:
        process.stop()
    return dict(np.load(file))


@pytest.mark.parametrize(("kind", "dtype", "shape"), CASES)
def test_outputs_and_gradients_are_those_of_kerass_layer(
    observed: dict[str, Any], kind: str, dtype: str, shape: tuple[int, int]
) -> None:
    case = f"{kind} {dtype} {shape[0]}x{shape[1]}"
    for name in ("outputs", "x", "kernel", "recurrent_kernel", "bias"):
        expected, seen = observed[f"{case}/keras/{name}"], observed[f"{case}/ours/{name}"]
        assert seen.shape == expected.shape
        assert np.abs(seen - expected).max() <= ROUNDING[dtype] * np.abs(expected).max(), name
        assert expected.any() or (name, shape[1]) == ("recurrent_kernel", 1)  # the state before it is zero


def test_each_length_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    network, traced = untrained.network(POET), []
    call = type(network).call

    def noted(self: Network, read: Any, **options: Any) -> Any:
        traced.append(read.shape)
        return call(self, read, **options)

    monkeypatch.setattr(type(network), "call", noted)
    lengths = [3, 7, 4, 7, 3, 11]
    for length in lengths:
        assert network.predict_on_batch(tokens(2, length)).shape == (2, length, POET.vocabulary)
    assert 1 <= len(traced) <= len(set(lengths))
