"""The figures of a run in words: the head of the page and its tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model.html.charts import finite, value
from model.html.page import duration, short
from model.training_report.rows import Row, last, rows

MOST_WARNED = 200  # rows of the collapse table
_COLLAPSE = ("distinct_1", "distinct_2", "distinct_3", "repetition", "entropy")
_GIGABYTE = 1024


@dataclass(frozen=True)
class Head:
    """What a person sees first."""

    name: str
    finished: bool
    state: str
    share: float | None  # of all steps, where it is known how many there will be
    tiles: list[tuple[str, str]]  # a figure, and what it is
    warning: str | None


def head(history: Row) -> Head:
    """Give the head of the page."""
    steps, epochs = rows(history, "steps"), rows(history, "epochs")
    done, seconds = _done(steps, epochs)
    whole = _whole(history)
    finished = bool(history.get("finished"))
    warnings = [row for row in rows(history, "collapse") if row.get("warning")]
    newest = rows(history, "collapse")[-1:]
    return Head(
        name=str(history.get("name") or "a run"),
        finished=finished,
        state=_state(history, steps, epochs, finished=finished),
        share=min(1.0, done / whole) if whole and not finished else None,
        tiles=[*_quality(epochs), *_size(history, steps, done, seconds)],
        warning=str(newest[0]["warning"]) if newest and newest[0] in warnings else None,
    )


def kept(epochs: list[Row]) -> Row | None:
    """Give the epoch whose weights are kept: the newest that was marked as the best."""
    return next((row for row in reversed(epochs) if row.get("best")), None)


def epochs(history: Row) -> list[dict[str, str | bool]]:
    """Give the table of epochs, newest first."""
    found = rows(history, "epochs")
    best = kept(found)
    return [
        {
            "epoch": _text(row.get("epoch")),
            "kept": row is best,
            "validation_loss": _text(row.get("validation_loss"), "{:.3f}"),
            "perplexity": _text(row.get("validation_perplexity"), "{:,.1f}"),
            "accuracy": _text(row.get("validation_accuracy"), "{:.2%}").replace("%", " %"),
            "bits": _text(row.get("validation_bits_per_char"), "{:.4f}"),
            "time": duration(finite(row.get("seconds")) or 0),
        }
        for row in reversed(found)
    ]


def collapse(history: Row) -> list[dict[str, Any]]:
    """Give the collapse table, newest first."""
    return [
        {
            "step": _text(row["step"]),
            "figures": [_text(row.get(name), "{:.2f}" if name == "entropy" else "{:.3f}") for name in _COLLAPSE],
            "warning": str(row.get("warning") or ""),
        }
        for row in rows(history, "collapse")[: -MOST_WARNED - 1 : -1]
    ]


def settings(history: Row) -> list[tuple[str, list[tuple[str, str]]]]:
    """Give the preset's settings in groups."""
    preset = history.get("preset")
    if not isinstance(preset, Mapping):
        return []
    plain = {name: value for name, value in preset.items() if not isinstance(value, Mapping)}
    groups = {"preset": plain, **{name: value for name, value in preset.items() if isinstance(value, Mapping)}}
    return [
        (str(name), [(str(key), _setting(value)) for key, value in of.items()]) for name, of in groups.items() if of
    ]


def _quality(epochs: list[Row]) -> list[tuple[str, str]]:
    scored = [(bits, row) for row in epochs if (bits := finite(row.get("validation_bits_per_char"))) is not None]
    if not scored:
        return []
    bits, best = min(scored, key=lambda one: one[0])
    accuracy, perplexity = finite(best.get("validation_accuracy")), finite(best.get("validation_perplexity"))
    tiles = [(f"{bits:.4f}", f"validation bits per character, best, epoch {_text(best.get('epoch'))}")]
    if accuracy is not None:
        tiles.append((f"{accuracy:.2%}".replace("%", " %"), "of tokens right, then"))
    if perplexity is not None:
        tiles.append((f"{perplexity:,.1f}", "perplexity a token, then"))
    return tiles


def _size(history: Row, steps: list[Row], done: float, seconds: float) -> list[tuple[str, str]]:
    tokens = finite(history.get("tokens_per_step"))
    parameters, speed, memory = (
        finite(history.get("parameters")),
        last(steps, "tokens_per_second"),
        last(steps, "memory_mb"),
    )
    tiles = [
        (duration(seconds) if seconds else None, "of training"),
        (None if not tokens or not done else short(int(done * tokens)), "tokens seen"),
        (None if parameters is None else short(int(parameters)), "parameters"),
        (None if speed is None else f"{speed:,.0f}", "tokens/s"),
        (None if memory is None else f"{memory / _GIGABYTE:.1f} GB", "memory"),
    ]
    return [(figure, label) for figure, label in tiles if figure is not None]


def _done(steps: list[Row], epochs: list[Row]) -> tuple[float, float]:
    """Give the steps done and the seconds they took."""
    newest = [*steps[-1:], *epochs[-1:]]
    return max((float(row["step"]) for row in newest), default=0.0), max(
        last(steps, "seconds") or 0, last(epochs, "seconds") or 0
    )


def _whole(history: Row) -> float | None:
    """Give the steps of the whole run."""
    preset = history.get("preset")
    training = preset.get("training") if isinstance(preset, Mapping) else None
    wanted = finite(training.get("epochs")) if isinstance(training, Mapping) else None
    steps = finite(history.get("steps_per_epoch"))
    return wanted * steps if wanted and steps else None


def _state(history: Row, steps: list[Row], epochs: list[Row], *, finished: bool) -> str:
    done, seconds = _done(steps, epochs)
    if not done:
        return (
            "Nothing was learned yet."
            if finished
            else "It has just begun: the first figures come with the first steps."
        )
    if finished:
        rounds = len(epochs)
        return f"Finished after {rounds} epoch{'' if rounds == 1 else 's'} in {duration(seconds)}."
    whole, of = _whole(history), finite(history.get("steps_per_epoch"))
    if not whole or not of:
        return f"At step {done:,.0f}, {duration(seconds)} so far."
    epoch = min(int(max(done - 1, 0) // of) + 1, round(whole / of))
    where = f"Epoch {epoch:,} of {whole / of:,.0f}, step {done:,.0f} of {whole:,.0f}"
    left = duration(seconds / done * max(0.0, whole - done))
    return f"{where}: {duration(seconds)} so far, about {left} left."


def _text(given: object, form: str = "{:,.0f}") -> str:
    found = finite(given)
    return "–" if found is None else form.format(found)


def _setting(given: object) -> str:
    if isinstance(given, list | tuple):
        return ", ".join(_setting(one) for one in given) or "none"
    if isinstance(given, bool) or given is None or given == "":
        return {True: "yes", False: "no"}.get(given, "none") if isinstance(given, bool) else "none"
    return value(given) if isinstance(given, float) else str(given)
