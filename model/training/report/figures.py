"""The charts of a run."""

from collections.abc import Sequence

from model.html.charts import Chart, Drawing, Points, Series, calm, draw, finite
from model.training.report.summary import Row, kept

SANE = (3e-4, 3e-3, "about 10⁻³, as a rule of thumb")
_PERCENT, _GIGABYTE = 100.0, 1 / 1024


def sections(history: Row) -> dict[str, list[Drawing]]:
    """Return the charts, by the section of the page that they belong to."""
    steps, epochs = history["steps"], history["epochs"]
    charts = {
        "quality": [_loss(steps, epochs), _accuracy(steps, epochs), _bits(epochs)],
        "learning": [_updates(steps), _rate(steps)],
        "speed": [_speed(steps), _memory(steps)],
    }
    return {name: [draw(chart) for chart in part] for name, part in charts.items()}


def _loss(steps: list[Row], epochs: list[Row]) -> Chart:
    series = _both(_points(steps, "loss"), _points(epochs, "validation_loss"))
    sentence = "How hard the next token is to predict. If validation rises while training falls, the network overfits."
    return Chart("loss", "Loss", sentence, "nats per token", series, marks=_best(epochs))


def _accuracy(steps: list[Row], epochs: list[Row]) -> Chart:
    series = _both(_points(steps, "accuracy", _PERCENT), _points(epochs, "validation_accuracy", _PERCENT))
    sentence = "How often the most likely token is the one that follows."
    return Chart("accuracy", "Accuracy", sentence, "% of tokens", series, marks=_best(epochs))


def _bits(epochs: list[Row]) -> Chart:
    series = [Series("validation", _points(epochs, "validation_bits_per_char"), "dots", colour=1)]
    sentence = "The figure for comparing runs: it does not depend on the tokenizer. Lower is better."
    return Chart("bits", "Bits per character", sentence, "bits per character", series, marks=_best(epochs))


def _updates(steps: list[Row]) -> Chart:
    names: dict[str, None] = {}
    for row in steps:
        names.update(dict.fromkeys(row["updates"]))
    rows = [{**row["updates"], "step": row["step"]} for row in steps]
    series = [Series(name, calm(_points(rows, name))) for name in names]
    sentence = (
        "The norm of a step's update relative to the norm of the layer's weights. Far above the band, training is "
        "likely to diverge; far below it, the layer hardly learns."
    )
    unit = "update norm / weight norm"
    return Chart("updates", "Updates by layer", sentence, unit, series, logarithmic=True, band=SANE)


def _rate(steps: list[Row]) -> Chart:
    series = [Series("learning rate", _points(steps, "learning_rate"))]
    return Chart("rate", "Learning rate", "The rate set by the schedule.", "learning rate", series, from_zero=True)


def _speed(steps: list[Row]) -> Chart:
    series = [Series("speed", _points(steps, "tokens_per_second"))]
    return Chart("speed", "Speed", "Training tokens per second.", "tokens/s", series, from_zero=True)


def _memory(steps: list[Row]) -> Chart:
    series = [Series("memory", _points(steps, "memory_mb", _GIGABYTE))]
    return Chart("memory", "Memory", "Memory of the process. It should stay constant.", "GB", series, from_zero=True)


def _both(training: Points, validation: Points) -> list[Series]:
    """Return training and validation as series, in the same colours in every chart."""
    return [*_smoothed("training", training), Series("validation", validation, "dots")]


def _smoothed(name: str, values: Points) -> list[Series]:
    mean = calm(values)
    return [Series(name, values)] if mean is values else [Series("each row", values, "faint"), Series(name, mean)]


def _best(epochs: list[Row]) -> list[tuple[float, str]]:
    best = kept(epochs)
    return [(best["step"], "kept")] if best and len(epochs) > 1 else []


def _points(rows: Sequence[Row], name: str, factor: float = 1.0) -> Points:
    """Return the points of a value by step, multiplied by `factor`."""
    found = [(row["step"], finite(row.get(name))) for row in rows]
    return [(step, None if value is None else value * factor) for step, value in found]
