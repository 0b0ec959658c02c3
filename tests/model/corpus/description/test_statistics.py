"""The figures of small corpora, counted by hand, and those of corpora too large to be counted exactly."""

import random
import weakref
from collections import Counter
from collections.abc import Iterator

import pytest

from model.corpus.description.alphabet import alphabet, script
from model.corpus.description.counting import Groups, Repeats, distribution, hash8
from model.corpus.description.rhymes import quatrains, scheme
from model.corpus.description.statistics import MAX_SAMPLE, Statistics, survey
from model.corpus.description.vocabulary import WordCounter, words
from model.corpus.texts import Text

CROSSED = "Снег ложится на дорогу\nИ молчит пустынный сад\nЯ забыл свою тревогу\nЯ вернусь сюда назад"
COUPLETS = "Я иду по берегу\nСлёзы не стерегу\nНочь темна и холодна\nВ тёмной речке глубина"
EMBRACED = "Тихо падает звезда\nЗа окном шумит берёза\nНочью близится гроза\nНе вернётся никогда"


@pytest.fixture
def small() -> Statistics:
    """Four texts: a quatrain of seven words with a stanza break, its copy by letters, and two of one line."""
    texts = [
        Text("один два\nтри\n\nодин два\nтри четыре", author="А", label="x", date="1920-05-01"),
        Text("Один, два!\nТри.\n\nОдин — два;\nтри четыре…", author="А", label="y", date="1921"),
        Text("five 5 can't", author="Б", label="x", date="unknown"),
        Text("five 5 can't", label="x", date="1920"),
    ]
    return survey("small", texts)


def test_sizes(small: Statistics) -> None:
    assert (small.texts, small.lines, small.words) == (4, 10, 20)
    assert small.characters == 33 + 40 + 24
    assert small.lines_per_text
    assert (small.lines_per_text.mean, small.lines_per_text.bins) == (2.5, [(1, 2), (4, 2)])
    assert small.words_per_line
    assert small.words_per_line.bins == [(1, 2), (2, 6), (3, 2)]
    assert small.words_per_text
    assert small.words_per_text.percentiles["50"] == 3
    assert small.characters_per_line
    assert (small.characters_per_line.minimum, small.characters_per_line.maximum) == (3, 12)


def test_form(small: Statistics) -> None:
    assert (small.verse.divisible_by_four, small.verse.stanza_breaks) == (0.5, 0.5)
    sizes = survey("", [Text("\n".join("а" * lines)) for lines in range(1, 13)])
    assert sizes.verse.divisible_by_four == 0.25


def test_blank_lines_around_a_text_are_no_stanza_breaks() -> None:
    assert survey("", [Text("  \nа\nб\n ")]).verse.stanza_breaks == 0


def test_vocabulary(small: Statistics) -> None:
    found = small.vocabulary
    assert (found.distinct, found.hapaxes, found.type_token, found.estimated) == (7, 0, 0.35, False)
    assert found.most_frequent[:3] == [("два", 4), ("один", 4), ("три", 4)]
    assert ("can't", 2) in found.most_frequent
    assert found.most_frequent_content == [("два", 4), ("один", 4), ("три", 4), ("five", 2), ("четыре", 2)]
    assert [(point.words, point.distinct) for point in found.growth] == [(20, 7)]


def test_duplicates(small: Statistics) -> None:
    assert (small.duplicates.exact, small.duplicates.by_letters, small.duplicates.largest_group) == (1, 2, 2)


def test_texts_without_letters_are_not_all_one() -> None:
    found = survey("", [Text(text) for text in ("?!", "…", "1984", "2001", "2001 ")]).duplicates
    assert (found.exact, found.by_letters, found.largest_group) == (0, 1, 2)


def test_authors_and_labels(small: Statistics) -> None:
    assert small.authors
    assert small.authors.distinct == 2
    assert [(group.name, group.texts, group.lines, group.words) for group in small.authors.groups] == [
        ("А", 2, 8, 14),
        ("", 1, 1, 3),
        ("Б", 1, 1, 3),
    ]
    assert sum(group.share for group in small.authors.groups) == pytest.approx(1, abs=1e-5)
    assert small.labels
    assert [(group.name, group.texts) for group in small.labels.groups] == [("x", 3), ("y", 1)]
    assert survey("", [Text("а")]).authors is None


def test_dates(small: Statistics) -> None:
    assert small.dates
    assert (small.dates.texts, small.dates.first, small.dates.last) == (3, "1920", "1921")
    assert small.dates.years == {"1920": 2, "1921": 1}
    assert survey("", [Text("а", date="long ago")]).dates is None


def test_samples_do_not_depend_on_the_order_and_are_clipped() -> None:
    texts = [Text(f"строка номер {chr(1072 + i)}\n" * 100) for i in range(20)]
    chosen = survey("", texts).samples
    assert survey("", reversed(texts)).samples == chosen
    assert len({sample.text for sample in chosen}) == 6
    assert all(sample.clipped and len(sample.text) <= MAX_SAMPLE for sample in chosen)


def test_texts_are_not_kept() -> None:
    alive: weakref.WeakSet[Text] = weakref.WeakSet()

    def texts() -> Iterator[Text]:
        for i in range(1000):
            text = Text(f"text {i}", author=f"author {i}")
            alive.add(text)
            assert len(alive) <= 3
            yield text

    assert survey("", texts()).texts == 1000


def test_a_corpus_without_words() -> None:
    found = survey("", [Text("?!"), Text("—\n…")])
    assert (found.words, found.vocabulary.distinct, found.vocabulary.growth) == (0, 0, [])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Кто-то, где-то — тут!", ["кто-то", "где-то", "тут"]),
        ("It’s 2nd_rate, isn't it", ["it's", "2nd", "rate", "isn't", "it"]),
        ("за́мок -- 'tis", ["за́мок", "tis"]),
        ("...", []),
        ("ха" * 1000, ["ха" * 32]),
    ],
)
def test_words(line: str, expected: list[str]) -> None:
    assert words(line) == expected


def test_percentiles_are_values_that_occur() -> None:
    found = distribution({1: 50, 10: 49, 1000: 1})
    assert found
    assert (found.percentiles["50"], found.percentiles["75"], found.percentiles["99"]) == (1, 10, 10)
    assert (found.minimum, found.maximum, found.count, found.mean) == (1, 1000, 100, 15.4)
    assert (found.width, found.bins) == (1, [(1, 50), (10, 49), (11, 1)])
    assert distribution({}) is None


def test_bins_hold_all_and_are_few() -> None:
    values = Counter(random.Random(1).choices(range(7, 40_000), k=5000))
    found = distribution(values)
    assert found
    assert found.width == 500
    assert sum(count for _, count in found.bins) == 5000
    assert all(low % found.width == 0 for low, _ in found.bins)


def test_a_vocabulary_too_large_is_estimated_and_says_so() -> None:
    counter, exact, chance = WordCounter(limit=2000), Counter[str](), random.Random(1)
    for _ in range(300):
        batch = [f"w{int(chance.paretovariate(0.35)) % 10**9}" for _ in range(200)]
        counter.add(batch)
        exact.update(batch)
    found = counter.vocabulary()
    hapaxes = sum(times == 1 for times in exact.values())
    assert found.estimated
    assert found.distinct == pytest.approx(len(exact), rel=0.15)
    assert found.hapaxes == pytest.approx(hapaxes, rel=0.15)
    assert all(exact[word] - found.shortfall <= count <= exact[word] for word, count in found.most_frequent)
    assert [word for word, _ in found.most_frequent[:10]] == [
        word for word, _ in sorted(exact.items(), key=lambda item: (-item[1], item[0]))[:10]
    ]


def test_a_count_may_be_short_by_what_was_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.corpus.description.vocabulary.hash8", lambda _: 2**64 - 1)  # none is in the sample
    counter = WordCounter(limit=4)
    for batch in ("a b c d e", "a a b c d e", "a b b c c d d e e"):
        counter.add(batch.split())
    found = counter.vocabulary()
    assert found.most_frequent == [("a", 3)]  # 4 with the one that was forgotten
    assert found.shortfall == 1 + 1 + 2  # as many as there were of b


def test_growth_is_told_at_round_numbers_however_the_words_come() -> None:
    one, many = WordCounter(), WordCounter()
    said = [f"w{i * i % 997}" for i in range(1234)]
    one.add(said)
    for i in range(0, len(said), 7):
        many.add(said[i : i + 7])
    growth = one.vocabulary().growth
    assert growth == many.vocabulary().growth
    assert [point.words for point in growth] == [100, 200, 300, 500, 700, 1000, 1234]
    assert [point.distinct for point in growth] == [len(set(said[: point.words])) for point in growth]


def test_repeats_are_exact_and_then_estimated() -> None:
    hashes = [hash8(str(i % 6000)) for i in range(9000)]
    exact, sampled = Repeats(limit=6000), Repeats(limit=3000)
    for hashed in hashes:
        exact.add(hashed)
        sampled.add(hashed)
    assert (exact.repeats, exact.largest, exact.estimated) == (3000, 2, False)
    assert sampled.estimated
    assert sampled.repeats == pytest.approx(3000, rel=0.1)
    assert Repeats().repeats == 0


def test_repeats_are_found_across_merges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.corpus.description.counting._PIECE", 7)
    repeats = Repeats()
    for i in range(100):
        repeats.add(hash8(str(i % 30)))
    repeats.add(2**64 - 1)
    assert (repeats.repeats, repeats.largest) == (70, 4)


def test_too_many_authors_are_summed_up() -> None:
    groups = Groups(limit=10)
    for i in range(300):
        groups.add("often" if i % 3 == 0 else f"author {i}", 1, 2, 3)
    table = groups.table()
    assert table
    assert (table.distinct, table.pruned) == (201, True)
    assert table.groups[0].name == "often"
    assert table.groups[0].texts == 100
    assert table.others
    assert sum(group.texts for group in table.groups) + table.others.texts == 300


def test_scripts() -> None:
    assert [script(c) for c in "яZ7½!$\n\u00a0\t漢😀\u0301"] == [
        *("Cyrillic", "Latin", "digits", "digits", "punctuation", "punctuation", "spaces", "spaces"),
        *("other", "other", "other", "other"),
    ]


def test_rare_characters_are_listed() -> None:
    found = alphabet({"а": 500_000, "ё": 2, "😀": 100, "\u0301": 90})
    assert found.rare == 3
    assert [(one.code, one.glyph, one.count) for one in found.rare_characters] == [
        ("U+1F600", "😀", 100),
        ("U+0301", "", 90),
        ("U+0451", "ё", 2),
    ]
    assert found.rare_characters[1].name == "COMBINING ACUTE ACCENT"


@pytest.mark.parametrize(
    ("stanza", "expected"),
    [
        (CROSSED, "ABAB"),
        (COUPLETS, "AABB"),
        (EMBRACED, "ABBA"),
        ("Пришла весна\nОна ясна\nНе надо сна\nЦветёт сосна", "AAAA"),
        ("Снег ложится на дорогу\nИ молчит пустынный лес\nЯ забыл свою тревогу\nЯ вернусь сюда назад", "one pair"),
        ("Снег ложится на поля\nИ молчит пустынный лес\nЯ забыл свою тревогу\nЯ вернусь сюда назад", "none"),
        ("The snow is deep\nThe night is long\nI cannot sleep\nI hear a song", None),
        ("Снег ложится на дорогу\nИ молчит пустынный сад\nЯ забыл свою тревогу\n* * *", None),
    ],
)
def test_rhyme_schemes(stanza: str, expected: str | None) -> None:
    assert scheme(stanza.split("\n")) == expected


def test_only_stanzas_of_four_lines_are_asked_for_rhyme() -> None:
    assert [len(list(quatrains(text))) for text in ("а\nб\n\nв\nг", "а\nб\nв\nг\n\nд", "\n".join("абвгдежз"))] == [
        0,
        1,
        2,
    ]
    assert list(quatrains("\n".join("а" * 24))) == []


def test_schemes_are_counted() -> None:
    found = survey("", [Text(f"{CROSSED}\n\n{CROSSED}"), Text(EMBRACED), Text("a\nb\nc\nd")])
    assert found.verse.quatrains == 3
    assert found.verse.schemes == {"ABAB": 2, "AABB": 0, "ABBA": 1, "AAAA": 0, "one pair": 0, "none": 0}
