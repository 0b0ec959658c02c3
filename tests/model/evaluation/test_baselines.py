"""The baselines: a Kneser-Ney model by hand, and a chain that knows what it has seen."""

import math
import random
from collections import Counter, defaultdict

import numpy as np
import pytest

from model.evaluation.baselines import kneser_ney, markov
from model.evaluation.baselines.kneser_ney import KneserNey
from model.evaluation.baselines.markov import MarkovChain
from tests.model import tiny

TEXTS = [poem["text"] for poem in tiny.poems()]


def test_of_one_letter_every_level_halves_what_is_left_to_the_one_below() -> None:
    # Each context was followed by one symbol, once; the discount of 1 is 0.5. Lowest, each of the two symbols has
    # 0.5/2 and half of the uniform 1/2: together 1/2. Above, 0.5 + 0.5 * what is below: 3/4, 7/8, 15/16, 31/32.
    model = KneserNey(["a"])
    assert model.symbols == ["", "a"]
    assert model.probabilities("") == pytest.approx([1 / 32, 31 / 32])
    assert model.probabilities("a") == pytest.approx([31 / 32, 1 / 32])
    assert model.bits(["a"]) == pytest.approx(-2 * math.log2(31 / 32))


def test_after_what_it_never_saw_it_counts_how_many_symbols_a_symbol_follows() -> None:
    # After c, nothing is known but single symbols: a follows the start, b and c; b follows a; c follows b; the end a.
    # Discounts are 0.5 for 1 and 1.5 for 3; of the total of 6 they take 3, of which each of 4 symbols has a quarter.
    model = KneserNey(["abaca", "abca"])
    after_unknown = dict(zip(model.symbols, model.probabilities("я"), strict=True))
    counts = {"a": 3, "b": 1, "c": 2, "": 1}  # c follows a and b
    taken = {1: 0.5, 2: 1.0, 3: 1.5}
    rest = sum(taken[count] for count in counts.values()) / 7
    assert after_unknown == pytest.approx({s: (n - taken[n]) / 7 + rest / 4 for s, n in counts.items()})


def by_definition(texts: list[str], context: str, symbol: str) -> float:
    """Work out a probability from dictionaries, as the paper has it."""
    alphabet = {character for text in texts for character in text} | {"$"}
    grams = Counter(s[i - 4 : i + 1] for s in (f"^^^^{text}$" for text in texts) for i in range(4, len(s)))

    def probability(grams: Counter[str], context: str) -> float:
        if not next(iter(grams)):
            return 1 / len(alphabet)
        n = [list(grams.values()).count(count) for count in range(5)]
        share = n[1] / (n[1] + 2 * n[2]) if all(n[1:]) else 0
        taken = [0.0, *(i - (i + 1) * share * n[i + 1] / n[i] for i in (1, 2, 3))] if all(n[1:]) else [0, 0.5, 1, 1.5]
        if not all(0 < amount < i for i, amount in enumerate(taken[1:], 1)):
            taken = [0, 0.5, 1, 1.5]
        below = probability(Counter(key[1:] for key in grams), context[1:])
        mine = {key: count for key, count in grams.items() if key[:-1] == context}
        if not mine:
            return below
        count = mine.get(context + symbol, 0)
        rest = sum(taken[min(other, 3)] for other in mine.values())
        return (count - taken[min(count, 3)] + rest * below) / sum(mine.values())

    return probability(grams, context)


@pytest.mark.parametrize("before", ["", "С", "Снег л", "на поляна", "ъъъъ", "\n"])
def test_it_is_the_model_of_the_paper_and_its_probabilities_sum_to_1(before: str) -> None:
    model = KneserNey(TEXTS)
    found = dict(zip(model.symbols, model.probabilities(before), strict=True))
    assert math.fsum(found.values()) == pytest.approx(1, abs=1e-12)
    assert min(found.values()) > 0
    for symbol in ["", "а", "л", "\n"]:
        wanted = by_definition(TEXTS, f"^^^^{before}"[-4:], symbol or "$")
        assert found[symbol] == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("block", [150, 1000])  # shorter than a text, and longer
def test_bits_are_those_of_the_probabilities_and_an_unknown_character_costs_16(
    monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    whole = KneserNey(TEXTS)
    monkeypatch.setattr(kneser_ney, "BLOCK", block)
    model = KneserNey(TEXTS)
    text = "Снег\nлежит Q на" * 20
    places = dict(zip(model.symbols, range(len(model.symbols)), strict=True))
    bits = 16.0 * text.count("Q")
    for i, symbol in enumerate([*text, ""]):
        if symbol != "Q":
            bits -= math.log2(model.probabilities(text[:i])[places[symbol]])
    assert model.bits([text, "Снег"]) == pytest.approx(bits + model.bits(["Снег"]))
    assert whole.bits([text]) == pytest.approx(bits)


def test_rare_characters_of_a_large_alphabet_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kneser_ney, "MAX_ALPHABET", 2)
    model = KneserNey(["aaaabbbcb"])
    assert model.symbols == ["", "a", "b"]
    assert model.probabilities("bc").sum() == pytest.approx(1)
    assert model.bits(["cc"]) > 32


def test_it_writes_what_it_learned_the_same_for_a_seed_and_no_longer_than_it_may() -> None:
    model = KneserNey(TEXTS)
    texts = [model.write(seed, 60) for seed in range(20)]
    assert texts == [model.write(seed, 60) for seed in range(20)]
    assert len(set(texts)) > 10
    assert {len(text) for text in texts} <= set(range(61))
    assert KneserNey(["ab"] * 50).write(0, 1) in {"a", "b", ""}
    assert model.write(0, 0) == ""


def test_it_draws_as_often_as_it_says() -> None:
    model = KneserNey(["a", "b", "b", "b"])
    drawn = Counter(model.write(seed, 1) for seed in range(2000))
    chances = dict(zip(model.symbols, model.probabilities(""), strict=True))
    assert drawn["b"] / 2000 == pytest.approx(chances["b"], abs=0.04)


def test_a_chain_writes_only_transitions_that_it_has_seen() -> None:
    chain = MarkovChain(TEXTS)
    follow = defaultdict(set)
    for text in TEXTS:
        tokens = ["", "", *text.replace("\n", " \n ").split(" ")]
        for a, b, c in zip(tokens, tokens[1:], tokens[2:], strict=False):
            follow[a, b].add(c)
    for seed in range(10):
        text = chain.write(seed, 10_000)
        tokens = ["", "", *text.replace("\n", " \n ").split(" ")]
        assert all(c in follow[a, b] for a, b, c in zip(tokens, tokens[1:], tokens[2:], strict=False))


def test_a_chain_writes_the_same_for_a_seed_and_leaves_the_stream_of_others_alone() -> None:
    chain = MarkovChain(TEXTS)
    random.seed(7)
    wanted = random.random()
    random.seed(7)
    texts = [chain.write(seed, 50) for seed in range(9)]
    assert random.random() == wanted
    assert texts == [chain.write(seed, 50) for seed in range(9)]
    assert max(map(len, texts)) <= 50


def test_a_chain_learns_from_no_more_words_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markov, "MAX_WORDS", 3)
    assert MarkovChain(["раз два", "три четыре"]).write(1, 99) in {"раз два", "три"}


def test_numbers_of_the_largest_alphabet_fit() -> None:
    assert np.iinfo(np.int64).max > (kneser_ney.FIRST + kneser_ney.MAX_ALPHABET) ** kneser_ney.ORDER
