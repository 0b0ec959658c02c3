"""The page in a real browser, as a reader uses it."""

import json
import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.backend.conftest import MAX_CONCURRENT, SECONDS, Backend
from tests.backend.fake_serving import FakeServing
from tests.processes import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser, backend: Backend) -> Iterator[Page]:
    """Open the page in a fresh profile, in which nothing may go wrong unseen."""
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None)
    page.goto(backend.url)
    yield page
    context.close()
    assert wrong == []


def _write(page: Page, line: str) -> str:
    """Type a line, wait for its poem, and return it."""
    page.locator("#line").fill(line)
    page.locator("#line").press("Enter")
    expect(page.locator("#poem")).to_have_text(re.compile(re.escape(line)))
    expect(page.locator("#poem")).to_have_attribute("aria-busy", "false")
    return page.locator("#poem").inner_text()


def test_a_line_becomes_a_poem(page: Page) -> None:
    expect(page.locator("#line")).to_be_focused()
    poem = _write(page, "Чай остыл, и кот не спит")
    assert len(poem.splitlines()) > 2
    expect(page.locator("#poem")).to_have_attribute("lang", "ru")
    expect(page.locator("#status")).to_have_text("")


def test_another_button_writes_another_poem(page: Page) -> None:
    expect(page.locator("#another")).to_be_hidden()
    poem = _write(page, "Снег ложится")
    page.get_by_role("button", name="Ещё одно").click()
    expect(page.locator("#poem")).not_to_have_text(poem)
    expect(page.locator("#poem")).to_have_text(re.compile("^Снег ложится"))


def test_html_in_a_line_stays_text(page: Page) -> None:
    line = "<img src=x onerror=\"document.title='x'\"><b>а</b>"
    assert _write(page, line).startswith(line)
    assert page.locator("#poem *").count() == 0
    expect(page).to_have_title("Нейропоэт")


def test_the_language_is_switched_and_remembered(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    page.get_by_role("button", name="English").click()
    for _ in range(2):
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.get_by_role("button", name="Write")).to_be_visible()
        expect(page).to_have_title("Neural Poet")
        page.reload()
    page.get_by_role("button", name="Русский").click()
    expect(page.get_by_role("button", name="Сочинить")).to_be_visible()


def test_more_madness_turns_the_same_poem(page: Page, backend: Backend) -> None:
    slider = page.get_by_label("Безумие")
    expect(slider).to_have_value("25")
    _write(page, "Осень")
    with page.expect_request("**/generate") as asked:
        slider.press("End")
    fields = json.loads(asked.value.post_data or "")
    assert fields["chaos"] == 1
    expect(page.locator("#poem")).to_have_text(backend.poem(**fields))


def test_a_slider_moved_during_a_request_takes_effect_afterwards(
    page: Page, backend: Backend, serving: FakeServing
) -> None:
    _write(page, "Осень")
    serving.gate.clear()
    asked: list[dict[str, Any]] = []
    page.on("request", lambda request: asked.append(json.loads(request.post_data or "")))
    page.locator("#another").click()
    expect(page.get_by_role("status")).to_have_text("Сочиняю…")
    slider = page.get_by_label("Безумие")
    slider.press("End")
    slider.press("Home")
    slider.press("ArrowRight")
    serving.gate.set()
    expect(page.get_by_role("status")).to_have_text("")
    assert [fields.get("chaos") for fields in asked] == [None, 0.05]
    expect(page.locator("#poem")).to_have_text(backend.poem(**asked[1]))


def test_the_slider_shows_percents(page: Page) -> None:
    slider = page.get_by_label("Безумие")
    expect(slider).to_have_attribute("aria-valuetext", "25 %")
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "100 %")


def test_a_heading_announces_the_poem_only_when_there_is_one(page: Page) -> None:
    heading = page.get_by_role("heading", name="Стихотворение")
    expect(heading).to_have_count(0)
    _write(page, "Осень")
    expect(heading).to_have_count(1)


def test_a_cut_prompt_is_reported(page: Page) -> None:
    _write(page, "Чай остыл" + ", чай остыл" * 150)
    expect(page.get_by_role("status")).to_have_text(re.compile("прочла только его конец"))
    _write(page, "Снег")
    expect(page.get_by_role("status")).to_have_text("")


def test_an_unreachable_server_is_reported_in_one_sentence(page: Page, serving: FakeServing) -> None:
    serving.stop()
    page.get_by_role("button", name="Сочинить").click()
    expect(page.get_by_role("status")).to_have_text(re.compile("Поэт отлучился"))
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("status")).to_have_text(re.compile("The poet is away"))
    serving.start()
    _write(page, "Снова")
    expect(page.get_by_role("status")).to_have_text("")


def test_a_busy_backend_is_reported_in_one_sentence(
    page: Page, browser: Browser, backend: Backend, serving: FakeServing
) -> None:
    serving.asked.clear()
    serving.gate.clear()
    others = [browser.new_page() for _ in range(MAX_CONCURRENT)]
    for other in others:
        other.goto(backend.url)
        other.locator("#write").click()
        expect(other.get_by_role("status")).to_have_text("Сочиняю…")
    wait_until(lambda: serving.asked.count("generate") == MAX_CONCURRENT, SECONDS)
    page.locator("#write").click()
    expect(page.get_by_role("status")).to_have_text(re.compile("слишком много просьб"))
    serving.gate.set()
    for other in others:
        expect(other.locator("#poem")).not_to_be_empty()
        other.close()


def test_a_phone_needs_no_horizontal_scrolling(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    _write(page, "слово" * 60)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_keyboard_reaches_everything(page: Page) -> None:
    _write(page, "Кот")
    page.locator("#language").focus()
    reached = []
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    assert reached == ["line", "chaos", "write", "another"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_differ(page: Page, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    red = page.evaluate("Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])")
    assert (red < 100) == (scheme == "dark")
