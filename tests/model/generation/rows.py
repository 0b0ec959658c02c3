"""A program for the tests: the rows that each network writes on the backend that KERAS_BACKEND names, as JSON.

Usage: python -m tests.model.generation.rows
"""

import json
import sys
from dataclasses import replace

from model.generation.steps import generate_rows
from model.networks.sizes import Sizes
from model.text.parameters import Parameters
from model.text.sampling import Rules
from model.text.tokens import BOS
from tests.model import untrained

KINDS: dict[str, Sizes] = {
    "poet": untrained.POET,
    "gru": replace(untrained.CHARRNN, cell="gru"),
    "textgenrnn": untrained.TEXTGENRNN,
}
PARAMETERS = Parameters(10, 20, 15, 0.3, 0.9, 20, 5, None)
PROMPTS = [[BOS, 7, 8], [BOS], [BOS, 20, 4, 9]]


def rows() -> dict[str, list[list[int]]]:
    """Return the tokens of each network's rows, the second time with other weights."""
    found = {}
    for name, sizes in KINDS.items():
        network = untrained.network(sizes)
        for turn in ("first", "second"):
            written = generate_rows(network, Rules(4, force_breaks=False), PROMPTS, range(3), PARAMETERS)
            found[f"{name} {turn}"] = [row.tokens for row in written]
            for weight in network.weights:
                weight.assign(-weight)
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(rows()))
