"""Networks that write each line from its last word: what a reader sees of them without a server."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.errors import ModelError
from model.generation.interactive import Session
from model.generation.poems import write
from model.generation.request import request
from model.presets.preset import Training
from model.release.loading import Release
from model.text.characters import CharacterTokenizer
from model.text.normalise import turn
from model.text.release import open_tokenizer
from model.text.sampling import Rules
from model.textgenrnn import TextGenerator, synthesize
from model.textgenrnn.synthesis import Text, TurnWriter, _write
from model.textgenrnn.vectors import encode_text_vectors
from model.training.samples import Sampler
from tests.model import tiny, untrained

STEPS = [*untrained.NORMALISATION, "backwards"]
PROMPT = "Тихо спит старинный дом"


def _release(folder: Path, **changes: Any) -> Release:
    return untrained.release(folder / "poet", untrained.POET, **{"prompt_break": True, **changes})


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return _release(tmp_path_factory.mktemp("backwards"), normalisation=STEPS)


@pytest.fixture(scope="module")
def generator(release: Release) -> TextGenerator:
    return TextGenerator(release.folder)


@pytest.fixture(scope="module")
def of_characters(release: Release) -> TextGenerator:
    """Return an untrained generator whose tokens are characters."""
    letters = sorted({character for poem in tiny.poems() for character in poem["text"]} - set("\n…ё"))
    tokenizer = CharacterTokenizer(["\n", *letters], STEPS)
    network = untrained.network(replace(untrained.CHARRNN, vocabulary=tokenizer.vocabulary_size))
    defaults = replace(release.text.defaults, temperature=1.0, max_lines=50)
    text = replace(
        release.text, tokenizer=tokenizer, rules=Rules(tokenizer.break_id, force_breaks=False), defaults=defaults
    )
    made = TextGenerator()
    made._release = replace(release, network=network, text=text)
    return made


def test_texts_of_the_class_are_the_poems(generator: TextGenerator, release: Release) -> None:
    poem = write(release.network, release.text, PROMPT, release.text.defaults, 3)
    assert generator.generate(1, return_as_list=True, prefix=PROMPT, seed=3, max_gen_length=None) == [poem.text]
    assert poem.lines[0] == PROMPT


def test_samples_of_training_are_turned(release: Release) -> None:
    text = release.text
    settings = Training(epochs=1, batch_size=1, window=8, learning_rate=0.1, sample_prompt=PROMPT)
    sampler = Sampler(text.tokenizer, text.rules, text.prompt_break, text.defaults, settings, [PROMPT])
    (written,) = sampler._write(release.network, PROMPT, [1], text.defaults)
    in_order = "".join(text.tokenizer.texts(written.tokens))
    assert written.text == turn(in_order) != in_order


def test_the_menus_text_grows_from_the_end_of_a_line(release: Release) -> None:
    session = Session(release.network, release.text, PROMPT, 5)
    shown = []
    for own in ("старинный дом", "тихо спит", "", "у реки", "белый лес"):
        assert session.own(own) == ""
        shown.append(session.text.removeprefix(f"{PROMPT}\n"))
    first = "тихо спит старинный дом"
    assert shown == ["старинный дом", first, first, f"{first}\nу реки", f"{first}\nбелый лес у реки"]


def test_ones_own_characters_stand_before_those_of_the_line(of_characters: TextGenerator) -> None:
    session = Session(of_characters.release.network, of_characters.release.text, "", 5)
    session.own("ложится")
    session.own("снег ")
    assert session.text == "снег ложится"
    session.own(" на ")
    assert session.text == "на снег ложится"


@pytest.mark.parametrize("stops", [[], [" ", "\n"], ["а"]])
def test_a_model_that_takes_turns_with_itself_writes_what_it_writes_alone(
    of_characters: TextGenerator, stops: list[str]
) -> None:
    (alone,) = of_characters.generate(1, return_as_list=True, prefix=PROMPT, seed=3, max_gen_length=60) or []
    (turns,) = (
        synthesize(
            [of_characters] * 2, 1, return_as_list=True, prefix=PROMPT, seed=3, max_gen_length=60, stop_tokens=stops
        )
        or []
    )
    assert len(alone) > len(PROMPT) + 20
    assert " ".join(turns.split()).startswith(" ".join(alone.split()))  # alone, an unfinished last line is cut


def test_models_write_one_text_by_turns_below_the_prefix(
    generator: TextGenerator, of_characters: TextGenerator
) -> None:
    models = [generator, of_characters, of_characters]
    for prefix in (PROMPT, "Снег,  снег\n\nСнег "):
        for text in synthesize(models, 3, return_as_list=True, prefix=prefix, max_gen_length=40) or []:
            assert text.startswith(f"{prefix}\n")
            assert len(text) > len(prefix) + 8
            assert not text.split("\n")[-1].startswith(" ")


def test_a_turn_reads_what_was_written_of_a_line(of_characters: TextGenerator) -> None:
    release = of_characters.release
    writer = TurnWriter(release, request(release), 60)
    ids, owed = writer._ids("дом спит Тихо\nлес ")
    assert owed == ""
    assert "".join(release.text.tokenizer.texts(ids)) == "дом спит Тихо\nлес "


def test_words_that_are_written_one_by_one_are_read_in_the_other_order(generator: TextGenerator) -> None:
    class Words(TurnWriter):
        def turn(self, so_far: Text, _stops: Sequence[str]) -> None:
            so_far.add(["дом ", "спит ", "тихо\n", "лес "][so_far.steps])
            so_far.steps += 1

    writer = Words(generator.release, request(generator.release, {"max_lines": 2}), 4)
    assert _write([writer], "Снег на полях", 1, []) == "Снег на полях\nтихо спит дом\nлес"


def test_models_of_two_orders_do_not_share_a_line(generator: TextGenerator, tmp_path: Path) -> None:
    other = TextGenerator(_release(tmp_path).folder)
    with pytest.raises(ModelError, match="use one kind only"):
        synthesize([generator, other])


def test_the_vector_of_a_text_is_of_the_order_that_the_network_reads(release: Release) -> None:
    tokenizer = open_tokenizer("bpe", release.folder / "tokenizer.model", untrained.NORMALISATION)
    plain = replace(release.text, tokenizer=tokenizer)
    (found,) = encode_text_vectors(release.network, release.text, [PROMPT])
    (turned,) = encode_text_vectors(release.network, plain, [turn(PROMPT)])
    (other,) = encode_text_vectors(release.network, plain, [PROMPT])
    assert np.allclose(found, turned)
    assert not np.allclose(found, other)
