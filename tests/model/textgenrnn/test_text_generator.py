"""The Python class: its names are textgenrnn's, its texts those of the command."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from model.errors import ModelError
from model.generation.poems import write
from model.generation.request import request
from model.presets.preset import Preset, load
from model.text.characters import CharacterTokenizer
from model.text.sampling import Position, Rules
from model.textgenrnn import TextGenerator, synthesize, synthesize_to_file
from model.textgenrnn.synthesis import Text, TurnWriter, _write
from tests.conftest import Trained
from tests.model import tiny, untrained

if TYPE_CHECKING:
    from model.networks.sizes import Sizes


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> list[TextGenerator]:
    """Return generators of untrained networks of the other kinds."""
    folder = tmp_path_factory.mktemp("others")
    kinds: list[Sizes] = [untrained.CHARRNN, untrained.TEXTGENRNN, untrained.BOTH_WAYS]
    return [TextGenerator(untrained.release(folder / str(i), sizes).folder) for i, sizes in enumerate(kinds)]


@pytest.fixture(scope="module")
def of_characters(generator: TextGenerator) -> TextGenerator:
    """Return an untrained generator whose tokens are characters."""
    letters = sorted({character for poem in tiny.poems() for character in poem["text"]} - {"\n", "…"})
    tokenizer = CharacterTokenizer(["\n", *letters], ["nfc", "dashes", "quotes", "yo"])
    rules = Rules(tokenizer.break_id, force_breaks=False)
    network = untrained.network(replace(untrained.CHARRNN, vocabulary=tokenizer.vocabulary_size))
    defaults = replace(generator.release.text.defaults, temperature=1.0, max_lines=50)
    text = replace(generator.release.text, tokenizer=tokenizer, rules=rules, prompt_break=False, defaults=defaults)
    made = TextGenerator()
    made._release = replace(generator.release, network=network, text=text)
    return made


def listed(generator: TextGenerator, n: int = 1, **options: object) -> list[str]:
    return generator.generate(n, return_as_list=True, **options) or []  # type: ignore[arg-type]


def test_without_a_model_it_says_what_to_do() -> None:
    with pytest.raises(ModelError, match="load a release"):
        TextGenerator().generate()


def test_texts_are_given_or_printed(generator: TextGenerator, capsys: pytest.CaptureFixture[str]) -> None:
    texts = listed(generator, 3, prefix="Снег", seed=3)
    assert len(texts) == 3
    assert all(text.startswith("Снег") for text in texts)
    assert capsys.readouterr().out == ""
    assert generator.generate(3, prefix="Снег", seed=3) is None
    assert capsys.readouterr().out == "".join(f"{text}\n\n" for text in texts)


def test_a_text_is_the_poem_of_the_release(generator: TextGenerator) -> None:
    release = generator.release
    poem = write(release.network, release.text, "Снег", release.text.defaults, 3)
    assert listed(generator, 1, prefix="Снег", seed=3, max_gen_length=None) == [poem.text]


def test_without_a_seed_every_call_is_another(generator: TextGenerator) -> None:
    assert len({tuple(listed(generator, 2, parameters={"chaos": 1})) for _ in range(3)}) == 3


def test_samples_of_several_temperatures(generator: TextGenerator, capsys: pytest.CaptureFixture[str]) -> None:
    samples = generator.generate_samples(2, [0, 1.5, None], seed=1)
    assert [len(texts) for texts in samples.values()] == [2, 2, 2]
    assert samples[0] == listed(generator, 2, temperature=0, seed=1)
    assert samples[None] == listed(generator, 2, parameters={"temperature": None}, seed=1)
    shown = capsys.readouterr().out
    assert re.findall("^--- (.*)$", shown, re.MULTILINE) == ["temperature 0", "temperature 1.5", "uniform"]
    assert all(text in shown for texts in samples.values() for text in texts)


def test_a_file_of_texts(generator: TextGenerator, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    told: list[int] = []
    assert generator.generate_to_file(path, 3, seed=2, temperature=[1.0, 0.5], wrote=told.append) == 3
    assert told == [1, 2, 3]
    assert generator.generate_to_file(path, 5, seed=2, temperature=[1.0, 0.5]) == 2
    texts = [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]
    assert texts == listed(generator, 5, seed=2, temperature=[1.0, 0.5])
    with pytest.raises(ModelError, match="other temperatures"):
        generator.generate_to_file(path, 5, seed=2)
    with pytest.raises(ModelError, match="seed"):
        generator.generate_to_file(path, 5, seed=None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"n": 0}, "number of texts"),
        ({"temperature": -1}, "temperature"),
        ({"temperature": []}, "temperature"),
        ({"temperature": np.float32(0.5)}, "temperature"),
        ({"max_gen_length": 0}, "length"),
        ({"max_gen_length": "5"}, "length"),
        ({"max_gen_length": 2.5}, "length"),
        ({"n": "3"}, "number of texts"),
        ({"n": 1.5}, "number of texts"),
        ({"prefix": "а" * 2001}, "prompt"),
        ({"seed": -1}, "seed"),
        ({"parameters": {"top_k": 0}}, "top_k"),
        ({"parameters": {"foo": 1}}, "foo: is not a parameter"),
        ({"parameters": {"prompt": "x"}}, "prompt: is not a parameter"),
        ({"interactive": True, "temperature": 0.5}, "interactive mode takes no"),
        ({"interactive": True, "top_n": "3"}, "top_n"),
    ],
)
def test_what_is_out_of_bounds_is_refused(generator: TextGenerator, options: dict[str, object], named: str) -> None:
    with pytest.raises(ModelError, match=named):
        generator.generate(**options)  # type: ignore[arg-type]


def test_saved_it_loads_again_and_reset_goes_back(trained: Trained, tmp_path: Path) -> None:
    generator = TextGenerator().load(trained.release)
    generator.save(tmp_path / "copy")
    with pytest.raises(ModelError, match="already exists"):
        generator.save(tmp_path / "copy")
    generator.load(tmp_path / "copy")
    assert generator.release.folder == tmp_path / "copy"
    generator.reset()
    assert generator.release.folder == trained.release


def test_one_text_is_no_list_of_texts(generator: TextGenerator) -> None:
    with pytest.raises(ModelError, match="list"):
        generator.similarity("снег", "abc")
    with pytest.raises(ModelError, match="list"):
        generator.encode_text_vectors("abc")


def test_alike_texts_are_alike(generator: TextGenerator, others: list[TextGenerator]) -> None:
    text = "Снег ложится на поля"
    for one in (generator, *others):
        found = one.similarity(text, ["Кто-то плачет за стеной", text, "Снег ложится на дом"])
        assert [likeness for _, likeness in found] == sorted((likeness for _, likeness in found), reverse=True)
        assert found[0][0] == text
        assert found[0][1] == pytest.approx(1, abs=1e-5)
        assert all(-1 <= likeness <= 1.0001 for _, likeness in found)


def test_a_vector_is_the_mean_of_the_features(generator: TextGenerator) -> None:
    texts = ["Снег ложится на поля", "Тихо", "Ветер в поле песню пел,\nИ молчит далёкий лес"]
    together = generator.encode_text_vectors(texts)
    alone = np.concatenate([generator.encode_text_vectors([text]) for text in texts])
    assert together == pytest.approx(alone, abs=1e-5)
    network, tokenizer = generator.release.network, generator.release.text.tokenizer
    state, features = network.initial_state(1), []
    for token in tokenizer.encode_text(tokenizer.normalise(texts[0])):
        joined, state = network.step(np.array([token]), state)
        features.append(np.asarray(joined)[0])
    assert together[0] == pytest.approx(np.mean(features, axis=0), abs=1e-5)


def test_main_directions_keep_what_they_can_of_the_distances(generator: TextGenerator) -> None:
    texts = [poem["text"] for poem in tiny.poems()[:6]]
    whole, turned = generator.encode_text_vectors(texts), generator.encode_text_vectors(texts, 5)
    assert turned.shape == (6, 5)
    assert np.linalg.norm(turned[0] - turned[1]) == pytest.approx(np.linalg.norm(whole[0] - whole[1]), rel=1e-3)
    assert (np.diff(turned.var(axis=0)) <= 1e-6).all()
    for count in (0, 6, 1.5):
        with pytest.raises(ModelError, match="components"):
            generator.encode_text_vectors(texts, count)  # type: ignore[arg-type]


def test_models_write_one_text_by_turns(
    generator: TextGenerator, others: list[TextGenerator], of_characters: TextGenerator
) -> None:
    models = [generator, of_characters, *others, of_characters]
    texts = synthesize(models, 2, return_as_list=True, prefix="Снег", seed=3, max_gen_length=40) or []
    assert texts == synthesize(models, 2, return_as_list=True, prefix="Снег", seed=3, max_gen_length=40)
    assert all(text.startswith("Снег") and len(text) > 8 for text in texts)
    assert texts[0] != texts[1]
    again = synthesize(models, 1, return_as_list=True, prefix="Снег", seed=4, max_gen_length=40)
    assert again == [texts[1]]


@pytest.mark.parametrize("stops", [[], [" ", "\n"], ["а"]])
def test_a_model_that_takes_turns_with_itself_writes_what_it_writes_alone(
    of_characters: TextGenerator, stops: list[str]
) -> None:
    """Its tokens are those of the text, so that reading anew what is there changes nothing."""
    (alone,) = listed(of_characters, 1, prefix="Снег", seed=3, max_gen_length=60)
    turns = synthesize(
        [of_characters] * 2, 1, return_as_list=True, prefix="Снег", seed=3, max_gen_length=60, stop_tokens=stops
    )
    assert len(alone) > 20
    assert [" ".join(text.split()) for text in turns or []] == [" ".join(alone.split())]


def test_a_space_is_written_once_whoever_brings_it(generator: TextGenerator) -> None:
    writer = TurnWriter(generator.release, request(generator.release, temperature=1.0, length=60), 60)
    for seed in range(5):
        writer.begin(seed)
        so_far = Text("Снег ", 50, steps=1)
        writer.turn(so_far, (" ",))
        assert so_far.text.startswith("Снег")
        assert "  " not in so_far.text
        assert so_far.text.endswith((" ", "\n")) or so_far.ended or so_far.steps == 60
        assert so_far.text[4] in " \n"


def test_words_that_are_cut_before_a_break_owe_no_space(others: list[TextGenerator]) -> None:
    """Tokens of word pieces alone: a turn ends with a space, and the next may well begin with a break."""
    texts = synthesize([others[0]] * 2, 25, return_as_list=True, prefix="Снег", max_gen_length=60) or []
    assert any("\n" in text.removeprefix("Снег") for text in texts)
    assert not any(" \n" in text for text in texts)
    writer = TurnWriter(others[0].release, request(others[0].release), 60)
    owing = [text for text in ("снег", "снег ", "снег \n", "снег\n ", " ", "") if writer._ids(text)[1]]
    assert owing == ["снег "]


def test_lines_that_are_allowed_begin_behind_the_prefix(generator: TextGenerator) -> None:
    class Lines(TurnWriter):
        def turn(self, so_far: Text, _stops: Sequence[str]) -> None:
            so_far.steps += 1
            so_far.add("х\n")

    writer = Lines(generator.release, request(generator.release, {"max_lines": 2}), 50)
    assert _write([writer], "а\n", 1, []) == "а\nх\nх"
    assert _write([writer], "а\n\nб\n", 1, []) == "а\n\nб\nх\nх"


def test_synthesis_into_a_file(generator: TextGenerator, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    told: list[int] = []
    assert synthesize_to_file([generator, generator], path, 2, seed=1, wrote=told.append) == 2
    assert told == [1, 2]
    assert synthesize_to_file([generator, generator], path, 2, seed=1) == 0
    with pytest.raises(ModelError, match="other models"):
        synthesize_to_file([generator], path, 2, seed=1)


@pytest.mark.parametrize(
    "options",
    [
        {"stop_tokens": ["ab"]},
        {"max_gen_length": 0},
        {"max_gen_length": None},
        {"n": 0},
        {"n": "3"},
        {"seed": None},
        {"temperature": 99},
        {"temperature": np.float32(0.5)},
    ],
)
def test_a_synthesis_out_of_bounds_is_refused(
    generator: TextGenerator, options: dict[str, object], tmp_path: Path
) -> None:
    with pytest.raises(ModelError):
        synthesize([generator], return_as_list=True, **options)  # type: ignore[arg-type]
    with pytest.raises(ModelError):
        synthesize_to_file([generator], tmp_path / "a.txt", **options)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="models"):
        synthesize([])


def test_the_place_of_the_next_token_is_told_by_the_text() -> None:
    assert Text("", 9).position == Position(0, 1)
    assert Text("а\n\n", 9, steps=4).position == Position(4, 2)
    assert Text("а\nб", 9, steps=4).position == Position(4, 0)


def test_trained_on_texts_and_on_from_a_model(trained: Trained, tmp_path: Path) -> None:
    generator = TextGenerator()
    texts = [poem["text"] for poem in tiny.poems()]
    generator.train_on_texts(texts[::2], tmp_path / "first", preset=str(trained.preset), epochs=1)
    first = generator.release
    assert listed(generator, 1, seed=1)
    generator.train_from_file(trained.corpus, tmp_path / "second", epochs=1, learning_rate=1e-6)
    second = generator.release
    assert second.text.hash != first.text.hash
    assert (second.folder / "tokenizer.model").read_bytes() == (first.folder / "tokenizer.model").read_bytes()
    pairs = zip(first.network.get_weights(), second.network.get_weights(), strict=True)
    assert all(np.allclose(one, other, atol=2e-3) for one, other in pairs)  # it began where the first ended
    with pytest.raises(ModelError, match="already holds a release"):
        generator.train_from_file(trained.corpus, tmp_path / "second")
    before = (tmp_path / "first" / "texts.jsonl").read_bytes()
    with pytest.raises(ModelError, match="already holds a release"):
        generator.train_on_texts(["а"], tmp_path / "first")
    assert (tmp_path / "first" / "texts.jsonl").read_bytes() == before
    with pytest.raises(ModelError, match="epochs"):
        generator.train_from_file(trained.corpus, tmp_path / "third", epochs=0)
    generator.reset()
    with pytest.raises(ModelError, match="no model"):
        _ = generator.release


def test_lines_and_paragraphs_are_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from model.corpus.reading import Form, read
    from model.textgenrnn import training

    path, seen = tmp_path / "a.txt", list[list[str]]()

    def train(corpus: Path, folder: Path, form: Form, *_: object) -> Path:
        seen.append([text.text for text in read(corpus, form)])
        raise ModelError(str(folder))

    monkeypatch.setattr(training, "train", train)
    path.write_text("а\nб\n\nв\n", "utf-8")
    with pytest.raises(ModelError):
        TextGenerator().train_from_file(path, tmp_path)
    with pytest.raises(ModelError):
        TextGenerator().train_from_largetext_file(path, tmp_path)
    with pytest.raises(ModelError):
        TextGenerator().train_on_texts(["а\nб", "в"], tmp_path, context_labels=["x", "y"])
    assert seen == [["а", "б", "в"], ["а\nб", "в"], ["а\nб", "в"]]
    with pytest.raises(ModelError, match="labels"):
        TextGenerator().train_on_texts(["а"], tmp_path, context_labels=[])


def test_a_preset_that_begins_with_other_corpora_reads_the_given_texts_alone() -> None:
    from model.textgenrnn.training import _named, _with

    preset = _with(_named("neuralpoet"), {"epochs": 1, "seed": 2}, 0)
    assert (preset.pretraining, preset.training.corpora, preset.training.alone_epochs) == (None, {}, 0)


def test_labels_of_texts_are_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from model.training import run

    seen = list[Preset]()

    def train_run(_corpus: Path, preset: Preset, *_: object, **__: object) -> None:
        seen.append(preset)
        raise ModelError("enough")

    monkeypatch.setattr(run, "train_run", train_run)
    texts = ["а", "б", "в", "г"]
    for labels in (["x", "y", "z", "x"], None):
        with pytest.raises(ModelError, match="enough"):
            TextGenerator().train_on_texts(texts, tmp_path, context_labels=labels, epochs=2)
    usual = load("textgenrnn").sizes
    assert [asdict(preset.sizes) for preset in seen] == [asdict(usual) | {"labels": 3}, asdict(usual)]
    assert [preset.training.epochs for preset in seen] == [2, 2]


@pytest.mark.parametrize(("labels", "preset", "named"), [
    (["x", "x"], None, "all texts have the same label"),
    (["x", "y"], "neuralpoet", "poet cannot learn labels"),
])  # fmt: skip
def test_labels_that_cannot_be_learned_are_refused(
    tmp_path: Path, labels: list[str], preset: str | None, named: str
) -> None:
    with pytest.raises(ModelError, match=named):
        TextGenerator().train_on_texts(["а", "б"], tmp_path, context_labels=labels, preset=preset)


def test_a_model_that_goes_on_learns_no_labels(generator: TextGenerator, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="train a new one"):
        TextGenerator(generator.release.folder).train_on_texts(["а", "б"], tmp_path, context_labels=["x", "y"])
