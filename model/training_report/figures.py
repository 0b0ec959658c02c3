"""The drawings of a run."""

from collections.abc import Mapping

from model.html.charts import Chart, Drawing, Points, Series, draw, smooth
from model.training_report.rows import Row, points, rows
from model.training_report.summary import kept

_SMOOTHED = 60  # rows, from which on a mean of neighbours is drawn over them
SANE = (3e-4, 3e-3, "about 10⁻³, as a rule of thumb")
_PERCENT, _GIGABYTE = 100.0, 1 / 1024


def sections(history: Row) -> dict[str, list[Drawing]]:
    """Give the drawings, by the part of the page that they belong to."""
    steps, epochs = rows(history, "steps"), rows(history, "epochs")
    charts = {
        "quality": [_loss(steps, epochs), _accuracy(steps, epochs), _bits(epochs)],
        "updates": [_updates(steps)],
        "optimizer": [_rate(steps), _gradient(steps)],
        "speed": [_speed(steps), _memory(steps)],
    }
    return {name: [draw(chart) for chart in part] for name, part in charts.items()}


def _loss(steps: list[Row], epochs: list[Row]) -> Chart:
    series = _both(points(steps, "loss"), points(epochs, "validation_loss"))
    sentence = "How hard the next token is to foresee. Where validation rises while training falls, it learns by heart."
    return Chart("loss", "Loss", sentence, "nats a token", series, marks=_best(epochs))


def _accuracy(steps: list[Row], epochs: list[Row]) -> Chart:
    series = _both(points(steps, "accuracy", _PERCENT), points(epochs, "validation_accuracy", _PERCENT))
    sentence = "How often the most likely token is the one that follows."
    return Chart("accuracy", "Accuracy", sentence, "% of tokens", series, marks=_best(epochs))


def _bits(epochs: list[Row]) -> Chart:
    series = [Series("validation", points(epochs, "validation_bits_per_char"), "dots", colour=1)]
    sentence = "The figure to compare runs by: it does not depend on how a text is cut into tokens. Lower is better."
    return Chart("bits", "Bits per character", sentence, "bits a character", series, marks=_best(epochs))


def _updates(steps: list[Row]) -> Chart:
    names: dict[str, None] = {}
    for row in steps:
        names.update(dict.fromkeys(_of(row)))
    series = [Series(name, _calm(points([{**_of(row), "step": row["step"]} for row in steps], name))) for name in names]
    sentence = (
        "How far a step moves a layer's weights, as a share of their own size. Far above the band learning is likely "
        "to break; far below it the layer hardly learns."
    )
    unit = "update norm / weight norm"
    return Chart("updates", "Updates by layer", sentence, unit, series, logarithmic=True, band=SANE)


def _rate(steps: list[Row]) -> Chart:
    series = [Series("learning rate", points(steps, "learning_rate"))]
    return Chart(
        "rate", "Learning rate", "What the schedule asks of the optimizer.", "learning rate", series, from_zero=True
    )


def _gradient(steps: list[Row]) -> Chart:
    series = _smoothed("gradient norm", points(steps, "gradient_norm"))
    sentence = "Of all weights together, before it is clipped. Peaks that grow tell that the learning rate is too high."
    return Chart("gradient", "Gradient norm", sentence, "norm", series, logarithmic=True)


def _speed(steps: list[Row]) -> Chart:
    series = [Series("speed", points(steps, "tokens_per_second"))]
    return Chart("speed", "Speed", "Tokens that training reads.", "tokens/s", series, from_zero=True)


def _memory(steps: list[Row]) -> Chart:
    series = [Series("memory", points(steps, "memory_mb", _GIGABYTE))]
    return Chart("memory", "Memory", "What the process takes. It should stay level.", "GB", series, from_zero=True)


def _both(training: Points, validation: Points) -> list[Series]:
    """Give training and validation the same colours wherever they stand together."""
    return [*_smoothed("training", training), Series("validation", validation, "dots")]


def _smoothed(name: str, values: Points) -> list[Series]:
    calm = _calm(values)
    return [Series(name, values)] if calm is values else [Series("each row", values, "faint"), Series(name, calm)]


def _calm(values: Points) -> Points:
    """Give the mean of neighbours, or the values themselves where there are few."""
    return values if len(values) < _SMOOTHED else smooth(values, len(values) // 30)


def _best(epochs: list[Row]) -> list[tuple[float, str]]:
    best = kept(epochs)
    return [(float(best["step"]), "best")] if best and len(epochs) > 1 else []


def _of(row: Row) -> Row:
    updates = row.get("updates")
    return {str(name): value for name, value in updates.items()} if isinstance(updates, Mapping) else {}
