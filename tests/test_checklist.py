"""docs/checklist.md: one row for every feature, each answered by what is there."""

import re
from collections import Counter
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "checklist.md").read_text("utf-8")
# How many features each of the systems has; they are numbered from 1.
BLOCKS = {"NP": 45, "NB": 15, "TR": 26, "TD": 11, "TX": 25}
ROWS = re.compile(r"^\| ([A-Z]{2}-\d\d) \|[^|\n]+\|([^|\n]+)\|([^|\n]+)\|$", re.MULTILINE)
TEST = re.compile(r"`tests/[\w/]+\.py(?:::\w+)?`")
COMMAND = re.compile(r"`(?:[A-Z_]+=\w+ )?(?:python -|make |docker-compose |POST /)[^`]*`")
SAID = re.compile(r"\*\*(?:choice|not yet)\*\*", re.IGNORECASE)


def test_every_feature_has_one_row() -> None:
    wanted = chain.from_iterable((f"{block}-{n:02}" for n in range(1, count + 1)) for block, count in BLOCKS.items())
    assert Counter(id_ for id_, _, _ in ROWS.findall(PAGE)) == Counter(wanted)


def test_every_row_is_answered_by_a_test_a_command_or_a_decision() -> None:
    unanswered = [
        id_
        for id_, where, how in ROWS.findall(PAGE)
        if not (TEST.search(how) or COMMAND.search(how) or SAID.search(where))
    ]
    assert unanswered == []
