"""The recurrent layers over whole windows: outputs and gradients are those of Keras's layers, on both backends."""

import sys
from typing import Any

import numpy as np
import pytest

from model.networks.network import Network
from tests.model import untrained
from tests.model.networks.recurrent_windows import CASES
from tests.model.untrained import POET, tokens
from tests.processes import start

SECONDS = 280
QUICK_COMPILER = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
ROUNDING = {"float32": 2e-5, "mixed_bfloat16": 0.03}  # relative to the greatest of its kind

pytestmark = pytest.mark.timeout(SECONDS + 20)


@pytest.fixture(scope="module", params=["tensorflow", "jax"])
def observed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file = tmp_path_factory.mktemp(request.param) / "observed.npz"
    environment = {"KERAS_BACKEND": request.param, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": QUICK_COMPILER}
    process = start([sys.executable, "-m", "tests.model.networks.recurrent_windows", str(file)], env=environment)
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
