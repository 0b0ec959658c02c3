"""How long a poem takes through the whole way, for both decoders in turns, and what each process weighs.

Run beside `make run`: python -m benchmarks.poem [--url http://127.0.0.1:5000] [--poems 50]
"""

import argparse
import time
from pathlib import Path

import requests

from benchmarks.table import machine, percentile, print_table

PROMPTS = ["Я любил тебя светлой любовью", "Ночь, улица, фонарь", "", "Загадочна душа поэта"]
FIELDS = {"max_tokens": 100, "max_lines": 64}
SERVICES = ("-m serving", "-m backend", "-m bot", "tensorflow_model_server")


def timed(session: requests.Session, url: str, decoder: str, seed: int) -> tuple[float, int]:
    """Ask for one poem; give the milliseconds it took and the tokens it has."""
    fields = {**FIELDS, "prompt": PROMPTS[seed % len(PROMPTS)], "seed": seed, "decoder": decoder, "explain": True}
    started = time.perf_counter()
    reply = session.post(f"{url}/generate", json=fields, timeout=120)
    took = 1000 * (time.perf_counter() - started)
    reply.raise_for_status()
    return took, len(reply.json()["poems"][0]["tokens"])


def resident_megabytes() -> list[tuple[str, int]]:
    """Give the resident memory of each service that runs on this machine."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            pages = int((process / "statm").read_text().split()[1])
        except OSError:
            continue
        found += [(name, pages * 4096 // 10**6) for name in SERVICES if name in command]
    return sorted(found)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:5000")
    parser.add_argument("--poems", type=int, default=50)
    options = parser.parse_args()
    session, found = requests.Session(), {"graph": list[tuple[float, int]](), "loop": list[tuple[float, int]]()}
    for seed in range(-2, options.poems):
        for decoder, measured in found.items():
            one = timed(session, options.url, decoder, abs(seed))
            if seed >= 0:  # the first ones warm up
                measured.append(one)
    rows = []
    for decoder, measured in found.items():
        times, tokens = [took for took, _ in measured], sum(count for _, count in measured)
        each = sum(times) / tokens
        rows.append([decoder, f"{percentile(times, 0.5):.0f}", f"{percentile(times, 0.95):.0f}", f"{each:.2f}"])
    print_table(["decoder", "p50 ms", "p95 ms", "ms a token"], rows)
    print()
    print_table(["process", "resident MB"], resident_megabytes())
    print(f"\n{options.poems} poems of at most {FIELDS['max_tokens']} tokens each; {machine()}")


if __name__ == "__main__":
    main()
