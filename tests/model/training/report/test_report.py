"""The report of a run: what it says, and that nothing in a history breaks it."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from model.html.numbers import duration
from model.training.report.report import write_report
from tests.model.training.report.made_up import history

EVIL = "<script>window.bad = 1</script><img src=x onerror='window.bad = 1'>\" onclick=\"window.bad = 1"
SPACE = "\N{NO-BREAK SPACE}"


@pytest.fixture
def written(tmp_path: Path) -> Any:
    """Return a function that writes the page of a history and reads it."""

    def write(given: dict[str, Any]) -> str:
        write_report(given, tmp_path / "report.html")
        return (tmp_path / "report.html").read_text("utf-8")

    return write


def tiles(page: str) -> dict[str, str]:
    return dict(re.findall(r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>", page))


def test_the_head_names_the_figures_that_matter(written: Any) -> None:
    run = history()
    run["epochs"][-1]["validation_bits_per_char"] = 0.1  # fewer, though its weights are not kept
    best = run["epochs"][6]
    page = written(run)
    shown = tiles(page)
    bits = shown["validation bits per character at epoch 7, the one kept"]
    assert bits == f"{best['validation_bits_per_char']:.4f}"
    assert shown["parameters"] == "4.613 M"
    assert shown["tokens seen"] == f"{8000 * 4096 / 1e6:.4g} M"
    assert shown["of training"] == f"1{SPACE}h{SPACE}36{SPACE}min"
    assert "Epoch 10 of 12, step 8,000 of 10,656" in page


def test_a_run_that_goes_on_reloads_itself_and_a_finished_one_does_not(written: Any) -> None:
    assert '<button type="button" class="reload"' in written(history())
    page = written(history(finished=True))
    assert '<button type="button" class="reload"' not in page
    assert f"Finished after 9 epochs in 1{SPACE}h{SPACE}36{SPACE}min." in page


def test_the_page_needs_nothing_but_itself(written: Any) -> None:
    page = written(history())
    assert not re.search(r"""(?:src|href|url)\s*[=(]|https?:""", re.sub(r"(?s)<script>.*?</script>", "", page))
    assert "default-src 'none'" in page


def test_whatever_a_history_says_is_escaped(written: Any) -> None:
    run = history(finished=True)
    run["name"] = EVIL
    run["preset"][EVIL] = {EVIL: EVIL}
    run["samples"][-1] |= {"text": EVIL, "prompt": EVIL}
    run["collapse"][-1]["warning"] = EVIL
    run["steps"][-1]["updates"][EVIL] = 1e-3
    page = written(run)
    assert page.count("<script") == 3
    assert "<img" not in page
    assert '" onclick="window' not in page
    assert "&lt;script&gt;window.bad = 1&lt;/script&gt;" in page


SPARSE: dict[str, dict[str, Any]] = {
    "empty": {},
    "no rows": history(0, 0),
    "one step": history(1, 0),
    "no epochs": history(50, 0),
    "one epoch": history(30, 1),
    "no numbers": history(1, 0)
    | {
        "steps": [row | {"loss": math.nan, "updates": {"lstm": math.inf}} for row in history(3, 1)["steps"]],
        "epochs": [row | {"validation_bits_per_char": math.inf} for row in history(3, 1)["epochs"]],
    },
}


@pytest.mark.parametrize("run", SPARSE.values(), ids=SPARSE.keys())
@pytest.mark.parametrize("finished", [True, False])
def test_any_history_has_a_page(written: Any, run: dict[str, Any], finished: bool) -> None:  # noqa: FBT001  a case
    page = written(run | {"finished": finished})
    assert page.rstrip().endswith("</html>")
    charts = re.search(r'id="charts">(.*?)</script>', page)
    assert charts is not None
    json.loads(charts[1], parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_a_history_that_was_read_from_a_file_looks_the_same(written: Any) -> None:
    run = history(30, 2)
    run["steps"][3]["loss"] = math.nan
    again = json.loads(json.dumps(run))
    assert tiles(written(run)) == tiles(written(again))


def test_many_rows_make_a_page_that_stays_small(written: Any) -> None:
    few, many = (len(written(history(rows, layers=tuple("abcdefgh")))) for rows in (1000, 10_000))
    assert many < 1.2 * few
    assert many < 600_000


def test_samples_come_newest_first_and_show_their_own_words(written: Any) -> None:
    page = written(history())
    steps = [int(step.replace(",", "")) for step in re.findall(r'class="moment".*?data-step="([\d,]+)"', page)]
    assert steps == sorted(steps, reverse=True)
    assert len(steps) == 12
    firsts = re.findall(r'class="first".*?>(.*?)</span>', page)
    assert firsts[0] == "Я помню дом и тихий свет,"
    assert firsts[-1] == "о о и и о"


@pytest.mark.parametrize(("prompt_break", "shown"), [(True, "Чай</span>"), (False, "Чай</span> остыл")])
def test_a_sample_goes_on_as_the_network_read_its_prompt(written: Any, prompt_break: bool, shown: str) -> None:  # noqa: FBT001  a case
    run = history(3, 1)
    run["preset"]["prompt_break"] = prompt_break
    run["samples"] = [{"step": 1, "temperature": 0.5, "prompt": "Чай", "text": " остыл"}]
    assert ("Чай\n</span> остыл" if prompt_break else shown) in written(run)


def test_a_warning_about_the_newest_samples_stands_at_the_top(written: Any) -> None:
    run = history()
    assert 'class="warning"' not in written(run)
    run["collapse"][-1]["warning"] = "half of it repeats"
    page = written(run)
    assert page.index('class="warning"') < page.index("<main>")
    assert "half of it repeats" in page


def test_the_epoch_whose_weights_are_kept_is_marked(written: Any) -> None:
    rows = re.findall(r'<tr class="kept"><td>(\d+)', written(history()))
    assert rows == ["7"]


def test_a_report_stays_whole_when_the_next_one_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.html"
    write_report(history(3, 1), path)
    before = path.read_bytes()

    def full(path: Path, text: str, *_: object) -> int:
        path.write_bytes(text[: len(text) // 2].encode())
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        write_report(history(30, 1), path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59.9, "59 s"), (61, "1 min 1 s"), (7260, "2 h 1 min"), (90_000, "1 d 1 h")]
)
def test_a_time_is_told_in_two_units(seconds: float, words: str) -> None:
    assert duration(seconds).replace(SPACE, " ") == words
