"""The card of a release: what it was trained on, how, how well, and what it writes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from textwrap import indent
from typing import Any

from model.corpus.split import Part
from model.corpus.texts import Text
from model.files.folder import CARD
from model.generation.poems import write
from model.release.loading import Release

SAMPLES = 5


def write_card(release: Release, parts: Mapping[Part, Sequence[Text]], sources: str, notes: str = "") -> None:
    """Write MODEL_CARD.md of a release made of `parts`; `sources` and `notes` go into it."""
    sections = [
        f"# {release.config['name']}",
        f"Model hash `{release.config['hash'][:16]}`, made on {release.config['date']}.",
        "## How well it predicts\n\nThe float16 file as shipped.",
        "A character that its tokens do not bring back is lost, and costs 16 bits.",
        "Validation texts chose the weights; test texts, where they are named, were scored once, at the end.",
        _scores(release.config["scores"]),
        "## How it was made",
        _settings(release.config),
        *([notes.strip()] if notes.strip() else []),
        f"## Texts, unpicked\n\nSeeds 1 to {SAMPLES}, the usual parameters; each opens as a validation text does.",
        *_samples(release, parts["validation"]),
        sources.strip(),
        *_authors(parts["train"]),
    ]
    (release.folder / CARD).write_text("\n\n".join(sections) + "\n", "utf-8")


def licences(sources: Sequence[Mapping[str, str]]) -> str:
    """Return a section on where the corpora come from and on what terms, as far as that is recorded."""
    told = [_source(source) for source in sources]
    return "\n\n".join(["## Sources", *(told or ["Not recorded."])])


def _source(source: Mapping[str, str]) -> str:
    """Return one source: a person's account, of which the section "Sources" is enough, else its name and licence."""
    account = source.get("account", "")
    section = account.partition("## Sources")[2].partition("\n## ")[0].strip()
    told = "\n".join(line for line in account.splitlines() if not line.startswith("#")).strip()
    return section or told or f"- {source['source']}: {source['licence']}"


def _scores(scores: dict[str, dict[str, Any]]) -> str:
    rows = [
        f"| {part} | " + " | ".join(_number(value) for value in row.values()) + " |" for part, row in scores.items()
    ]
    names = ["part", *(name.replace("_", " ") for name in next(iter(scores.values())))]
    return "\n".join([f"| {' | '.join(names)} |", "|---" * len(names) + "|", *rows])


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _settings(config: dict[str, Any]) -> str:
    rows = [
        f"| {group} | " + ", ".join(f"{name} {value}" for name, value in config[group].items()) + " |"
        for group in ("network", "pretraining", "training", "run", "data", "sampling")
        if config.get(group)
    ]
    return "\n".join(
        ["| what | values |", "|---|---|", f"| normalisation | {', '.join(config['normalisation'])} |", *rows]
    )


def _samples(release: Release, texts: Sequence[Text]) -> list[str]:
    text, written = release.text, []
    for seed, known in enumerate(texts[:SAMPLES], 1):
        line = known.text.strip().split("\n")[0]
        prompt = line if text.prompt_break else " ".join(line.split()[:2])
        written.append(write(release.network, text, prompt, text.defaults, seed).text)
    return [indent(poem, "    ", lambda _: True) for poem in written]


def _authors(poems: Sequence[Text]) -> list[str]:
    """Return a section on whose texts they are, where that is known."""
    texts, characters = Counter(poem.author for poem in poems), Counter[str]()
    if not any(texts):
        return []
    for poem in poems:
        characters[poem.author] += len(poem.text)
    rows = [f"| {author.replace('|', '/')} | {count} | {characters[author]} |" for author, count in texts.most_common()]
    table = "\n".join(["| author | texts | characters |", "|---|---:|---:|", *rows])
    return [f"## Training texts per author\n\n{table}"]
