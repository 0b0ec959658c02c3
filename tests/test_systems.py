"""The tables of docs/systems.md: a row for every feature, and nothing named that is not there."""

import ast
import re
from collections import Counter
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "systems.md").read_text("utf-8")
BLOCKS = {"NP": range(16, 37), "NB": range(3, 12), "TR": range(1, 27), "TD": range(2, 12), "TX": range(1, 26)}
NAMED = re.compile(r"`((?:backend|benchmarks|bot|deploy|docs|model|serving|tests)/[\w./-]+)(?:::(\w+))?`")
LINKED = re.compile(r"\]\(([^)]+)\)")


def functions(path: Path) -> set[str]:
    """Return the names of the functions of a file."""
    return {node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)}


def test_every_feature_has_one_row() -> None:
    wanted = chain.from_iterable((f"{block}-{number:02}" for number in numbers) for block, numbers in BLOCKS.items())
    assert Counter(re.findall(r"\b[A-Z]{2}-\d\d\b", PAGE)) == Counter(wanted)
    assert len(re.findall(r"^\| [A-Z]{2}-\d\d \|(?:[^|\n]+\|){3}$", PAGE, re.MULTILINE)) == sum(
        map(len, BLOCKS.values())
    )


def test_every_file_and_test_that_is_named_is_there() -> None:
    named = set(NAMED.findall(PAGE))
    assert len(named) > 80
    assert [path for path, _ in named if not (ROOT / path).exists()] == []
    assert [name for path, name in named if name and name not in functions(ROOT / path)] == []


def test_every_link_leads_to_a_page() -> None:
    assert [link for link in LINKED.findall(PAGE) if not (ROOT / "docs" / link).is_file()] == []
