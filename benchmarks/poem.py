"""One poem by every available method, each with one thread for matrix products."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests

from backend.decoders import Predict, graph, loop
from benchmarks.shipped import (
    ENGINES,
    ONE_THREAD,
    SECONDS,
    TOKENS,
    Decoder,
    Server,
    Shipped,
    floor,
    free_port,
    in_process,
    serve,
)
from benchmarks.table import in_turns, print_table

TURNS = 3
FLOOR = "the floor: bare matrix products"


def measure(release: Path, version: Path) -> None:
    """Print the table."""
    shipped = Shipped.at(release, version)
    with ExitStack() as stack:
        servers = {engine: stack.enter_context(serve(shipped, engine, ONE_THREAD, free_port())) for engine in ENGINES}
        inside = in_process(shipped, threads=1)
        seeds = shipped.long_seeds(inside["SavedModel"], TURNS)

        def poem(who: Shipped, decoder: Decoder, predict: Predict) -> Callable[[int], int]:
            return lambda turn: who.write(decoder, predict, [seeds[turn]])

        ways = {}
        for engine, server in servers.items():
            for name, way in through(shipped, server).items():
                ways[f"{engine}, {name}"] = poem(*way)
        for engine, predict in inside.items():
            ways[f"{engine}, `generate` in process"] = poem(shipped, graph, predict)
        found = in_turns({**ways, FLOOR: floor(shipped, 1)}, TURNS)
    seed = next(iter(found.values()))
    rows = [
        [name, f"{TOKENS * took:.0f}", f"{took:.3f}", f"{took / found[FLOOR]:.2f}", f"{seed / took:.1f}"]
        for name, took in found.items()
    ]
    print_table(
        [f"a poem of {TOKENS} tokens", "ms", "ms per token", "relative to the floor", "speed relative to the first"],
        rows,
    )
    print(f"\nMedian of {TURNS} poems, one thread each for the model and for numpy, which computes the floor.")
    print("LiteRT has its own matrix products and may be faster than the floor.")


def through(shipped: Shipped, server: Server) -> dict[str, tuple[Shipped, Decoder, Predict]]:
    """Return the methods that use a server: the release, the decoder, and the client."""
    window = shipped.sizes.window  # tokens, as many as the original backend sent
    first = replace(shipped, text=replace(shipped.text, context=window))
    return {
        f"one request per token with {window} tokens, on a new connection": (first, loop, reconnecting(server)),
        "one request per token, `loop`": (shipped, loop, server.predict()),
        "`generate` over REST": (shipped, graph, server.predict()),
        "`generate` over gRPC": (shipped, graph, server.predict_by_grpc()),
    }


def reconnecting(server: Server) -> Predict:
    """Return a client that opens a new connection for every request."""

    def predict(body: dict[str, Any]) -> dict[str, Any]:
        with requests.Session() as session:
            session.trust_env = False
            reply = session.post(f"{server.url}/v1/models/{server.name}:predict", json=body, timeout=SECONDS)
            reply.raise_for_status()
            return dict(reply.json())

    return predict
