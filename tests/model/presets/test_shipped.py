"""The presets that we ship: each can be used, and each is explained."""

import re
import tomllib

import pytest

from model.presets.preset import PRESETS, cleaning_steps, load

GUIDES = "".join((PRESETS.parents[1] / "docs" / page).read_text("utf-8") for page in ("corpus.md", "training.md"))
TABLES = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted(PRESETS.glob("*.toml"))}


@pytest.mark.parametrize("name", TABLES)
def test_it_says_how_its_corpus_is_cleaned(name: str) -> None:
    assert cleaning_steps(name)


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if "network" in table])
def test_a_network_can_be_trained_with_it(name: str) -> None:
    preset = load(name)
    assert (preset.name, preset.network) == (name, TABLES[name]["network"])


@pytest.mark.parametrize("name", TABLES)
def test_a_guide_tells_what_it_is_for(name: str) -> None:
    assert re.search(rf"`{name}`|--preset {name}\b", GUIDES)
