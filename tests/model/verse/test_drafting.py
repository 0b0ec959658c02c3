"""Judging drafts: what is a fault, what scores better, what gives way."""

import pytest

from model.verse.drafting import Candidate, Fault, Judge, Verdict, choose
from model.verse.lexicon import Lexicon, Rhymes, Runs
from model.verse.metre import Ear
from model.verse.poem import Form, Poem
from model.verse.stress import Stress

CORPUS = ["Над рекой плывёт густой туман"]
QUATRAIN = ["Зима рисует на окне", "Большие белые цветы,", "И снится полю в тишине,", "Что снова в поле вышла ты"]


@pytest.fixture(scope="module")
def judge(stress: Stress, ear: Ear) -> Judge:
    return Judge(ear, Lexicon(stress), Runs.of(CORPUS), Rhymes())


def verdict(judge: Judge, poem: Poem, text: str, log_probability: float = -2.0, *, finished: bool = True) -> Verdict:
    (found,) = judge.verdicts(poem, [Candidate(text, log_probability, finished)])
    return found


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Над рекой плывёт густой туман", Fault.COPIED),
        ("Озарилие горит в окне", Fault.MADE_UP),
        ("Зима рисует на окне", Fault.REPEATED),
        ("И снова иней на окне", Fault.REPEATED),  # its last word ends a line already
        ("Потому что мы обновили зависимости", Fault.METRE),
        ("…", Fault.EMPTY),
    ],
)
def test_faults(judge: Judge, text: str, fault: Fault) -> None:
    poem = Poem.after(QUATRAIN[0], Form())
    assert fault in verdict(judge, poem, text).faults


def test_a_good_line_has_no_fault(judge: Judge) -> None:
    assert verdict(judge, Poem.after(QUATRAIN[0], Form()), QUATRAIN[1]).faults == frozenset()


def test_a_line_without_end_is_at_fault(judge: Judge) -> None:
    assert Fault.UNFINISHED in verdict(judge, Poem(Form()), QUATRAIN[1], finished=False).faults


def test_made_up_words_are_welcome_when_asked(judge: Judge) -> None:
    poem = Poem.after(QUATRAIN[0], Form(made_up=True))
    assert Fault.MADE_UP not in verdict(judge, poem, "Озарилие горит в ночи").faults


def test_a_rhyme_is_a_fault_to_miss_only_if_it_is_asked(judge: Judge) -> None:
    rhymed, unrhymed = "В огромном доме как во сне", "В огромном доме тишина"
    for asked in (True, False):
        poem = Poem(Form("AABB", rhyme_asked=asked), (QUATRAIN[0],))
        good, bad = verdict(judge, poem, rhymed), verdict(judge, poem, unrhymed)
        assert (Fault.RHYME in bad.faults, Fault.RHYME in good.faults) == (asked, False)
        assert good.score > bad.score
        assert (judge.kept(good, poem).rhyme, judge.kept(bad, poem).rhyme) == (True, False)


def test_the_likelier_of_two_equal_lines_scores_better(judge: Judge) -> None:
    poem = Poem(Form(), (QUATRAIN[0],))
    assert verdict(judge, poem, QUATRAIN[1], -1.0).score > verdict(judge, poem, QUATRAIN[1], -3.0).score


def test_lines_that_begin_alike_score_worse(judge: Judge) -> None:
    other = verdict(judge, Poem(Form(), ("Но вечер тих и бел",)), "И снится полю тишина")
    same = verdict(judge, Poem(Form(), ("И вечер тих и бел",)), "И снится полю тишина")
    assert same.score < other.score


def test_the_best_without_a_fault_is_chosen() -> None:
    verdicts = [scored(5, Fault.METRE), scored(1), scored(2), scored(2)]
    assert choose(verdicts, final=False) == 2
    assert choose(verdicts[:1], final=False) is None


def test_metre_gives_way_before_rhyme_and_made_up_words_last() -> None:
    verdicts = [scored(9, Fault.MADE_UP), scored(5, Fault.RHYME), scored(1, Fault.METRE)]
    assert choose(verdicts, final=True) == 2
    assert choose(verdicts[:2], final=True) == 1
    assert choose(verdicts[:1], final=True) == 0


def scored(score: float, *faults: Fault) -> Verdict:
    return Verdict(Candidate("", 0.0, finished=True), score, frozenset(faults))
