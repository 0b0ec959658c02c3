"""Concurrent users: poems requested from the model server, and from the backend, with and without batching."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import requests

from backend.decoders import graph
from benchmarks.shipped import ENGINES, PROMPT, SECONDS, Server, Shipped, free_port, running, serve
from benchmarks.table import percentile, print_table

USERS = (1, 16)
POEMS = 16  # per turn, for all users together
TURNS = 2
BATCHING = "--batching_parameters_file=serving/config/batching.config"  # as shipped
Ask = Callable[[int], object]  # requests the poem of a seed
Connect = Callable[[], Ask]  # opens each user's own connection


def measure(release: Path, version: Path) -> None:
    """Print the table."""
    shipped = Shipped.at(release, version)
    with ExitStack() as stack:
        asked: dict[str, dict[str, Connect]] = {}
        for engine in ENGINES:
            for state, flags in {"off": [], "on": ["--enable_batching", BATCHING]}.items():
                server = stack.enter_context(serve(shipped, engine, flags))
                url = stack.enter_context(backend_before(server))
                asked.setdefault(f"{engine}, model server", {})[state] = partial(of_server, shipped, server)
                asked.setdefault(f"{engine}, backend", {})[state] = partial(of_backend, url)
        rows = [row for name, ways in asked.items() for users in USERS for row in compare(name, ways, users)]
    heads = ["service", "users", "batching", "poems per second", "relative to none", "p50 ms", "p95 ms"]
    print_table(heads, rows)
    print(
        f"\n{TURNS} turns of {POEMS} poems as the release writes them by default, servers with their default threads."
    )


def of_server(shipped: Shipped, server: Server) -> Ask:
    """Request poems from the model server, as the backend does."""
    predict = server.predict()
    return lambda seed: graph(predict, shipped.text, shipped.prompt, shipped.text.defaults, [seed])


def of_backend(url: str) -> Ask:
    """Request poems from the backend, as the bot does."""
    session = requests.Session()
    session.trust_env = False

    def ask(seed: int) -> None:
        session.post(
            f"{url}/generate", json={"prompt": PROMPT, "seed": seed, "decoder": "graph"}, timeout=SECONDS
        ).raise_for_status()

    return ask


@contextmanager
def backend_before(server: Server) -> Iterator[str]:
    """Run a backend that uses this server; yield its URL."""
    port = free_port()
    environment = {"SERVING_URL": server.url, "MODELS": server.name, "BACKEND_HOST": "127.0.0.1"}
    with running(["backend"], {**environment, "BACKEND_PORT": str(port), "MAX_CONCURRENT": str(max(USERS))}, port):
        yield f"http://127.0.0.1:{port}"


def compare(name: str, ways: Mapping[str, Connect], users: int) -> Iterator[list[object]]:
    """Yield a row for each batching setting, measured in turn."""
    spent, waits = dict.fromkeys(ways, 0.0), {state: list[float]() for state in ways}
    for connect in ways.values():
        connect()(0)  # warm-up
    for _ in range(TURNS):
        for state, connect in ways.items():
            started = time.perf_counter()
            waits[state] += crowd([connect() for _ in range(users)])
            spent[state] += time.perf_counter() - started
    for state, seconds in spent.items():
        p50, p95 = (f"{1000 * percentile(waits[state], share):.0f}" for share in (0.5, 0.95))
        rate = f"{TURNS * POEMS / seconds:.1f}"
        yield [name, users, state, rate, f"{spent['off'] / seconds:.2f}", p50, p95]


def crowd(asks: Sequence[Ask]) -> list[float]:
    """Let the users request POEMS poems in total; return the seconds of each request."""
    seeds = iter(range(POEMS))  # shared: the next poem goes to whoever is free

    def user(ask: Ask) -> list[float]:
        waits = []
        for seed in seeds:
            started = time.perf_counter()
            ask(seed)
            waits.append(time.perf_counter() - started)
        return waits

    with ThreadPoolExecutor(len(asks)) as pool:
        return [wait for waits in pool.map(user, asks) for wait in waits]
