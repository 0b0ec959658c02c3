"""The study of learning rates: which it suggests, why, and what it makes of trials that failed."""

import html
import math
import re
from pathlib import Path
from typing import Any

import pytest

from model.training.report.rates import final_loss, write_rate_study


def trial(rate: float, end: float, schedule: str = "cosine", *, diverged: bool = False) -> dict[str, Any]:
    losses = [[step, end + 4 * math.exp(-step / 20)] for step in range(1, 201)]
    if diverged:
        losses[40:] = [[41, 1e6], [42, math.nan]]
    return {"learning_rate": rate, "schedule": schedule, "losses": losses, "diverged": diverged}


def trials() -> list[dict[str, Any]]:
    ends = ((0.1, 9.0), (0.03, 4.2), (0.01, 3.1), (0.001, 5.0))
    return [
        trial(rate, end + more, schedule, diverged=rate == 0.1)
        for schedule, more in (("held", 0.3), ("cosine", 0.0))
        for rate, end in ends
    ]


def said(given: list[dict[str, Any]], folder: Path) -> tuple[str, str]:
    """Return what the page suggests, and why."""
    suggestion = write_rate_study(given, folder / "rates.html")
    page = (folder / "rates.html").read_text("utf-8")
    assert page.rstrip().endswith("</html>")
    head = re.search(r'(?s)<h1>(.*?)</h1>\s*<p class="lede">(.*?)</p>', page)
    assert head is not None
    assert suggestion is None or html.unescape(head[2]).endswith(suggestion.why)
    return head[1], head[2]


def test_the_trial_that_ended_lowest_is_suggested(tmp_path: Path) -> None:
    rate, why = said(trials(), tmp_path)
    assert rate == "0.01"
    assert why == "Schedule: cosine. It has the lowest final loss: 3.1 nats per token. The loss diverged at 0.1."


def test_trials_that_ended_alike_are_named(tmp_path: Path) -> None:
    _, why = said([trial(0.1, 4.0), trial(0.01, 3.0), trial(0.005, 3.01), trial(0.001, 4.0)], tmp_path)
    assert "Within 0.01 of it: 0.005, cosine." in why


@pytest.mark.parametrize(("best", "word"), [(0.1, "larger"), (0.001, "smaller")])
def test_a_best_rate_at_an_end_asks_for_more(tmp_path: Path, best: float, word: str) -> None:
    _, why = said([trial(rate, 3.0 if rate == best else 4.0) for rate in (0.1, 0.01, 0.001)], tmp_path)
    assert f"a {word} one may be even better" in why


@pytest.mark.parametrize("given", [[], [trial(0.1, 1.0, diverged=True)]])
def test_trials_without_an_end_have_a_page(tmp_path: Path, given: list[dict[str, Any]]) -> None:
    assert said(given, tmp_path)[0] == "None of them"
    assert write_rate_study(given, tmp_path / "rates.html") is None


def test_a_suggestion_is_a_sentence_too(tmp_path: Path) -> None:
    suggestion = write_rate_study([trial(0.01, 3.0, "held")], tmp_path / "rates.html")
    assert suggestion is not None
    assert suggestion.sentence == "0.01, held: It has the lowest final loss: 3 nats per token."


@pytest.mark.parametrize(("losses", "final"), [([], None), ([9.0] * 18 + [1.0, 2.0], 1.5), ([1.0, math.nan], None)])
def test_the_final_loss_is_the_mean_of_the_last_tenth(losses: list[float], final: float | None) -> None:
    assert final_loss(list(enumerate(losses))) == final


def test_a_schedule_cannot_break_the_page(tmp_path: Path) -> None:
    _, why = said([trial(0.1, 3.0, "<b>&")], tmp_path)
    assert "Schedule: &lt;b&gt;&amp;." in why
