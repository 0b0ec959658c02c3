"""How well the ear hears: stress, rhymes and schemes, metre and feet, against texts that people have marked.

python -m benchmarks.ear RIFMA.json METRES.tsv POEMS.jsonl HEXAMETERS.txt.gz

RIFMA.json has samples with `accentuation_markup` and `rhyme_scheme`; METRES.tsv has the columns first_line, metre and
feet, for poems of POEMS.jsonl; HEXAMETERS.txt.gz has ` behind each stressed vowel. The samples and the poems are halved
by a hash of their text: the ear's rules and thresholds were tuned on the first half.
"""

import argparse
import csv
import gzip
import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from benchmarks.table import print_table
from model.text.parameters import FREE
from model.verse.metre import Ear, Line, feet_pattern, metre_of
from model.verse.rhyme import CLOSE
from model.verse.scan import alike_endings, endings_in, scheme_of
from model.verse.stress import Stress
from model.verse.words import vowel_places

HALVES = ("tuned on", "not tuned on")
METRES = {"Iamb": "iamb", "Trochee": "trochee", "Dactyl": "dactyl", "Amphibrach": "amphibrach", "Anapest": "anapaest"}
LINES = 60  # of a poem, for its metre
DACTYL = 2


@dataclass(frozen=True)
class Marked:
    """A line without its marks, and the places of the vowels that are marked as stressed."""

    text: str
    stressed: frozenset[int]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("rifma", "metres", "poems", "hexameters"):
        parser.add_argument(name, type=Path)
    options = parser.parse_args()
    ear = Ear(Stress())
    samples = [sample for sample in json.loads(options.rifma.read_bytes()) if sample["rhyme_scheme"]]
    poems = list(labelled(options.metres, options.poems))
    halves = [[one for one in samples if half(one["poem_text"]) == number] for number in (0, 1)]
    print_table(["stress of words with two vowels or more", "words", "known", "first reading", "in the metre"], [
        *(
            [f"samples, {name}", *stress_row(ear, map(marked_sample, part))]
            for name, part in zip(HALVES, halves, strict=True)
        ),
        ["hexameters", *stress_row(ear, ([one] for one in hexameters(options.hexameters)), DACTYL)],
    ])  # fmt: skip
    print()
    heads = ["rhymes", "pairs", "precision", "recall", "F1", "whole schemes right"]
    print_table(heads, [[name, *rhyme_row(ear, part)] for name, part in zip(HALVES, halves, strict=True)])
    print()
    rows = [metre_row(ear, [one for one in poems if half(one[0][0]) == number]) for number in (0, 1)]
    print_table(["poems with a label", "poems", "metre right", "feet right"], [
        [name, *row] for name, row in zip(HALVES, rows, strict=True)
    ])  # fmt: skip


def half(text: str) -> int:
    """Return which half a text belongs to, 0 or 1."""
    return hashlib.sha256(text.encode()).digest()[-1] % 2


def stress_row(ear: Ear, texts: Iterable[list[Marked]], metre: int | None = None) -> list[str]:
    """Return the words, and the shares of them that are known, and rightly stressed without and with the metre."""
    counts: Counter[str] = Counter()
    for text in texts:
        lines = [ear.line(marked.text) for marked in text]
        number = metre_of(lines).nearest if metre is None else metre
        for marked, line in zip(text, lines, strict=True):
            counts.update(_heard(ear, marked, line, number))
    words = counts["words"]
    return [f"{words:,}", *(f"{counts[name] / words:.1%}" for name in ("known", "first", "metre"))]


def _heard(ear: Ear, marked: Marked, line: Line, metre: int) -> Iterator[str]:
    """Yield what is true of each word of a line that has one mark."""
    for number, word in enumerate(line.words):
        vowels = [word.start + place for place in vowel_places(word.form)] if word.is_russian else []
        hits = [number for number, place in enumerate(vowels) if place in marked.stressed]
        if len(vowels) < 2 or len(hits) != 1:  # noqa: PLR2004  a single vowel needs no stress
            continue
        first = ear.stress.readings(word.form)[0]
        chosen = (line.fits[metre].readings[number] if line.fits else None) or first
        yield from ["words", *["known"] * ear.stress.knows(word.form)]
        yield from [*["first"] * (first.vowel == hits[0]), *["metre"] * (chosen.vowel == hits[0])]


def rhyme_row(ear: Ear, samples: list[dict[str, Any]]) -> list[str]:
    """Return the pairs of lines that rhyme, precision, recall and F1, and the share of schemes that are right."""
    pairs: Counter[tuple[bool, bool]] = Counter()
    right = whole = 0
    for sample in samples:
        lines = [ear.line(marked.text) for marked in marked_sample(sample)]
        metre, stanzas = metre_of(lines).nearest, sample["rhyme_scheme"].split(" ")
        if sum(map(len, stanzas)) != len(lines):
            continue
        ends, found = [endings_in(ear, line, metre) for line in lines], []
        for stanza in stanzas:
            here, ends = ends[: len(stanza)], ends[len(stanza) :]
            found.append(scheme_of(here))
            for one, other in combinations(range(len(stanza)), 2):
                rhymed = stanza[one] == stanza[other] != "-"
                pairs[rhymed, alike_endings(here[one], here[other]) >= CLOSE] += 1
        whole, right = whole + 1, right + (list(map(_canonical, stanzas)) == found)
    precision = pairs[True, True] / (pairs[True, True] + pairs[False, True])
    recall = pairs[True, True] / (pairs[True, True] + pairs[True, False])
    shares = (precision, recall, 2 * precision * recall / (precision + recall), right / whole)
    return [f"{pairs[True, True] + pairs[True, False]:,}", *(f"{share:.1%}" for share in shares)]


def _canonical(scheme: str) -> str:
    """Return a scheme with its letters in order."""
    letters = dict.fromkeys(scheme.replace("-", ""))
    return scheme.translate({ord(letter): chr(ord("A") + number) for number, letter in enumerate(letters)})


def metre_row(ear: Ear, poems: list[tuple[list[str], str, str]]) -> list[str]:
    """Return the poems, and the shares of them whose metre is right, and of those, whose feet are."""
    metres, feet = [], []
    for lines, metre, pattern in poems:
        found = metre_of([ear.line(line) for line in lines[:LINES]])
        metres.append(found.name == METRES.get(metre, FREE))
        if metres[-1] and pattern.isdigit():
            feet.append(feet_pattern(found.feet) == pattern)
    return [f"{len(poems):,}", f"{sum(metres) / len(metres):.1%}", f"{sum(feet) / len(feet):.1%}"]


def marked_sample(sample: dict[str, Any]) -> list[Marked]:
    """Return the lines of a sample."""
    return [marked(line, "\u0301") for line in sample["accentuation_markup"].split("\n") if line.strip()]


def marked(line: str, mark: str) -> Marked:
    """Return a line in which a mark stands behind each stressed vowel; marks of secondary stress are dropped."""
    plain = re.sub("[\u0300\u0302]", "", unicodedata.normalize("NFD", line))
    plain = re.sub("([иИ])\u0306", lambda found: "йЙ"["иИ".index(found[1])], plain)
    plain = re.sub("([еЕ])\u0308", lambda found: "ёЁ"["еЕ".index(found[1])], plain)
    text, stressed = "", set()
    for character in plain:
        if character == mark:
            stressed.add(len(text) - 1)
        else:
            text += character
    return Marked(text, frozenset(stressed))


def hexameters(path: Path) -> Iterator[Marked]:
    """Yield the lines of the Odyssey."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield marked(line.rstrip("\n").split("\t")[-1], "`")


def labelled(labels: Path, poems: Path) -> Iterator[tuple[list[str], str, str]]:
    """Yield the lines, the metre and the feet of the poems that have a label, found by their first line."""
    with labels.open(encoding="utf-8") as file:
        known = {_letters(row["first_line"]): row for row in csv.DictReader(file, delimiter="\t")}
    for line in poems.read_text("utf-8").splitlines():
        lines = [one for one in json.loads(line)["text"].split("\n") if one.strip()]
        row = known.get(_letters(lines[0]))
        if row and row["metre"]:
            yield lines, row["metre"], row["feet"]


def _letters(line: str) -> str:
    return re.sub("[^а-я]", "", line.lower().replace("ё", "е"))


if __name__ == "__main__":
    main()
