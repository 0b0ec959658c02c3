"""The model card of a release: training data, settings, scores and samples."""

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
    """Write the MODEL_CARD.md of a release made from `parts`; `sources` and `notes` are included."""
    sections = [
        f"# {release.config['name']}",
        f"Model hash `{release.config['hash'][:16]}`, made on {release.config['date']}.",
        "## How well it predicts\n\nThe float16 file as shipped.",
        "A character that cannot be recovered from the tokens is lost, and costs 16 bits.",
        "Weights were selected on validation texts; test texts, if listed, were scored once, at the end.",
        _scores(release.config["scores"]),
        "## How it was made",
        _settings(release.config),
        *([notes.strip()] if notes.strip() else []),
        f"## Texts, not selected\n\nSeeds 1 to {SAMPLES}, default parameters; each begins like a validation text.",
        *_samples(release, parts["validation"]),
        sources.strip(),
        *_authors(parts["train"]),
    ]
    (release.folder / CARD).write_text("\n\n".join(sections) + "\n", "utf-8")


def licences(sources: Sequence[Mapping[str, str]]) -> str:
    """Return a section on the origin and the licences of the corpora, as far as they are recorded."""
    entries = [_source(source) for source in sources]
    return "\n\n".join(["## Sources", *(entries or ["Not recorded."])])


def _source(source: Mapping[str, str]) -> str:
    """Return one source: the section "Sources" of its description, or else its name and licence."""
    description = source.get("account", "")
    section = description.partition("## Sources")[2].partition("\n## ")[0].strip()
    prose = "\n".join(line for line in description.splitlines() if not line.startswith("#")).strip()
    return section or prose or f"- {source['source']}: {source['licence']}"


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
    """Return a section on the authors of the texts, if they are known."""
    texts, characters = Counter(poem.author for poem in poems), Counter[str]()
    if not any(texts):
        return []
    for poem in poems:
        characters[poem.author] += len(poem.text)
    rows = [f"| {author.replace('|', '/')} | {count} | {characters[author]} |" for author, count in texts.most_common()]
    table = "\n".join(["| author | texts | characters |", "|---|---:|---:|", *rows])
    return [f"## Training texts per author\n\n{table}"]
