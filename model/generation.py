"""Writing a poem with a network in this process: the reference, step by step."""

import numpy as np
from keras import ops

from model.networks.network import Network
from model.text.parameters import Parameters
from model.text.poem import Poem, lay_out
from model.text.release import TextRelease
from model.text.sampling import Stop, Walk, chaos_vector, choose, noise_vector


def write(network: Network, release: TextRelease, prompt: str, parameters: Parameters, seed: int) -> Poem:
    """Write the poem that follows from the prompt, the parameters and the seed."""
    tokens, _ = release.tokenizer.encode_prompt(prompt)
    generated, stop = generate(network, release, tokens, parameters, seed)
    text = release.tokenizer.decode(generated)
    return lay_out(prompt, text, stop, max_chars=parameters.max_chars, capital_lines=release.capital_lines)


def generate(
    network: Network, release: TextRelease, prompt: list[int], parameters: Parameters, seed: int
) -> tuple[list[int], Stop]:
    """Give the tokens after those of `prompt`, the one that ended the poem included, and why it ended."""
    noise = noise_vector(seed, parameters.max_tokens)
    chaos = chaos_vector(seed, parameters.chaos, parameters.max_tokens)
    state, walk, tokens, stop = network.initial_state(1), Walk(), list[int](), None
    for token in prompt:
        joined, state = network.step(ops.convert_to_tensor([token]), state)
    while stop is None:
        step = walk.place.step
        choice = choose(
            ops.convert_to_numpy(network.logits(joined))[0],
            walk.place,
            release.rules,
            parameters.pools,
            chaotic=bool(chaos[step]),
            noise=noise[step],
            inverse_temperature=np.float32(parameters.inverse_temperature),
        )
        tokens.append(choice.token)
        walk = walk.after(choice.token, release.rules)
        stop = walk.stop(choice.token, parameters.max_lines, parameters.max_tokens)
        joined, state = network.step(ops.convert_to_tensor([choice.token]), state)
    return tokens, stop
