"""The page and its files as they are served."""

import re

import pytest

from tests.backend.conftest import ROOT, Backend

STATIC = ROOT / "backend" / "static"


def test_the_page_is_served_with_a_strict_policy(backend: Backend) -> None:
    response = backend.get("/")
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_the_page_has_nothing_inline_and_nothing_from_elsewhere() -> None:
    html = (STATIC / "index.html").read_text("utf-8")
    assert not re.search(r"<style|\bstyle=|\bon\w+=|<script(?! src=)", html)
    links = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert len(links) == 3
    assert all(link.startswith("static/") for link in links)
    for name in ("page.css", "page.js"):
        assert "//" not in re.sub(r"(?m)(^|\s)// .*$", "", (STATIC / name).read_text("utf-8"))


@pytest.mark.parametrize("name", ["page.css", "page.js", "icon.svg"])
def test_its_files_are_served_and_revalidated(backend: Backend, name: str) -> None:
    response = backend.get(f"/static/{name}")
    assert response.status_code == 200
    assert "no-store" not in response.headers["Cache-Control"]
    again = backend.get(f"/static/{name}", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_both_languages_have_every_text() -> None:
    script = (STATIC / "page.js").read_text("utf-8")
    russian, english = (
        re.search(rf"^  {name}: {{(.*?)^  }},", script, re.MULTILINE | re.DOTALL) for name in ("ru", "en")
    )
    assert russian
    assert english
    keys = [re.findall(r"^    (\w+):", found[1], re.MULTILINE) for found in (russian, english)]
    assert keys[0] == keys[1]
    used = set(re.findall(r'data-text="(\w+)"', (STATIC / "index.html").read_text("utf-8")))
    assert used <= set(keys[0])


def test_robots_are_kept_from_expensive_routes(backend: Backend) -> None:
    assert "Disallow: /generate" in backend.get("/robots.txt").text


def test_replies_are_not_cached(backend: Backend) -> None:
    assert backend.get("/generate").headers["Cache-Control"] == "no-store"
