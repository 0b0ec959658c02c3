"""Line and bar charts as inline SVG that scales to any size: shapes are stretched, text is not."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Literal

from model.html import scales
from model.html.numbers import number
from model.html.scales import Scale

Points = list[tuple[float, float | None]]  # by x; None leaves a gap
WIDTH, HEIGHT = 2000, 1000  # the drawing's own units
MOST_POINTS = 400  # per line: more would not be visible
COLOURS = 8
_THINNEST = 4  # units, the narrowest bar
_FILLED = 0.84  # of the space for a bar
_MANY = 60  # points from which a mean of neighbours is drawn too


@dataclass(frozen=True)
class Series:
    """A line, an area under one, or joined dots. A faint one is background and does not appear in the legend."""

    name: str
    points: Points
    style: Literal["line", "area", "dots", "faint"] = "line"
    colour: int | None = None  # None: the next free one; after COLOURS they repeat, with dashes


@dataclass(frozen=True)
class Bar:
    """A bar over the integers from `first` to `last`."""

    first: int
    last: int
    value: int
    name: str  # its label
    look: Literal["strong", "weak", "rest"] = "strong"

    @property
    def middle(self) -> float:
        """The middle of its range."""
        return (self.first + self.last) / 2


@dataclass(frozen=True)
class Chart:
    """The contents of a chart: series, or bars from left to right, and its texts."""

    name: str
    title: str
    sentence: str
    unit: str  # of the y axis
    series: Sequence[Series] = ()
    x_unit: str = "step"
    logarithmic: bool = False
    logarithmic_x: bool = False
    from_zero: bool = False
    band: tuple[float, float, str] | None = None  # from, to, and a label
    marks: Sequence[tuple[float, str]] = ()  # x values with labels
    ends: bool = True  # show the last value of each line
    reach: Sequence[float] = ()  # additional x values that the axis must include
    bars: Sequence[Bar] = ()
    years: bool = False  # the bars are years
    rest: str = ""  # the label of the last bar, if it covers more than its own range


@dataclass(frozen=True)
class Line:
    """A series prepared for the page: its parts in the drawing's units, and its last value."""

    name: str
    style: str
    look: str  # a colour, and dashes if the colours are used up
    parts: list[str]
    dots: list[tuple[int, int]]
    last: str
    values: Points


@dataclass(frozen=True)
class Drawing:
    """A chart prepared for the page."""

    chart: Chart
    lines: list[Line]
    x: Scale
    y: Scale
    cut: bool  # some values exceed the drawing
    band: tuple[float, float] | None = None  # top and height as fractions of the whole
    marks: list[tuple[float, str]] = field(default_factory=list)
    bars: Sequence[tuple[str, str]] = ()  # look and outline

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.bars and not any(line.parts for line in self.lines)

    @property
    def gutter(self) -> int:
        """The length of the longest label on the y axis."""
        return max((len(label) for _, label in self.y.ticks()), default=1)

    @property
    def words(self) -> str:
        """A description of the chart for screen readers."""
        if self.bars:
            first, last = self.chart.bars[0].name, self.chart.bars[-1].name
            return f"{self.chart.title}: {len(self.bars)} bars, {first} to {last}. Arrow keys read single values."
        shown = [line for line in self.lines if line.style != "faint"]
        ends = [f"{line.name} ends at {line.last}" if self.chart.ends else line.name for line in shown]
        return f"{self.chart.title}, {self.chart.unit}: {'; '.join(ends)}. Arrow keys read single values."

    @property
    def data(self) -> dict[str, Any]:
        """What the page's script needs to show the values under the pointer."""
        axes = {"x": [self.x.low, self.x.high], "logarithmic": self.x.logarithmic, "unit": self.chart.x_unit}
        if self.bars:
            return {**axes, **_bar_values(self.chart)}
        shown = [line for line in self.lines if line.style != "faint"]
        series = [
            {"name": one.name, "look": one.look, "x": [x for x, _ in one.values], "y": [y for _, y in one.values]}
            for one in shown
        ]
        return {**axes, "series": series}


def finite(value: float | None) -> float | None:
    """Return a number that can be drawn, or None."""
    return value if value is not None and abs(value) <= scales.LARGEST else None  # false for NaN too


def draw(chart: Chart) -> Drawing:
    """Compute the axes, thin the lines, and position lines and bars."""
    x, y = _x_scale(chart), _y_scale(chart)
    lines, colour = [], 0
    for series in chart.series:
        lines.append(_line(series, colour if series.colour is None else series.colour, x, y))
        colour += series.style != "faint"
    highest = max((value for series in chart.series for value in _ys(series)), default=y.high)
    band = (1 - y.place(chart.band[1]), y.place(chart.band[1]) - y.place(chart.band[0])) if chart.band else None
    marks = [(x.place(at), it) for at, it in chart.marks]
    bars = [(bar.look, _outline(bar, x, y)) for bar in chart.bars]
    return Drawing(chart, lines, x, y, highest > y.high * (1 + 1e-9), band, marks, bars)


def thin(points: Points, most: int = MOST_POINTS) -> Points:
    """Keep the minimum and maximum of neighbours, and gaps, so that no peak is lost."""
    if len(points) <= most:
        return points
    size = math.ceil(len(points) / (most // 2))
    return [point for first in range(0, len(points), size) for point in _ends(points[first : first + size])]


def calm(points: Points) -> Points:
    """Return the mean of neighbours, or the points themselves if there are few."""
    return points if len(points) < _MANY else smooth(points, len(points) // 30)


def smooth(points: Points, width: int) -> Points:
    """Return the mean of `width` neighbours around each point, fewer near the ends, ignoring None."""
    sums = [0.0, *accumulate(y or 0.0 for _, y in points)]
    counts = [0, *accumulate(y is not None for _, y in points)]
    means: Points = []
    for i, (x, own) in enumerate(points):
        half = min(width // 2, i, len(points) - 1 - i)  # symmetric, or a slope would bend at its ends
        first, last = i - half, i + half + 1
        near = counts[last] - counts[first]
        means.append((x, None if own is None else (sums[last] - sums[first]) / near))
    return means


def _ends(bucket: Points) -> Points:
    numbers = [(y, i) for i, (_, y) in enumerate(bucket) if y is not None]
    gaps = [i for i, (_, y) in enumerate(bucket) if y is None][:1]
    kept = {*gaps, min(numbers)[1], max(numbers)[1]} if numbers else set(gaps)
    return [bucket[i] for i in sorted(kept)]


def _line(series: Series, colour: int, x: Scale, y: Scale) -> Line:
    values = thin(series.points)
    runs: list[list[tuple[int, int]]] = [[]]
    for at, value in values:
        if value is None or (y.logarithmic and value <= 0):
            runs.append([])
        else:
            runs[-1].append((round(x.place(at) * WIDTH), round((1 - y.place(value)) * HEIGHT)))
    parts = [" ".join(f"{a},{b}" for a, b in (run if len(run) > 1 else run * 2)) for run in runs if run]
    dots = [dot for run in runs for dot in run] if series.style == "dots" else []
    last = next((value for _, value in reversed(series.points) if value is not None), None)
    look = f"c{colour % COLOURS} d{colour // COLOURS % 3}"
    shown = [(at, None if value is None else float(f"{value:.5g}")) for at, value in values]
    return Line(series.name, series.style, look, parts, dots, "–" if last is None else number(last), shown)


def _outline(bar: Bar, x: Scale, y: Scale) -> str:
    left, right = (round(x.place(edge) * WIDTH) for edge in (bar.first - 0.5, bar.last + 0.5))
    width = max(_THINNEST, round((right - left) * _FILLED))
    return f"M{(left + right - width) // 2} {HEIGHT}v-{round(y.place(bar.value) * HEIGHT)}h{width}V{HEIGHT}z"


def _bar_values(chart: Chart) -> dict[str, Any]:
    xs, ys = [bar.middle for bar in chart.bars], [bar.value for bar in chart.bars]
    series = {"name": chart.unit, "look": "c0 d0", "x": xs, "y": ys}
    return {"series": [series], "names": [bar.name for bar in chart.bars]}


def _x_scale(chart: Chart) -> Scale:
    if chart.bars:
        return Scale(chart.bars[0].first - 0.5, chart.bars[-1].last + 0.5, whole=True, years=chart.years)
    every = [*chart.reach, *(at for series in chart.series for at, _ in series.points)]
    return scales.logarithmic(every) if chart.logarithmic_x else scales.exact(every)


def _y_scale(chart: Chart) -> Scale:
    if chart.bars:
        return scales.linear([0.0, max(bar.value for bar in chart.bars)], whole=True)
    every = [value for series in chart.series for value in _ys(series)]
    if chart.logarithmic:
        return scales.logarithmic([*every, *(chart.band[:2] if chart.band else ())])
    return scales.linear(every, from_zero=chart.from_zero)


def _ys(series: Series) -> list[float]:
    return [value for _, value in series.points if value is not None]
