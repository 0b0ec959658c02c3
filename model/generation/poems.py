"""Generation of poems with a network in this process, from the prompt to laid-out lines."""

from collections.abc import Iterator, Sequence

from model.generation.steps import Temperatures, stream_rows
from model.networks.network import Network
from model.text.parameters import Parameters
from model.text.poem import Poem, compose
from model.text.release import TextRelease
from model.text.tokens import EOS


def write(network: Network, release: TextRelease, prompt: str, parameters: Parameters, seed: int) -> Poem:
    """Return the poem for a prompt, parameters and a seed."""
    return next(write_many(network, release, prompt, parameters, [seed]))


def write_many(
    network: Network,
    release: TextRelease,
    prompt: str,
    parameters: Parameters,
    seeds: Sequence[int],
    *,
    temperatures: Temperatures = None,
    length: int | None = None,
    go_on: bool = False,
) -> Iterator[Poem]:
    """Yield a poem for each seed, in order, each as soon as it and all earlier ones are finished.

    `temperatures`, `length` and `go_on` are those of `steps.generate_rows`.
    """
    read, _ = release.tokenizer.encode_prompt(prompt, with_break=release.prompt_break)
    prompts, breaks = [read] * len(seeds), [release.rules.break_id] * 2
    rows = stream_rows(
        network, release.rules, prompts, seeds, parameters, temperatures=temperatures, length=length, go_on=go_on
    )
    for row in rows:
        tokens = row.tokens
        if go_on:  # a blank line separates the texts
            tokens = [shown for token in tokens for shown in (breaks if token == EOS else [token])]
        yield compose(release, prompt, read, release.tokenizer.decode(tokens, read), row.stop, parameters.max_chars)
