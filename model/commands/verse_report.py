"""How good a release's verse is, beside human verse and baselines."""

import argparse
import random
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from model.commands.common import command, say
from model.errors import ModelError

if TYPE_CHECKING:
    from model.commands.common import Commands
    from model.release.loading import Release

LINES = 4
FEWEST_SYLLABLES = 4  # of the line that a poem begins with


def add(commands: "Commands") -> None:
    """Declare the command."""
    parser = command(commands, verse_report, "release", "corpus")
    parser.add_argument("--texts", type=int, default=500, metavar="N", help="how many poems of each (default: 500)")
    parser.add_argument(
        "--part", choices=["validation", "test"], default="validation", help="whose first lines begin them"
    )
    parser.add_argument("--scheme", default="ABAB", help="what is asked of the decoder verse (default: %(default)s)")


def verse_report(options: argparse.Namespace) -> None:
    """Measure verse by rules: human quatrains, a release plain and in each mood, shuffled lines, a Markov chain."""
    from model.corpus.reading import read_corpus
    from model.corpus.split import split
    from model.evaluation.verse import VerseRules
    from model.release.loading import load

    parts = split(read_corpus(options.corpus))
    human = _quatrains([text.text for text in parts[options.part]], options.texts)
    if not human:
        raise ModelError(f"{options.corpus} has no quatrain in its {options.part} part")
    corpus = [text.text for text in parts["train"]]
    rules = VerseRules(corpus)
    say("| verse | poems | rhymed lines | lines in the metre | made-up words in 100 | distinct-1 | distinct-2 | "
        "repeated lines | longest copied run | ms a poem |\n|---|" + "---:|" * 9)  # fmt: skip
    for name, write in _writers(load(options.release), options.scheme, human, corpus).items():
        sys.stderr.write(f"{name}\n")
        started = time.monotonic()
        texts = [write(number, text) for number, text in enumerate(human)]
        took = None if name in ("human", "shuffled lines") else 1000 * (time.monotonic() - started) / len(texts)
        row = rules.row(name, texts, took)
        say(f"| {row.name} | {row.texts} | {row.rhymed:.1%} | {row.in_metre:.1%} | {row.made_up:.2f} | "
            f"{row.distinct_1:.1%} | {row.distinct_2:.1%} | {row.repeated:.1%} | {row.copied} | "
            f"{'' if row.milliseconds is None else f'{row.milliseconds:.0f}'} |")  # fmt: skip


def _quatrains(texts: list[str], count: int) -> list[str]:
    """Return the first stanza of four lines of each text that has one, at most `count`."""
    from model.verse.scan import stanzas_of
    from model.verse.words import words_of

    found = [stanza for text in texts for stanza in stanzas_of(text)[:1] if len(stanza) == LINES]
    long = [stanza for stanza in found if sum(word.syllables for word in words_of(stanza[0])) >= FEWEST_SYLLABLES]
    return ["\n".join(stanza) for stanza in long][:count]


def _writers(
    release: "Release", scheme: str, human: list[str], corpus: list[str]
) -> dict[str, Callable[[int, str], str]]:
    """Return by their names what writes a poem for a seed and a human quatrain, whose first line it begins with."""
    from model.evaluation.baselines.markov import MarkovChain
    from model.files.folder import LITE
    from model.generation.drafts import LiteDrafter, write_verse
    from model.generation.poems import write

    text, lines = release.text, [line for poem in human for line in poem.split("\n")]
    random.Random(1).shuffle(lines)  # noqa: S311  nothing secret
    chain = MarkovChain(corpus)
    drafter = LiteDrafter(release.folder / LITE)

    def plain(seed: int, poem: str) -> str:
        asked = replace(text.defaults, max_lines=LINES - 1)
        return write(release.network, text, poem.split("\n", maxsplit=1)[0], asked, seed).text

    def drafted(mood: str, seed: int, poem: str) -> str:
        asked = replace(text.defaults, **{**text.moods[mood], "max_lines": LINES - 1, "scheme": scheme})
        return write_verse(drafter, text, poem.split("\n", maxsplit=1)[0], asked, [seed])[0].text

    return {
        "human": lambda _, poem: poem,
        "shuffled lines": lambda number, _: "\n".join(lines[LINES * number : LINES * (number + 1)]),
        "Markov chain": lambda seed, poem: chain.write(seed, len(poem)),
        "plain": plain,
        **{f"verse, {mood}": partial(drafted, mood) for mood in text.moods},
    }
