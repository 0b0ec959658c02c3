"""The comparison of a release's two forms, and its section of the card."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model.evaluation.scoring import predictor
from model.export.comparison import FormScores, compare, equal_choices, lite_predictor, write_section
from model.files.folder import CARD, LITE
from model.release.loading import Release, load
from model.text.tokens import PAD
from tests.commands import model
from tests.conftest import Trained
from tests.model import tiny
from tests.model.export.test_lite import lite
from tests.model.export.test_versions import PROMPTS, request

TEXTS = [poem["text"] for poem in tiny.poems()[:3]]


@pytest.fixture(scope="module")
def release(trained: Trained) -> Release:
    return load(trained.release)


@pytest.fixture(scope="module")
def int8(release: Release) -> Callable[[NDArray[np.int32]], NDArray[Any]]:
    return lite_predictor(release.network)


def test_the_int8_form_is_scored_by_what_its_file_answers(
    release: Release, int8: Callable[[NDArray[np.int32]], NDArray[Any]]
) -> None:
    tokens = request(release, PROMPTS)["prompt"]
    found = lite(release.folder / LITE, "serving_default")(tokens=tokens)["logits"]
    for row, logits in zip(tokens, found, strict=True):
        assert np.array_equal(int8(row[None, row != PAD])[0, -1], logits)


def test_a_form_chooses_as_itself_and_another_differs(release: Release) -> None:
    ours = predictor(release.network)
    assert equal_choices(release.text, TEXTS, ours, ours) == 1

    def inverted(tokens: NDArray[np.int32]) -> NDArray[Any]:
        return -ours(tokens)

    assert equal_choices(release.text, TEXTS, ours, inverted) < 1


def test_both_forms_are_scored(release: Release) -> None:
    scores = compare(release, TEXTS)
    assert scores.texts == len(TEXTS)
    assert scores.int8_bits == pytest.approx(scores.float_bits, rel=0.05)
    assert 0 < scores.equal_choices <= 1


def test_a_release_has_the_section_in_its_card(trained: Trained) -> None:
    section = (trained.release / CARD).read_text("utf-8").partition("## The form for LiteRT")[2]
    assert "| int8 | " in section


def test_a_later_comparison_takes_the_place_of_the_earlier(trained: Trained, tmp_path: Path) -> None:
    copy = load(Path(shutil.copytree(trained.release, tmp_path / "release")))
    before = (copy.folder / CARD).read_text("utf-8").partition("\n\n## The form for LiteRT")[0]
    write_section(copy, FormScores(7, 2.5, 2.75, 0.875))
    write_section(copy, FormScores(8, 2.0, 2.25, 0.5))
    card = (copy.folder / CARD).read_text("utf-8")
    assert card.startswith(before)
    assert (card.count("## The form for LiteRT"), "2.7500" in card, "| int8 | 2.2500 |" in card) == (1, False, True)
    assert "50.0% of the time" in card


def test_another_corpus_is_refused(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "other.jsonl").write_text('{"text": "Снег"}\n', "utf-8")
    done = model("lite", trained.release, "--corpus", tmp_path / "other.jsonl", check=False)
    assert (done.returncode, "is not the corpus that" in done.stderr) == (1, True)
