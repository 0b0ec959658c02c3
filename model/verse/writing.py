"""Writing verse: line by line, the model drafts candidates and the ear chooses one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from model.text.parameters import Parameters
from model.text.release import TextRelease
from model.text.sampling import chaos_vector, noise_vector
from model.text.tokens import BOS, CANDIDATES, EOS, LINE_TOKENS, PAD, START_TOKENS, window
from model.verse.drafting import MADNESS, Candidate, Judge, Kept, Verdict, choose
from model.verse.lexicon import Lexicon, Rhymes, Runs
from model.verse.metre import Ear
from model.verse.poem import Form, Poem
from model.verse.stress import Stress

Logits = NDArray[np.float32]


class Drafter(Protocol):
    """A model that drafts: the two signatures that writing verse calls."""

    def lines(self, inputs: dict[str, Any]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the tokens [B, CANDIDATES, LINE_TOKENS] of candidates and their log-probabilities, for B poems."""
        ...

    def logits(self, windows: list[list[int]]) -> Logits:
        """Return the logits [B, vocabulary] of what follows each of the windows [B, WINDOW]."""
        ...


_ATTEMPTS = 2  # draws of candidates for a line, the second from wider pools, before what was asked gives way
_WIDER = 2.0  # how much


@dataclass(frozen=True)
class Chosen:
    """A line as chosen: its verdict, what it has kept of what was asked, and the verdicts on the others."""

    verdict: Verdict
    kept: Kept
    others: Sequence[Verdict]


@dataclass
class Writing:
    """A poem in progress: the tokens that the network reads, and the lines chosen so far."""

    seed: int
    tokens: list[int]
    poem: Poem
    stanza_starts: list[int] = field(default_factory=list)  # which of the chosen lines have a blank line before them
    chosen: list[Chosen] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What was written, with blank lines between the stanzas."""
        lines = [one.verdict.candidate.text for one in self.chosen]
        return "\n".join("\n" * (number in self.stanza_starts) + line for number, line in enumerate(lines))

    @property
    def kept(self) -> Kept:
        """What all lines have kept of what was asked."""
        rhymes = [one.kept.rhyme for one in self.chosen if one.kept.rhyme is not None]
        metre, words = (all(getattr(one.kept, name) for one in self.chosen) for name in ("metre", "words"))
        return Kept(all(rhymes) if rhymes else None, metre, words)


@cache
def judge() -> Judge:
    """Return the judge of this process, whose data is mapped into memory."""
    stress = Stress()
    return Judge(Ear(stress), Lexicon(stress), Runs.read(), Rhymes())


def verse(
    drafter: Drafter, release: TextRelease, prompt: str, tokens: list[int], parameters: Parameters, seeds: Sequence[int]
) -> list[Writing]:
    """Return a poem for each seed after a prompt, given as text and as tokens; one call drafts a line of each.

    Raises ValueError if a token is not in the vocabulary.
    """
    form = Form(parameters.scheme, parameters.metre, release.tokenizer.backwards, parameters.chaos >= MADNESS)
    poems = [Writing(seed, list(tokens), Poem.after(prompt, form, seed)) for seed in seeds]
    for line in range(poems[0].poem.length(parameters.max_lines)):
        _next_line(drafter, release, parameters, poems, line)
    return poems


def _next_line(
    drafter: Drafter, release: TextRelease, parameters: Parameters, poems: Sequence[Writing], line: int
) -> None:
    for poem in poems:
        if poem.poem.starts_stanza:
            poem.tokens.append(release.rules.break_id)
            poem.stanza_starts.append(line)
    waiting, drawn = list(poems), {id(poem): list[tuple[Candidate, list[int]]]() for poem in poems}
    for attempt in range(_ATTEMPTS):
        for poem, found in zip(waiting, _draw(drafter, release, parameters, waiting, line, attempt), strict=True):
            drawn[id(poem)] += found
        final = attempt == _ATTEMPTS - 1
        waiting = [poem for poem in waiting if not _take(release, poem, drawn[id(poem)], final=final)]
        if not waiting:
            return


def _take(release: TextRelease, poem: Writing, drawn: Sequence[tuple[Candidate, list[int]]], *, final: bool) -> bool:
    """Add the best candidate to the poem; return False if none is without a fault, and the choice is not final."""
    verdicts = judge().verdicts(poem.poem, [candidate for candidate, _ in drawn])
    best = choose(verdicts, final=final)
    if best is None:
        return False
    others = sorted((one for number, one in enumerate(verdicts) if number != best), key=lambda one: -one.score)
    poem.chosen.append(Chosen(verdicts[best], judge().kept(verdicts[best], poem.poem), others))
    candidate, tokens = drawn[best]
    poem.poem = poem.poem.with_line(candidate.text)
    poem.tokens += [*tokens, release.rules.break_id]
    return True


def _draw(
    drafter: Drafter, release: TextRelease, parameters: Parameters, poems: Sequence[Writing], line: int, attempt: int
) -> list[list[tuple[Candidate, list[int]]]]:
    """Return the candidates for the next line of each poem, with their tokens, in one call."""
    inputs = _inputs(parameters, poems, line, attempt)
    inputs["starts"] = _starts(drafter, release, poems, line, attempt).tolist()
    tokens, log_probability = drafter.lines(inputs)
    return [
        [_candidate(release, *row) for row in list(zip(*poem, strict=True))[: parameters.candidates]]
        for poem in zip(tokens, log_probability, strict=True)
    ]


def _starts(
    drafter: Drafter, release: TextRelease, poems: Sequence[Writing], line: int, attempt: int
) -> NDArray[np.int32]:
    """Return the tokens that candidates begin with: the words that rhyme, if lines are written from their end."""
    starts = np.zeros((len(poems), CANDIDATES, START_TOKENS), np.int32)
    asked = [number for number, poem in enumerate(poems) if poem.poem.form.rhyme_asked and poem.poem.partner]
    if asked:
        logits = drafter.logits([window(poems[number].tokens) for number in asked])
        for number, row in zip(asked, logits, strict=True):
            stream = f"{poems[number].seed}/{line}/{attempt}/rhymes"
            for place, tokens in enumerate(_rhyming(release, poems[number].poem, row, stream)):
                starts[number, place, : len(tokens)] = tokens
    return starts


def _rhyming(release: TextRelease, poem: Poem, logits: Logits, stream: str) -> list[list[int]]:
    """Return the tokens of words for the end of the next line, drawn without replacement.

    A word's weight is the network's probability of its first token times the root of how often it ends lines. If there
    are fewer words than candidates, each begins several.
    """
    words = judge().rhyming_words(poem)
    tokens = [release.tokenizer.encode(word.form) for word in words]
    fitting = [(word, ids) for word, ids in zip(words, tokens, strict=True) if 0 < len(ids) <= START_TOKENS]
    if not fitting:
        return []
    weights = np.array([logits[ids[0]] + word.weight * math.log(2) / 2 for word, ids in fitting])
    # The largest sums of a logarithm of a weight and Gumbel noise are a draw without replacement.
    noise = noise_vector(stream, len(fitting)).astype(np.float64)
    order = np.argsort(-(weights - np.log(-np.log(noise + 2.0**-25))), kind="stable")[:CANDIDATES]
    drawn = [fitting[number][1] for number in order.tolist()]
    return [drawn[place % len(drawn)] for place in range(CANDIDATES)]


def _candidate(
    release: TextRelease, tokens: NDArray[np.int64], log_probability: NDArray[np.float64]
) -> tuple[Candidate, list[int]]:
    length = int((tokens != PAD).sum())
    written = tokens[:length].tolist()
    finished = written[-1:] in ([release.rules.break_id], [EOS])
    line = written[:-1] if finished else written
    text = release.tokenizer.decode(line, [BOS]).strip()
    return Candidate(text, float(log_probability[:length].mean()), finished), line


def _inputs(parameters: Parameters, poems: Sequence[Writing], line: int, attempt: int) -> dict[str, Any]:
    rows, wider = len(poems), 1 + attempt * (_WIDER - 1)
    count = CANDIDATES * LINE_TOKENS
    streams = [f"{poem.seed}/{line}/{attempt}" for poem in poems]
    noise = np.stack([noise_vector(stream, count) for stream in streams]).reshape(rows, CANDIDATES, LINE_TOKENS)
    chaos = np.stack([chaos_vector(stream, parameters.chaos, count) for stream in streams]).reshape(noise.shape)
    numbers = {name: round(getattr(parameters, name) * wider) for name in ("top_k", "line_start_k", "chaos_k")}
    inverse = float(np.float32(parameters.inverse_temperature / wider**0.5))
    return {
        "prompt": [window(poem.tokens) for poem in poems],
        "noise": noise.tolist(),
        "chaos": chaos.tolist(),
        "inverse_temperature": [[inverse] * CANDIDATES] * rows,
        **{name: [[number] * CANDIDATES] * rows for name, number in numbers.items()},
    }
