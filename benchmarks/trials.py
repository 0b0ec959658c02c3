"""Small networks trained on equal numbers of tokens: what a change of the recipe is worth, before a long run.

Each trial is a run of `model train` in a folder of its own; one that is finished is not run again. The figures are of
the validation part of the main corpus: all bits of all tokens over all characters.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.table import machine, print_table

NORMALISATION = ["nfc", "dashes", "quotes", "yo"]
BACKWARDS = [*NORMALISATION, "backwards"]
LINE_STARTS = [*NORMALISATION, "line_starts", "backwards"]
ROUND = {"epochs": 1}
FEW = {"epochs": 5, "train_size": 0.125}  # an eighth of the poems over and over, as a long run reads all of them
Trial = tuple[Sequence[str], Mapping[str, Any], Mapping[str, Any] | None, Sequence[str]]
# normalisation, what [training] and [pretraining] have, and the names of further corpora
TRIALS: Mapping[str, Trial] = {
    "forwards": (NORMALISATION, ROUND, None, ()),
    "backwards": (BACKWARDS, ROUND, None, ()),
    "backwards, line_starts": (LINE_STARTS, ROUND, None, ()),
    "an eighth of the poems, 5 epochs": (LINE_STARTS, FEW, None, ()),
    "the same with poems_more, 3 epochs": (LINE_STARTS, {**FEW, "epochs": 3}, None, ("poems_more",)),
    "an eighth of the poems, 10 epochs": (LINE_STARTS, {**FEW, "epochs": 10}, None, ()),
    "prose before 5 epochs": (LINE_STARTS, FEW, {"epochs": 1, "corpora": {"prose": 0.0325}}, ("prose",)),
    "batch 16": (LINE_STARTS, {**ROUND, "batch_size": 16, "learning_rate": 2e-3}, None, ()),
    "batch 64": (LINE_STARTS, {**ROUND, "batch_size": 64, "learning_rate": 4e-3}, None, ()),
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
MORE = {"poems_more": 0.125}


def preset(trial: Trial) -> str:
    """Return the preset of a trial."""
    normalisation, training, pretraining, further = trial
    own = {**TRAINING, **training} | ({"corpora": MORE} if "poems_more" in further else {})
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
    if not history.exists() or not json.loads(history.read_bytes())["finished"]:
        (folder / "trial.toml").write_text(preset(trial), "utf-8")
        files = [str(corpora[name]) for name in ("poems", *trial[3])]
        command = ["train", *files, "--preset", str(folder / "trial.toml"), "--out", str(folder / "run")]
        resume = ["--resume"] * (folder / "run" / "checkpoint.npz").exists()
        subprocess.run([sys.executable, "-m", "model", *command, *resume], check=True)
    read: dict[str, Any] = json.loads(history.read_bytes())
    return read


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("poems", "poems_more", "prose"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rows = []
    for number, (name, trial) in enumerate(TRIALS.items(), 1):
        history = run(options.out / f"{number}", trial, vars(options))
        best = min(row["validation_bits_per_char"] for row in history["epochs"])
        seconds = history["epochs"][-1]["seconds"]
        rows.append([name, f"{history['tokens'] / 1e6:.2f} M", f"{seconds / 60:.0f}", f"{best:.4f}"])
    print_table(["trial", "tokens", "minutes", "bits a character"], rows)
    print(machine())


if __name__ == "__main__":
    main()
