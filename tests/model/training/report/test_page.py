"""The pages in a real browser, as a reader uses them."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from model.training.report.rates import write_rate_study
from model.training.report.report import write_report
from tests.model.training.report.made_up import history
from tests.model.training.report.test_rates import trials
from tests.model.training.report.test_report import EVIL

pytestmark = pytest.mark.browser


@pytest.fixture
def path(tmp_path: Path) -> Path:
    run = history(layers=("embedding", f"{'long' * 40}", EVIL))
    run["samples"][-1]["text"] = EVIL
    write_report(run, tmp_path / "report.html")
    return tmp_path / "report.html"


@pytest.fixture
def page(browser: Browser, path: Path) -> Iterator[Page]:
    """Open the page as on a phone; nothing may go wrong unseen, and nothing may be fetched."""
    context = browser.new_context(viewport={"width": 360, "height": 780})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("request", lambda request: wrong.append(request.url) if request.url != path.as_uri() else None)
    page.goto(path.as_uri())
    yield page
    context.close()
    assert wrong == []


def box(page: Page, selector: str) -> Any:
    found = page.locator(selector).first.bounding_box()
    assert found is not None
    return found


def test_lines_fill_their_charts(page: Page) -> None:
    for name in ("loss", "accuracy", "bits", "updates", "rate", "speed", "memory"):
        plot, line = box(page, f"#plot-{name}"), box(page, f"#plot-{name} .line polyline")
        assert plot["width"] > 200
        assert line["width"] > 0.8 * plot["width"]


def test_names_on_axes_do_not_meet(page: Page) -> None:
    boxes = [one.bounding_box() for one in page.locator("#plot-loss .x").all()]
    found = [one for one in boxes if one]
    assert len(found) >= 3
    assert all(a["x"] + a["width"] < b["x"] for a, b in pairwise(found))


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_width_makes_it_scroll_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_pointer_reads_values(page: Page) -> None:
    tip = page.locator("#plot-loss .tip")
    expect(tip).to_be_hidden()
    page.locator("#plot-loss").hover()
    expect(tip).to_contain_text("step 4,0")
    expect(page.locator("#plot-loss .said")).to_be_empty()
    expect(tip).to_contain_text("validation")
    inside = box(page, "#plot-loss .tip")
    assert inside["x"] >= 0
    assert inside["x"] + inside["width"] <= 360
    page.mouse.move(1, 1)
    expect(tip).to_be_hidden()


def test_the_keyboard_reads_values(page: Page) -> None:
    page.locator("#plot-loss").focus()
    tip = page.locator("#plot-loss .tip")
    page.keyboard.press("Home")
    expect(tip).to_contain_text("step 20")
    page.keyboard.press("ArrowRight")
    expect(tip).to_contain_text("step 40")
    expect(page.locator("#plot-loss").get_by_role("status")).to_contain_text(re.compile(r"^step 40: .*training \d"))
    page.keyboard.press("End")
    expect(tip).to_contain_text("step 8,000")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_a_name_takes_its_line_away(page: Page) -> None:
    button = page.get_by_role("button", name="validation").first
    line = page.locator("#plot-loss .line.dots")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(line).to_be_hidden()
    button.press("Enter")
    expect(line).to_be_visible()


def test_a_temperature_shows_its_texts_alone(page: Page) -> None:
    shown = page.locator(".moment[open] .sample:visible")
    expect(shown).to_have_count(3)
    page.get_by_role("radio", name="0.2").check()
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text("temperature 0.2")
    expect(page.locator(".moment:not([open]) .first:visible")).to_have_count(11)


def test_a_reload_keeps_what_the_reader_opened(page: Page, path: Path) -> None:
    moments = page.locator(".moment")
    moments.nth(3).locator("summary").click()
    step = moments.nth(3).get_attribute("data-step")
    page.get_by_role("radio", name="0.5").check()
    page.get_by_role("button", name="validation").first.click()
    moments.nth(3).scroll_into_view_if_needed()
    top = page.evaluate("scrollY")
    run = history()
    newest = run["steps"][-1]["step"] + 100
    run["samples"].append({"step": newest, "temperature": 0.5, "prompt": "", "text": "новое"})
    write_report(run, path)
    page.reload()
    expect(moments).to_have_count(13)
    expect(moments.nth(4)).to_have_attribute("data-step", step or "")
    assert [moments.nth(i).get_attribute("open") is not None for i in (0, 1, 2, 4)] == [True, True, False, True]
    expect(page.get_by_role("radio", name="0.5")).to_be_checked()
    expect(page.locator("#plot-loss .line.dots")).to_be_hidden()
    assert abs(page.evaluate("scrollY") - top) < 5


def test_the_page_reloads_itself_until_it_is_told_not_to(page: Page, path: Path) -> None:
    page.clock.install()
    page.reload()
    write_report(history() | {"name": "second"}, path)
    page.clock.run_for(61_000)
    expect(page.locator("h1")).to_have_text("second")
    page.get_by_role("button", name="Stop reloading").click()
    page.reload()
    write_report(history() | {"name": "third"}, path)
    page.clock.run_for(200_000)
    expect(page.get_by_role("button", name="Reload once a minute")).to_be_visible()
    expect(page.locator("h1")).to_have_text("second")


def test_scripts_in_a_history_do_not_run(page: Page) -> None:
    page.locator("#plot-updates").hover()
    expect(page.locator("#plot-updates .tip")).to_contain_text("<script>")
    page.get_by_role("button", name="<script>").click()
    assert page.evaluate("window.bad") is None
    assert page.locator("img").count() == 0
    expect(page.locator(".sample").nth(2)).to_contain_text("<script>")


def test_a_run_that_fell_silent_is_told(page: Page, path: Path) -> None:
    expect(page.locator(".stale")).to_have_count(0)
    text = path.read_text("utf-8")
    now = page.locator("time").get_attribute("datetime") or ""
    path.write_text(text.replace(now, "2020-01-01T00:00:00+00:00"), "utf-8")
    page.reload()
    expect(page.locator(".stale")).to_contain_text("it may have stopped")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_differ(page: Page, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    red = "Number(getComputedStyle(document.querySelector('{}')).{}.match(/\\d+/)[0])"
    assert (page.evaluate(red.format("body", "backgroundColor")) < 100) == (scheme == "dark")
    assert (page.evaluate(red.format("#plot-loss .line polyline", "stroke")) > 200) == (scheme == "dark")


def test_the_study_of_rates_is_drawn(browser: Browser, tmp_path: Path) -> None:
    write_rate_study(trials(), tmp_path / "rates.html")
    page = browser.new_page(viewport={"width": 360, "height": 780})
    page.goto((tmp_path / "rates.html").as_uri())
    expect(page.locator("#plot-curves .line")).to_have_count(8)
    page.locator("#plot-ends").focus()
    page.keyboard.press("Home")
    expect(page.locator("#plot-ends .tip")).to_contain_text("learning rate 0.001")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.close()
