"""Packing the ear's data from a list of stressed forms.

Both files are marisa tries of bytes. A key is one byte for a reading, then a form in cp1251 (ё written е). In
`stress.marisa` the byte says whether it is the form's first reading or another, and the vowel from the left; in
`endings.marisa` the forms are endings, and the vowel is counted from the right.
"""

import gzip
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import marisa_trie

from model.text.parameters import FREE
from model.verse.data import ENDINGS, FORMS, RHYMES, RUNS, STRESS
from model.verse.lexicon import Runs
from model.verse.metre import METRES, Ear, Line, Metre, metre_of
from model.verse.rhyme import rhyme_class
from model.verse.scan import endings_in, stanzas_of
from model.verse.stress import ENCODING, FIRST, LONGEST_ENDING, MOST_VOWELS, OTHER, Reading, Stress, code
from model.verse.words import vowel_places, words_of

SUPPORT = 4  # forms that an ending needs


def read_list(path: Path) -> dict[str, list[Reading]]:
    """Read lines `form<TAB>readings`: 2e is the second vowel, ё; a comma separates readings. ValueError if broken."""
    forms: dict[str, list[Reading]] = {}
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                form, _, readings = line.rstrip("\n").partition("\t")
                forms[form] = [_reading(text) for text in readings.split(",")]
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read as a list of stressed forms: {error}") from None
    return forms


def _reading(text: str) -> Reading:
    return Reading(int(text.removesuffix("e")) - 1, text.endswith("e"))


def pack_all(forms: Mapping[str, list[Reading]], texts: Sequence[str], folder: Path) -> list[Path]:
    """Write all data of the ear into a folder, and return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    pack(by_use(forms, Counter()), folder)
    counts = count_readings(Ear(Stress(folder)), texts)
    pack(by_use(forms, counts), folder)
    pack_corpus(texts, Stress(folder), folder)
    pack_rhymes(count_rhymes(Ear(Stress(folder)), texts), folder)
    return [folder / name for name in (STRESS, ENDINGS, FORMS, RHYMES, RUNS)]


def pack(forms: Mapping[str, list[Reading]], folder: Path) -> None:
    """Write the dictionary and the rule by endings."""
    known = {form: readings for form, readings in forms.items() if _fits(form, readings)}
    marisa_trie.BinaryTrie(list(_keys(known))).save(str(folder / STRESS))
    rules = learn_endings((form, readings[0]) for form, readings in known.items() if len(readings) == 1)
    marisa_trie.BinaryTrie([code(one, FIRST) + ending.encode(ENCODING) for ending, one in rules.items()]).save(
        str(folder / ENDINGS)
    )


def count_readings(ear: Ear, texts: Iterable[str]) -> Counter[tuple[str, Reading]]:
    """Count how verse reads its ambiguous words, where the metre of the text decides between their readings."""
    counts: Counter[tuple[str, Reading]] = Counter()
    for text in texts:
        lines = [ear.line(line) for stanza in stanzas_of(text) for line in stanza]
        metre = metre_of(lines)
        if metre.name != FREE:
            counts.update(decided for line in lines for decided in _decided(ear, line, METRES[metre.nearest]))
    return counts


def _decided(ear: Ear, line: Line, metre: Metre) -> Iterator[tuple[str, Reading]]:
    """Yield the ambiguous words of a line of which the metre lets one reading stand."""
    start = 0
    for word in line.words:
        readings = ear.stress.readings(word.form) if word.is_russian and line.fits else []
        strong = [one for one in readings if (start + one.vowel) % metre.foot == metre.strong]
        if len(readings) > 1 and len(strong) == 1:
            yield word.form.replace("ё", "е"), strong[0]
        start += word.syllables


def by_use(forms: Mapping[str, list[Reading]], counts: Counter[tuple[str, Reading]]) -> dict[str, list[Reading]]:
    """Return the forms with their readings in order of use; where that says nothing, the later stress comes first."""
    return {
        form: sorted(readings, key=lambda one: (-counts[form, one], -one.vowel)) if len(readings) > 1 else readings
        for form, readings in forms.items()
    }


def _fits(form: str, readings: list[Reading]) -> bool:
    vowels = len(vowel_places(form))
    stressed = vowels > 1 or any(one.yo for one in readings)  # a single vowel needs no stress, but may be ё
    return (
        stressed and vowels <= MOST_VOWELS and form.isprintable() and all(0 <= one.vowel < vowels for one in readings)
    )


def _keys(forms: Mapping[str, list[Reading]]) -> Iterator[bytes]:
    for form, readings in forms.items():
        for number, reading in enumerate(readings):
            yield code(reading, OTHER if number else FIRST) + form.encode(ENCODING)


def learn_endings(words: Iterable[tuple[str, Reading]]) -> dict[str, Reading]:
    """Return for endings how most words with them are stressed, counted from the right.

    An ending is left out where a shorter one says the same, or if fewer than SUPPORT words have it.
    """
    counts: defaultdict[str, Counter[Reading]] = defaultdict(Counter)
    for form, reading in words:
        back = Reading(len(vowel_places(form)) - 1 - reading.vowel, reading.yo)
        for length in range(1, min(LONGEST_ENDING, len(form)) + 1):
            counts[form[-length:]][back] += 1
    rules: dict[str, Reading] = {}
    for ending in sorted(counts, key=len):
        most, _ = counts[ending].most_common(1)[0]
        shorter = next((rules[ending[i:]] for i in range(1, len(ending)) if ending[i:] in rules), None)
        if counts[ending].total() >= SUPPORT and most != shorter:
            rules[ending] = most
    return rules


def count_rhymes(ear: Ear, texts: Iterable[str]) -> Counter[tuple[str, str]]:
    """Count the words that end lines, each with its rhyme class, as the metre of the text has them stressed."""
    counts: Counter[tuple[str, str]] = Counter()
    for text in texts:
        lines = [ear.line(line) for stanza in stanzas_of(text) for line in stanza]
        metre = metre_of(lines).nearest
        ends = (endings_in(ear, line, metre)[:1] for line in lines if line.fits)
        counts.update((rhyme_class(end), end.word.replace("ё", "е")) for (end,) in filter(None, ends))
    return counts


def pack_rhymes(counts: Counter[tuple[str, str]], folder: Path) -> None:
    """Write the words that end two lines or more, behind their rhyme class and the logarithm of their number."""
    kept = (
        f"{class_}\t{min(count.bit_length() - 1, 9)}\t{form}" for (class_, form), count in counts.items() if count > 1
    )
    marisa_trie.BinaryTrie([key.encode(ENCODING) for key in kept]).save(str(folder / RHYMES))


def pack_corpus(texts: Sequence[str], stress: Stress, folder: Path) -> None:
    """Write the forms of the texts that the stress dictionary lacks, and the filter of their runs of words."""
    found = {word.form.replace("ё", "е") for text in texts for word in words_of(text) if word.is_russian}
    lacking = sorted(form.encode(ENCODING) for form in found if not stress.knows(form))
    marisa_trie.BinaryTrie(lacking).save(str(folder / FORMS))
    Runs.of(texts).save(folder)
