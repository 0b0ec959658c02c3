"""Small networks trained on the same number of tokens, to evaluate changes before a long run.

Each trial is a run of `model train` in its own folder; a finished one is not repeated. The figures are for the
validation part of the main corpus: all bits of all tokens divided by all characters.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.table import machine, print_table
from model.corpus.reading import read_corpus
from model.corpus.split import split
from model.corpus.texts import write_lines

SYLLABLES = "syllables"  # the poems, each line with a mark for its number of syllables
MARK = 0xE100  # for no syllables; a private-use character
VOWELS = re.compile("[аеёиоуыэюяѣіѵ]", re.IGNORECASE)
NORMALISATION = ["nfc", "dashes", "quotes", "yo"]
BACKWARDS = [*NORMALISATION, "backwards"]
LINE_STARTS = [*NORMALISATION, "line_starts", "backwards"]
ROUND = {"epochs": 1}
HALF = {"epochs": 1, "train_size": 0.5}
FEW = {
    "epochs": 5,
    "train_size": 0.1,
}  # a tenth of the poems, many times, since a long run reads all of them many times
Trial = tuple[Sequence[str], Mapping[str, Any], Mapping[str, Any] | None, Sequence[str]]
# normalisation, the settings of [training] and [pretraining], and the names of the corpora, the main one first
TRIALS: Mapping[str, Trial] = {
    "forwards": (NORMALISATION, ROUND, None, ["poems"]),
    "backwards": (BACKWARDS, ROUND, None, ["poems"]),
    "backwards, line_starts": (LINE_STARTS, ROUND, None, ["poems"]),
    "a tenth of the poems, 5 epochs": (LINE_STARTS, FEW, None, ["poems"]),
    "the same with poems_more, 3 epochs": (LINE_STARTS, {**FEW, "epochs": 3}, None, ["poems", "poems_more"]),
    "a tenth of the poems, 10 epochs": (LINE_STARTS, {**FEW, "epochs": 10}, None, ["poems"]),
    "prose before 5 epochs": (LINE_STARTS, FEW, {"epochs": 1, "corpora": {"prose": 0.0256}}, ["poems", "prose"]),
    "half of the poems": (LINE_STARTS, HALF, None, ["poems"]),
    "the same in batches of 16": (LINE_STARTS, {**HALF, "batch_size": 16, "learning_rate": 2e-3}, None, ["poems"]),
    "the same in batches of 64": (LINE_STARTS, {**HALF, "batch_size": 64, "learning_rate": 4e-3}, None, ["poems"]),
    "with syllables": (LINE_STARTS, {**HALF, "train_size": 0.45}, None, [SYLLABLES]),
}
PRESET = """
network = "poet"
tokenizer = "bpe"
normalisation = {normalisation}
capital_lines = true
force_breaks = true
prompt_break = true
[sizes]
vocabulary = 3500
embedding = 128
recurrent = 192
head = [256]
heads = 8
window = 20
dropout = 0.1
[training]
{training}
{pretraining}
[sampling]
top_k = 40
line_start_k = 100
chaos_k = 200
chaos = 0.25
temperature = 0.7
max_tokens = 160
max_lines = 8
"""
TRAINING = {
    "batch_size": 32, "window": 256, "learning_rate": 3e-3, "warmup_steps": 30, "weight_decay": 0.02,
    "clip_norm": 1.0, "dtype": "mixed_bfloat16", "seed": 1,
}  # fmt: skip
MORE = {"poems_more": 0.1}


def preset(trial: Trial) -> str:
    """Return the preset of a trial."""
    normalisation, training, pretraining, corpora = trial
    own = {**TRAINING, **training} | ({"corpora": MORE} if "poems_more" in corpora else {})
    before = "[pretraining]\n" + _toml(pretraining) if pretraining else ""
    return PRESET.format(normalisation=json.dumps(normalisation), training=_toml(own), pretraining=before)


def _toml(table: Mapping[str, Any]) -> str:
    inline = {
        name: "{" + ", ".join(f"{key} = {part}" for key, part in value.items()) + "}"
        if isinstance(value, Mapping) else json.dumps(value)
        for name, value in table.items()
    }  # fmt: skip
    return "\n".join(f"{name} = {value}" for name, value in inline.items())


def run(folder: Path, trial: Trial, corpora: Mapping[str, Path]) -> dict[str, Any]:
    """Train a trial unless it is finished, and return its history."""
    folder.mkdir(parents=True, exist_ok=True)
    history = folder / "run" / "history.json"
    given = folder / "trial.toml"
    if given.exists() and given.read_text("utf-8") != preset(trial):
        sys.exit(f"{folder} holds another trial; choose another --out")
    if not history.exists() or not json.loads(history.read_bytes())["finished"]:
        given.write_text(preset(trial), "utf-8")
        files = [str(corpora[name]) for name in trial[3]]
        command = ["train", *files, "--preset", str(given), "--out", str(folder / "run")]
        resume = ["--resume"] * (folder / "run" / "checkpoint.npz").exists()
        subprocess.run([sys.executable, "-m", "model", *command, *resume], check=True)
    read: dict[str, Any] = json.loads(history.read_bytes())
    return read


def with_syllables(poems: Path, path: Path) -> float:
    """Write the poems with a syllable mark after each line; return the factor by which that lengthens validation texts.

    Written backwards, a line begins with its mark. The mark is not a letter, so the split is unchanged.
    """
    texts = read_corpus(poems)
    marked = [replace(text, text="\n".join(map(_marked, text.text.split("\n")))) for text in texts]
    with path.open("w", encoding="utf-8") as file:
        write_lines(file, marked)
    lengths = [sum(len(text.text) for text in split(some)["validation"]) for some in (marked, texts)]
    return lengths[0] / lengths[1]


def _marked(line: str) -> str:
    return f"{line} {chr(MARK + len(VOWELS.findall(line)))}" if line.strip() else line


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("poems", "poems_more", "prose"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", type=int, nargs="*", help="numbers of the trials to run, from 1")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    marked = options.out / f"{SYLLABLES}.jsonl"
    longer = with_syllables(options.poems, marked)
    corpora = {**vars(options), SYLLABLES: marked}
    rows = []
    for number, (name, trial) in enumerate(TRIALS.items(), 1):
        if options.only and number not in options.only:
            continue
        history = run(options.out / f"{number}", trial, corpora)
        best = min(row["validation_bits_per_char"] for row in history["epochs"])
        best *= longer if SYLLABLES in trial[3] else 1  # the marks' bits count, but not their characters
        seconds = history["epochs"][-1]["seconds"]
        rows.append([name, f"{history['tokens'] / 1e6:.2f} M", f"{seconds / 60:.0f}", f"{best:.4f}"])
    print_table(["trial", "tokens", "minutes", "bits per character"], rows)
    print(machine())


if __name__ == "__main__":
    main()
