"""The card of a release."""

from tests.conftest import Trained


def test_every_figure_stands_under_its_name(trained: Trained) -> None:
    card = (trained.release / "MODEL_CARD.md").read_text("utf-8")
    head, line, row = card[card.index("| part |") :].splitlines()[:3]
    assert head.count("|") == line.count("|") == row.count("|")
    assert head.endswith("| bits per char |")
