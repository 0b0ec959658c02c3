"""Statistics of a corpus, computed in one pass and in bounded memory: the contents of statistics.json.

The JSON has the keys of the dataclass `Statistics` and of those it contains. The same texts in the same order yield
the same file.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from model.corpus.description.alphabet import Alphabet, alphabet
from model.corpus.description.counting import Distribution, Duplicates, Groups, Repeats, Table, distribution, hash8
from model.corpus.description.rhymes import SCHEMES, quatrains, scheme
from model.corpus.description.vocabulary import Vocabulary, WordCounter, words
from model.corpus.split import letters
from model.corpus.texts import Text

FORMAT = 1
SAMPLES = 6
MAX_SAMPLE = 600  # characters
MAX_NAME = 200  # characters of an author, a label, a title
MAX_SAMPLE_LINES = 16
_BATCH = 2**16  # words
_YEAR = 4  # digits at the start of an ISO 8601 date


@dataclass(frozen=True)
class Verse:
    """What the lines reveal about the verse form."""

    divisible_by_four: float  # fraction of texts with 4, 8, 12... lines
    stanza_breaks: float  # fraction of texts with a blank line inside
    quatrains: int  # four-line stanzas whose lines end in Russian; see `model.corpus.description.rhymes`
    schemes: dict[str, int]  # number of them by rhyme scheme, estimated from the letters at the line ends


@dataclass(frozen=True)
class Dates:
    """The dates of the texts, if they have any."""

    texts: int  # number of texts with a date
    first: str
    last: str
    years: dict[str, int]  # texts of each year


@dataclass(frozen=True)
class WordSample:
    """A text selected by its hash, so that all texts are equally likely whatever their order."""

    author: str
    title: str
    label: str
    text: str  # its beginning
    clipped: bool


@dataclass(frozen=True)
class Statistics:
    """Statistics. Lines are non-blank lines; the characters of a text include its line ends."""

    format: int
    corpus: str  # the name of its file or folder
    texts: int
    lines: int
    words: int
    characters: int
    lines_per_text: Distribution | None
    words_per_text: Distribution | None
    characters_per_text: Distribution | None
    words_per_line: Distribution | None
    characters_per_line: Distribution | None
    verse: Verse
    vocabulary: Vocabulary
    alphabet: Alphabet
    duplicates: Duplicates
    authors: Table | None  # None if no text has one
    labels: Table | None
    dates: Dates | None
    samples: list[WordSample]


class Survey:
    """Counts texts one by one, keeping none but the samples."""

    def __init__(self, corpus: str) -> None:
        self._corpus = corpus
        self.texts = self._lines = self._words = self._size = 0
        self._lengths: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self._fours = self._broken = 0
        self._schemes: Counter[str | None] = Counter()
        self._vocabulary, self._batch = WordCounter(), list[str]()
        self._characters: Counter[str] = Counter()
        self._exact, self._by_letters = Repeats(), Repeats()
        self._authors, self._labels = Groups(), Groups()
        self._dates: Counter[str] = Counter()
        self._first, self._last = "", ""
        self._samples: dict[int, WordSample] = {}

    def add(self, text: Text) -> None:
        """Count a text."""
        lines = [line for line in text.text.split("\n") if line.strip()]
        found = self._add_lines(lines)
        self.texts += 1
        self._lines += len(lines)
        self._words += found
        self._size += len(text.text)
        for name, size in (("lines", len(lines)), ("words", found), ("characters", len(text.text))):
            self._lengths[f"{name}_per_text"][size] += 1
        for groups, name in ((self._authors, text.author), (self._labels, text.label)):
            groups.add(name[:MAX_NAME], len(lines), found, len(text.text))
        self._characters.update(text.text)
        self._add_form(text.text, len(lines))
        self._add_date(text.date)
        self._add_hashes(text)

    def statistics(self) -> Statistics:
        """Return the statistics. A corpus without texts has none: ZeroDivisionError."""
        self._vocabulary.add(self._batch)
        self._batch = []
        rhymes = {name: self._schemes[name] for name in SCHEMES}
        return Statistics(
            format=FORMAT,
            corpus=self._corpus,
            texts=self.texts,
            lines=self._lines,
            words=self._words,
            characters=self._size,
            lines_per_text=distribution(self._lengths["lines_per_text"], most=95),
            words_per_text=distribution(self._lengths["words_per_text"]),
            characters_per_text=distribution(self._lengths["characters_per_text"]),
            words_per_line=distribution(self._lengths["words_per_line"]),
            characters_per_line=distribution(self._lengths["characters_per_line"]),
            verse=Verse(self._share(self._fours), self._share(self._broken), sum(rhymes.values()), rhymes),
            vocabulary=self._vocabulary.vocabulary(),
            alphabet=alphabet(self._characters),
            duplicates=Duplicates(
                self._exact.repeats, self._by_letters.repeats, self._by_letters.largest, self._by_letters.estimated
            ),
            authors=self._authors.table(),
            labels=self._labels.table(),
            dates=self._told_dates(),
            samples=[sample for _, sample in sorted(self._samples.items())],
        )

    def _share(self, texts: int) -> float:
        return round(texts / self.texts, 6)

    def _add_lines(self, lines: list[str]) -> int:
        """Count lines, and return their number of words."""
        found = [words(line) for line in lines]
        self._lengths["words_per_line"].update(map(len, found))
        self._lengths["characters_per_line"].update(map(len, lines))
        for of_line in found:
            self._batch += of_line
        if len(self._batch) >= _BATCH:
            self._vocabulary.add(self._batch)
            self._batch = []
        return sum(map(len, found))

    def _add_form(self, text: str, lines: int) -> None:
        self._fours += lines % 4 == 0
        self._broken += any(not line.strip() for line in text.strip().split("\n"))
        self._schemes.update(map(scheme, quatrains(text)))

    def _add_date(self, date: str) -> None:
        if date[:_YEAR].isdecimal() and len(date) >= _YEAR:
            self._dates[date[:_YEAR]] += 1
            self._first = min(self._first or date, date)
            self._last = max(self._last, date)

    def _told_dates(self) -> Dates | None:
        years = dict(sorted(self._dates.items()))
        return Dates(sum(years.values()), self._first, self._last, years) if years else None

    def _add_hashes(self, text: Text) -> None:
        self._exact.add(hash8(text.text))
        hashed = hash8(letters(text.text) or text.text.strip())
        self._by_letters.add(hashed)
        if len(self._samples) < SAMPLES or hashed < max(self._samples):
            self._samples[hashed] = _sample(text)
            if len(self._samples) > SAMPLES:
                del self._samples[max(self._samples)]


def survey(corpus: str, texts: Iterable[Text]) -> Statistics:
    """Return the statistics of a corpus of at least one text."""
    counted = Survey(corpus)
    for text in texts:
        counted.add(text)
    return counted.statistics()


def _sample(text: Text) -> WordSample:
    shown = "\n".join(text.text[:MAX_SAMPLE].split("\n")[:MAX_SAMPLE_LINES]).rstrip()
    author, title, label = text.author[:MAX_NAME], text.title[:MAX_NAME], text.label[:MAX_NAME]
    return WordSample(author, title, label, shown, clipped=len(shown) < len(text.text.rstrip()))
