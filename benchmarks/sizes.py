"""What a token costs by the size of the network: exact `generate`, random weights, one thread, sizes in turns.

python -m benchmarks.sizes
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from benchmarks.table import machine, percentile, print_table
from model.export import save_signatures
from model.networks import poet
from model.networks.sizes import PoetSizes
from model.text.sampling import Rules, chaos_vector, noise_vector
from model.text.tokens import BOS, WINDOW
from model.writing import Writer


def sizes(embedding: int, recurrent: int, head: int) -> PoetSizes:
    """Give the sizes of a poet of the shipped kind."""
    return PoetSizes(3500, embedding, recurrent, [head], heads=8, window=20, dropout=0)


SIZES = {"S": sizes(256, 256, 512), "M": sizes(320, 384, 640), "L": sizes(384, 512, 768)}
TOKENS, ROUNDS, BATCHES = 100, 15, (1, 8, 32)


def writer(size: PoetSizes, batch: int) -> Callable[[], float]:
    """Give a function that writes a batch of poems of TOKENS tokens and says how many milliseconds a step took."""
    network = poet.build(size)
    with tempfile.TemporaryDirectory() as folder:
        save_signatures(network, Writer(network, Rules(break_id=4, force_breaks=False), b"", b""), Path(folder))
        generate = tf.saved_model.load(folder).signatures["generate"]
    prompt = np.zeros((batch, WINDOW), np.int32)
    prompt[:, 0] = BOS
    numbers = {"top_k": 2, "line_start_k": 120, "chaos_k": 47, "max_tokens": TOKENS, "max_lines": 999}
    inputs = {
        "prompt": prompt,
        "noise": np.stack([noise_vector(seed, WINDOW) for seed in range(batch)]),
        "chaos": np.stack([chaos_vector(seed, 0.25, WINDOW) for seed in range(batch)]),
        "inverse_temperature": np.zeros((batch, WINDOW), np.float32),
        **{name: np.full(batch, number, np.int32) for name, number in numbers.items()},
    }
    tensors = {name: tf.constant(value) for name, value in inputs.items()}

    def run() -> float:
        started = time.perf_counter()
        steps = int(generate(**tensors)["length"].numpy().max())
        return 1000 * (time.perf_counter() - started) / steps

    return run


def main() -> None:
    """Measure and print."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    writers = {(name, batch): writer(size, batch) for name, size in SIZES.items() for batch in BATCHES}
    times: dict[tuple[str, int], list[float]] = {key: [] for key in writers}
    for turn in range(ROUNDS + 1):
        for key, run in writers.items():
            times[key] += [run()] if turn else [run()][:0]  # the first turn warms up
    rows = [
        [name, f"{poet.build(size).count_params() / 1e6:.2f} M"]
        + [f"{percentile(times[name, batch], 0.5):.2f}" for batch in BATCHES]
        for name, size in SIZES.items()
    ]
    print_table(["size", "parameters", *(f"ms a step, batch {batch}" for batch in BATCHES)], rows)
    print(f"\nMedian of {ROUNDS} poems of {TOKENS} tokens, one thread; {machine()}")


if __name__ == "__main__":
    main()
