"""A corpus's statistics as JSON, and as one self-contained HTML page."""

import json
from dataclasses import asdict
from pathlib import Path

from model.corpus.description import plots
from model.corpus.description.counting import hash8
from model.corpus.description.statistics import MAX_SAMPLE, Statistics
from model.errors import ModelError
from model.files.replacing import replacing
from model.html.page import environment

JSON, HTML = "statistics.json", "report.html"
_CLOUD = 90  # words


def prepare(folder: Path) -> None:
    """Create the folder before counting begins. ModelError if that is impossible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise ModelError(f"{folder}: this is a file, not a folder; choose another name") from None


def write(statistics: Statistics, folder: Path) -> None:
    """Write both files atomically."""
    page = render(statistics)
    with replacing(folder / JSON) as new_json, replacing(folder / HTML) as new_html:
        new_json.write_text(json.dumps(asdict(statistics), ensure_ascii=False, indent=1) + "\n", "utf-8")
        new_html.write_text(page, "utf-8")


def render(statistics: Statistics) -> str:
    """Return the page. Everything from the corpus is escaped, and the browser may run only our scripts."""
    templates = environment("model.corpus.description")
    scripts = [templates.get_template(name).render() for name in ("chart.js", "report.js")]
    shape, growth, years = plots.shape(statistics), plots.growth(statistics), plots.years(statistics)
    drawn = [*shape, growth, *([years] if years else [])]
    return templates.get_template("report.html").render(
        statistics=statistics,
        shape=shape,
        growth=growth,
        years=years,
        charts={one.chart.name: one.data for one in drawn},
        cloud=_cloud(statistics),
        sample_characters=MAX_SAMPLE,
        scripts=scripts,
    )


def _cloud(statistics: Statistics) -> list[tuple[str, int, float]]:
    """Return words, counts and sizes from 0 to 1, in a reproducible random order."""
    chosen = statistics.vocabulary.most_frequent_content[:_CLOUD]
    if not chosen:
        return []
    high, low = chosen[0][1] ** 0.5, chosen[-1][1] ** 0.5
    sizes = [(word, count, round((count**0.5 - low) / (high - low or 1), 3)) for word, count in chosen]
    return sorted(sizes, key=lambda item: hash8(item[0]))
