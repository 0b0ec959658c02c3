"""The card of a release: what it was trained on, how, how well, and what it writes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from model.corpus.provenance import sources
from model.corpus.texts import Text
from model.folder import CARD
from model.generation import write
from model.release import Release

PROMPTS = ["Я любил тебя светлой любовью", "Ночь, улица, фонарь", "", "Загадочна душа поэта", "Мой друг, не спрашивай"]


def write_card(release: Release, poems: Sequence[Text], sources: str) -> None:
    """Write MODEL_CARD.md. `poems` are those it was trained on, `sources` the account of where they come from."""
    parts = [
        f"# {release.config['name']}",
        f"Model hash `{release.config['hash'][:16]}`, made on {release.config['date']}.",
        "## How well it predicts\n\nThe float16 file as shipped.",
        "Validation texts chose the weights; test texts were scored once.",
        _scores(release.config["scores"]),
        "## How it was made",
        _settings(release.config),
        "## Five poems, unpicked\n\nSeeds 1 to 5, the usual parameters; the first line is what was asked.",
        *_samples(release),
        sources.strip(),
        f"## Training texts per author\n\n{_authors(poems)}",
    ]
    (release.folder / CARD).write_text("\n\n".join(parts) + "\n", "utf-8")


def licences(corpus: Path) -> str:
    """Give a section on where the corpus comes from and on what terms, as far as that is recorded."""
    told = [_source(source) for source in sources(corpus)]
    return "\n\n".join(["## Sources", *(told or ["Not recorded."])])


def _source(source: Mapping[str, str]) -> str:
    """Give one source: the section "Sources" of a person's account where there is one, else its name and licence."""
    section = source.get("account", "").partition("## Sources")[2].partition("\n## ")[0].strip()
    return section or f"- {source['source']}: {source['licence']}"


def _scores(scores: dict[str, dict[str, Any]]) -> str:
    rows = [
        f"| {part} | " + " | ".join(_number(value) for value in row.values()) + " |" for part, row in scores.items()
    ]
    head = "| part | texts | tokens | characters | accuracy | perplexity | bits per character |"
    return "\n".join([head, "|---" * 7 + "|", *rows])


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _settings(config: dict[str, Any]) -> str:
    rows = [
        f"| {group} | " + ", ".join(f"{name} {value}" for name, value in config[group].items()) + " |"
        for group in ("network", "training", "run", "data", "sampling")
    ]
    return "\n".join(
        ["| what | values |", "|---|---|", f"| normalisation | {', '.join(config['normalisation'])} |", *rows]
    )


def _samples(release: Release) -> list[str]:
    defaults = release.text.defaults
    poems = (write(release.network, release.text, prompt, defaults, seed) for seed, prompt in enumerate(PROMPTS, 1))
    return [f"```\n{poem.text}\n```" for poem in poems]


def _authors(poems: Sequence[Text]) -> str:
    texts, characters = Counter(poem.author for poem in poems), Counter[str]()
    for poem in poems:
        characters[poem.author] += len(poem.text)
    rows = [f"| {author} | {count} | {characters[author]} |" for author, count in texts.most_common()]
    return "\n".join(["| author | poems | characters |", "|---|---:|---:|", *rows])
