"""The plots of a corpus, as Plotly wants them. A colour is the name of a style variable, so that it fits the page."""

from dataclasses import dataclass
from typing import Any

from model.corpus.description.counting import Distribution
from model.corpus.description.statistics import Statistics

FOUR = 4  # lines of the commonest stanza


@dataclass(frozen=True)
class Plot:
    """A plot and what it shows, in words."""

    name: str
    title: str
    sentence: str
    figure: dict[str, Any]


def shape(statistics: Statistics) -> list[Plot]:
    """Return the plots of sizes: none that would have a single bar, nor one that says the same as another."""
    texts = [
        _sizes("lines-per-text", "line", "text", statistics.lines_per_text),
        _sizes("words-per-text", "word", "text", statistics.words_per_text),
        _sizes("characters-per-text", "character", "text", statistics.characters_per_text),
    ]
    lines = [
        _sizes("words-per-line", "word", "line", statistics.words_per_line),
        _sizes("characters-per-line", "character", "line", statistics.characters_per_line),
    ]
    several = statistics.lines > statistics.texts
    return [plot for plot in (texts[:2] + lines if several else texts) if plot]


def growth(statistics: Statistics) -> Plot:
    """Return the plot of the vocabulary's growth."""
    points = statistics.vocabulary.growth
    figure = {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "x": [0, *(point.words for point in points)],
                "y": [0, *(point.distinct for point in points)],
                "line": {"color": "--accent", "width": 3, "shape": "spline", "smoothing": 0.6},
                "fill": "tozeroy",
                "fillcolor": "--wash",
                "hovertemplate": "%{y:,} different words<br>among the first %{x:,}<extra></extra>",
            }
        ],
        "layout": {"xaxis": _axis("words read"), "yaxis": _axis("different words")},
    }
    sentence = "How many different words there are among the first so many, in the corpus's own order."
    return Plot("growth", "New words keep coming", sentence, figure)


def years(statistics: Statistics) -> Plot | None:
    """Return the plot of texts by year, where there are years to compare."""
    dates = statistics.dates
    if not dates or len(dates.years) == 1:
        return None
    bars = {
        "type": "bar",
        "x": [int(year) for year in dates.years],
        "y": list(dates.years.values()),
        "marker": {"color": "--accent"},
        "hovertemplate": "%{x}: %{y:,} texts<extra></extra>",
    }
    axes = {"xaxis": _axis("year") | {"tickformat": "d"}, "yaxis": _axis("texts")}
    sentence = f"{dates.texts:,} texts say when they are from: {dates.first} to {dates.last}."
    return Plot("years", "Texts by year", sentence, {"data": [bars], "layout": axes})


def _sizes(name: str, unit: str, thing: str, spread: Distribution | None) -> Plot | None:
    if not spread or spread.minimum == spread.maximum:
        return None
    fours = name == "lines-per-text" and spread.width == 1
    low, high = spread.percentiles["25"], spread.percentiles["75"]
    usual = f"Half of the {thing}s have {low:,} to {high:,} {unit}s."
    if low == high:
        usual = f"Most {thing}s have {low:,} {unit}{'' if low == 1 else 's'}."
    sentence = f"{usual} The mean is {spread.mean:,.1f}, the longest has {spread.maximum:,}."
    if fours:
        sentence += " In strong colour: multiples of four."
    return Plot(name, f"{unit.capitalize()}s of a {thing}", sentence, _bars(spread, unit, thing, fours=fours))


def _bars(spread: Distribution, unit: str, thing: str, *, fours: bool) -> dict[str, Any]:
    """Return a histogram, its last bar grey where all that is above is in it."""
    width, last = spread.width, spread.bins[-1][0]
    lows = [low for low, _ in spread.bins]
    colours = ["--tint" if fours and low % FOUR else "--accent" for low in lows]
    labels = [f"{low:,}" if width == 1 else f"{low:,} to {low + width - 1:,}" for low in lows]
    marks = [_median(spread.percentiles["50"])]
    if spread.maximum >= last + width:
        colours[-1], labels[-1] = "--tail", f"{last:,} or more"
        marks.append(_mark(f"{last:,}+", last + (width - 1) / 2, spread.bins[-1][1], "y") | {"xanchor": "center"})
    bars = {
        "type": "bar",
        "x": [low + (width - 1) / 2 for low in lows],
        "y": [count for _, count in spread.bins],
        "width": width * 0.84,
        "marker": {"color": colours},
        "hovertext": [f"{label} {unit}s: {n:,} {thing}s" for label, (_, n) in zip(labels, spread.bins, strict=True)],
        "hoverinfo": "text",
    }
    layout = {"xaxis": _axis(f"{unit}s"), "yaxis": _axis(f"{thing}s"), "annotations": marks}
    return {"data": [bars], "layout": layout | {"shapes": [_line(spread.percentiles["50"])]}}


def _median(median: int) -> dict[str, Any]:
    return _mark(f"median {median:,}", median, 1.02, "paper") | {"xanchor": "left"}


def _mark(text: str, x: float, y: float, yref: str) -> dict[str, Any]:
    place = {"x": x, "y": y, "xref": "x", "yref": yref, "yanchor": "bottom", "showarrow": False}
    return {"text": text, "font": {"color": "--soft", "size": 12}} | place


def _line(x: float) -> dict[str, Any]:
    ends = {"x0": x, "x1": x, "y0": 0, "y1": 1.02, "xref": "x", "yref": "paper"}
    return {"type": "line", "line": {"color": "--ink", "width": 1, "dash": "dot"}} | ends


def _axis(title: str) -> dict[str, Any]:
    return {"title": {"text": title}}
