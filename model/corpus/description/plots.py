"""The charts of a corpus: sizes, growth of the vocabulary, texts by year."""

from model.corpus.description.counting import Distribution
from model.corpus.description.statistics import Statistics
from model.html.charts import Bar, Chart, Drawing, Series, draw

FOUR = 4  # lines of the most common stanza


def shape(statistics: Statistics) -> list[Drawing]:
    """Return the charts of sizes, except those with a single bar and those that duplicate another."""
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
    return [draw(chart) for chart in (texts[:2] + lines if several else texts) if chart]


def growth(statistics: Statistics) -> Drawing:
    """Return the chart of vocabulary growth."""
    points = [(float(point.words), float(point.distinct)) for point in statistics.vocabulary.growth]
    series = [Series("different words", [(0.0, 0.0), *points], "area")]
    sentence = "Number of different words among the first words of the corpus, in its own order."
    return draw(Chart("growth", "New words keep coming", sentence, "different words", series, x_unit="words read"))


def years(statistics: Statistics) -> Drawing | None:
    """Return the chart of texts by year, if there are at least two years."""
    dates = statistics.dates
    if not dates or len(dates.years) == 1:
        return None
    bars = [Bar(int(year), int(year), texts, f"{int(year)}") for year, texts in dates.years.items()]
    sentence = f"{dates.texts:,} texts have a date, from {dates.first} to {dates.last}."
    return draw(Chart("years", "Texts by year", sentence, "texts", bars=bars, x_unit="year", years=True))


def _sizes(name: str, unit: str, thing: str, spread: Distribution | None) -> Chart | None:
    if not spread or spread.minimum == spread.maximum:
        return None
    fours = name == "lines-per-text" and spread.width == 1
    median, last = spread.percentiles["50"], spread.bins[-1][0]
    return Chart(
        name,
        f"{unit.capitalize()}s of a {thing}",
        _sentence(unit, thing, spread) + (" In strong colour: multiples of four." if fours else ""),
        f"{thing}s",
        x_unit=f"{unit}s",
        marks=[(median, f"median {median:,}")],
        bars=_bars(spread, unit, fours=fours),
        rest=f"{last:,}+" if _open(spread) else "",
    )


def _sentence(unit: str, thing: str, spread: Distribution) -> str:
    low, high = spread.percentiles["25"], spread.percentiles["75"]
    usual = f"Half of the {thing}s have {low:,} to {high:,} {unit}s."
    if low == high:
        usual = f"Most {thing}s have {low:,} {unit}{'' if low == 1 else 's'}."
    return f"{usual} The mean is {spread.mean:,.1f}, the longest has {spread.maximum:,}."


def _bars(spread: Distribution, unit: str, *, fours: bool) -> list[Bar]:
    """Return a histogram, with a grey last bar if it includes everything above."""
    bars = [_bar(low, low + spread.width - 1, count, unit, fours=fours) for low, count in spread.bins]
    if _open(spread):
        low, count = spread.bins[-1]
        bars[-1] = Bar(low, low + spread.width - 1, count, f"{low:,} {unit}s or more", "rest")
    return bars


def _bar(first: int, last: int, count: int, unit: str, *, fours: bool) -> Bar:
    name = f"{first:,}" if first == last else f"{first:,} to {last:,}"
    return Bar(
        first, last, count, f"{name} {unit}{'' if last == 1 else 's'}", "weak" if fours and first % FOUR else "strong"
    )


def _open(spread: Distribution) -> bool:
    """Return whether the last bar includes everything above."""
    return spread.maximum >= spread.bins[-1][0] + spread.width
