"""The pages that people read: every link leads somewhere, and every file and test that is named is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.test_walls import PACKAGES

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / ".github").rglob("*.md")])
# A word in capitals in a path stands for a name of one's own.
NAMED = re.compile(
    r"`((?:\.github|backend|benchmarks|bot|deploy|docs|model|serving|tests)/[\w./-]*"
    r"|(?:\.[a-z]|[a-z])[\w.-]*\.(?:toml|yml|yaml|md)|Makefile)(?:::(\w+))?`"
)
OWN_NAME = re.compile(r"[A-Z]{4,}(?![A-Z_]*\.md)")
ELSEWHERE = re.compile(r"^(?:serving/models|mine\.toml|tried\.md|poem\.yml)")  # what the reader is to make
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


@cache
def functions(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef))


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def named(page: Path) -> set[tuple[str, str]]:
    found = set(NAMED.findall(page.read_text("utf-8")))
    return {(path, name) for path, name in found if not OWN_NAME.search(path) and not ELSEWHERE.match(path)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_and_test_that_is_named_is_there(page: Path) -> None:
    assert [path for path, _ in named(page) if not (ROOT / path).exists()] == []
    assert [f"{path}::{name}" for path, name in named(page) if name and name not in functions(ROOT / path)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_page_and_a_heading(page: Path) -> None:
    for path, anchor in LINK.findall(page.read_text("utf-8")):
        target = page.parent / path if path else page
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), f"{path}#{anchor}"


def test_names_are_found() -> None:
    assert len(named(ROOT / "docs" / "checklist.md")) > 100


def test_the_map_lists_the_packages_in_their_order() -> None:
    packages = re.findall(
        r"^\| `model/(\w+)(?:/|\.py)` \|", (ROOT / "docs" / "architecture.md").read_text("utf-8"), re.MULTILINE
    )
    assert [name for name in packages if name != "releases"] == PACKAGES[:-1]
