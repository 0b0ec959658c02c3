"""How a poem came about, for a request with `explain`: the steps of a plain decoder, or the drafts of `verse`."""

from typing import Any

from backend.decoders import Draft
from model.text.sampling import Choice
from model.text.tokens import Tokenizer
from model.verse.drafting import Verdict
from model.verse.writing import Chosen, Writing

_REJECTED = 5  # drafts of a line that are shown, the best first


def steps(tokenizer: Tokenizer, prompt: list[int], draft: Draft) -> dict[str, Any]:
    """Return the poem's steps in reading order; their concatenated texts are what the network wrote."""
    return {
        "tokens": [_step(step, text, draft.choices[step]) for step, text in tokenizer.reading(draft.tokens, prompt)]
    }


def drafts(writing: Writing) -> dict[str, Any]:
    """Return for each line of a poem its score, what it kept, and the best drafts that were rejected, with reasons."""
    return {"drafts": [_line(chosen) for chosen in writing.chosen]}


def _step(step: int, text: str, choice: Choice) -> dict[str, Any]:
    return {
        "step": step,
        "text": text,
        "id": choice.token,
        "pool": choice.pool.name.lower(),
        "rank": choice.rank,
        "probability": choice.probability,
    }


def _line(chosen: Chosen) -> dict[str, Any]:
    kept = {"rhyme": chosen.kept.rhyme, "metre": chosen.kept.metre, "words": chosen.kept.words}
    return {**_draft(chosen.verdict), "kept": kept, "rejected": [_draft(one) for one in chosen.others[:_REJECTED]]}


def _draft(verdict: Verdict) -> dict[str, Any]:
    score, faults = round(verdict.score, 3), sorted(fault.value for fault in verdict.faults)
    return {"line": verdict.candidate.text, "score": score, "faults": faults}
