"""The summary of a run: the head of the page and its tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model.html.charts import finite
from model.html.numbers import duration, number, short

_COLLAPSE = ("distinct_1", "distinct_2", "distinct_3", "repetition", "entropy")
_GIGABYTE = 1024

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Head:
    """The head of the page."""

    state: str
    share: float | None  # of all steps, while the run is in progress
    tiles: list[tuple[str, str]]  # a figure and its label
    warning: str | None


def head(history: Row) -> Head:
    """Return the head of the page."""
    done, whole = _steps(history)
    return Head(
        state=_state(history, done, whole),
        share=done / whole if whole and not history["finished"] else None,
        tiles=[*_quality(history["epochs"]), *_size(history)],
        warning=history["collapse"][-1]["warning"] if history["collapse"] else None,
    )


def kept(epochs: list[Row]) -> Row | None:
    """Return the epoch whose weights are kept: the newest that was better than all before it."""
    return next((row for row in reversed(epochs) if row["best"]), None)


def epochs(history: Row) -> list[dict[str, str | bool]]:
    """Return the table of epochs, newest first."""
    best = kept(history["epochs"])
    return [
        {
            "epoch": number(row["epoch"]),
            "kept": row is best,
            "validation_loss": _text(row["validation_loss"], "{:.3f}"),
            "perplexity": _text(row["validation_perplexity"], "{:,.1f}"),
            "accuracy": _text(row["validation_accuracy"], "{:.2%}"),
            "bits": _text(row["validation_bits_per_char"], "{:.4f}"),
            "time": duration(row["seconds"]),
        }
        for row in reversed(history["epochs"])
    ]


def collapse(history: Row) -> list[dict[str, Any]]:
    """Return the collapse table, newest first."""
    return [
        {
            "step": number(row["step"]),
            "figures": [_text(row[name], "{:.3f}") for name in _COLLAPSE],
            "warning": row["warning"],
        }
        for row in reversed(history["collapse"])
    ]


def settings(history: Row) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the preset's settings in groups."""
    preset = history["preset"]
    plain = {name: value for name, value in preset.items() if not isinstance(value, Mapping)}
    groups = {"preset": plain, **{name: value for name, value in preset.items() if isinstance(value, Mapping)}}
    return [(name, [(key, _setting(value)) for key, value in of.items()]) for name, of in groups.items() if of]


def _quality(epochs: list[Row]) -> list[tuple[str, str]]:
    best = kept(epochs)
    if best is None:
        return []
    bits = f"validation bits per character at epoch {number(best['epoch'])}, the one kept"
    return [
        (_text(best["validation_bits_per_char"], "{:.4f}"), bits),
        (_text(best["validation_accuracy"], "{:.2%}"), "accuracy at that epoch"),
        (_text(best["validation_perplexity"], "{:,.1f}"), "perplexity at that epoch"),
    ]


def _size(history: Row) -> list[tuple[str, str]]:
    tiles = [(short(history["parameters"]), "parameters")]
    if history["tokens"]:
        tiles += [(duration(history["seconds"]), "of training"), (short(history["tokens"]), "tokens seen")]
    if history["steps"]:
        newest = history["steps"][-1]
        tiles += [(f"{newest['tokens_per_second']:,.0f}", "tokens/s")]
        tiles += [(f"{newest['memory_mb'] / _GIGABYTE:.1f} GB", "memory")]
    return tiles


def _steps(history: Row) -> tuple[int, int]:
    """Return the steps done, and the steps of the whole run."""
    of = history["steps_per_epoch"]
    return sum(of[: history["epoch"]]) + history["step"], sum(of)


def _state(history: Row, done: int, whole: int) -> str:
    if not done:
        return "The run has just started: the first figures appear after the first steps."
    so_far = duration(history["seconds"])
    if history["finished"]:
        return f"Finished after {history['epoch']:,} epoch{'' if history['epoch'] == 1 else 's'} in {so_far}."
    left = duration(history["seconds"] / done * (whole - done))
    epochs = f"{history['epoch'] + 1:,} of {len(history['steps_per_epoch']):,}"
    return f"Epoch {epochs}, step {done:,} of {whole:,}: {so_far} so far, about {left} left."


def _text(given: float, form: str) -> str:
    return "–" if finite(given) is None else form.format(given)


def _setting(given: object) -> str:
    if isinstance(given, list | tuple):
        return ", ".join(map(_setting, given)) or "none"
    if isinstance(given, bool):
        return "yes" if given else "no"
    if given is None or given == "":
        return "none"
    return number(given) if isinstance(given, float) else str(given)
