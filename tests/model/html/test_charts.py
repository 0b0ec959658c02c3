"""Charts: axes whose names are round, lines that lose no peak, and data that is missing or no number."""

import math

import pytest

from model.html import scales
from model.html.charts import HEIGHT, MOST_POINTS, WIDTH, Chart, Series, draw, finite, smooth, thin


def chart(*series: Series, **options: object) -> Chart:
    return Chart("loss", "Loss", "A sentence.", "nats", series, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([0.0, 1.0], ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        ([2.13, 7.9], ["2", "4", "6", "8"]),
        ([0.0, 43_000.0], ["0", "10,000", "20,000", "30,000", "40,000", "50,000"]),
        ([0.0, 4.1e7], ["0", "10 M", "20 M", "30 M", "40 M", "50 M"]),
        ([1.5e-5, 2.5e-5], ["1.5e-5", "1.75e-5", "2e-5", "2.25e-5", "2.5e-5"]),
        ([5.8415, 5.8417], ["5.8415", "5.84155", "5.8416", "5.84165", "5.8417"]),
    ],
)
def test_an_axis_has_round_names(values: list[float], names: list[str]) -> None:
    assert [name for _, name in scales.linear(values).ticks()] == names


@pytest.mark.parametrize(
    "values",
    [
        [],
        [0.0],
        [0.0, 5e-324],
        [3.0],
        [-2.0],
        [5.0, 5.0],
        [-1e14, 1e14],
        [1e-12, 2e-12],
        [1e-300, 1e10],
        [-1e308, 1e308],
        [1.0, 1 + 1e-15],
    ],
)
def test_any_values_have_an_axis_with_names(values: list[float]) -> None:
    linear = (scales.linear(values), scales.linear(values, from_zero=True), scales.exact(values))
    assert all(len({name for _, name in scale.ticks()}) >= 2 for scale in linear)
    for scale in (*linear, scales.logarithmic(values)):
        ticks = scale.ticks()
        assert ticks
        assert all(0 <= place <= 1 for place, _ in ticks)
        assert all(0 <= scale.place(value) <= 1 for value in values)


def test_a_logarithmic_axis_names_decades() -> None:
    scale = scales.logarithmic([1e-5, 1e-1])
    assert [name for _, name in scale.ticks()] == ["1e-5", "0.0001", "0.001", "0.01", "0.1"]
    assert scale.place(1e-3) == pytest.approx(0.5)


def test_a_few_values_far_above_the_others_are_cut_off_and_that_is_said() -> None:
    calm = [(float(i), 3.0 + i % 2) for i in range(100)]
    wild = [*calm[:50], (50.5, 1e9), *calm[50:]]
    assert not draw(chart(Series("a", list(calm)))).cut
    drawn = draw(chart(Series("a", list(wild))))
    assert drawn.cut
    assert drawn.y.high < 20


def test_a_long_line_is_thinned_and_keeps_its_peaks_and_gaps() -> None:
    points: list[tuple[float, float | None]] = [(float(i), math.sin(i / 500)) for i in range(10_000)]
    points[1234], points[7777], points[5000] = (1234.0, 9.0), (7777.0, -9.0), (5000.0, None)
    kept = thin(points)
    assert len(kept) <= MOST_POINTS * 1.01
    assert {points[1234], points[7777], points[5000]} <= set(kept)
    assert [x for x, _ in kept] == sorted(x for x, _ in kept)


def test_a_gap_parts_a_line_and_a_lone_point_is_seen() -> None:
    line = draw(chart(Series("a", [(0.0, 1.0), (1.0, 2.0), (2.0, None), (3.0, 2.0)]))).lines[0]
    assert len(line.parts) == 2
    assert line.parts[1] == f"{WIDTH},0 {WIDTH},0"
    assert line.parts[0].startswith(f"0,{HEIGHT} ")


def test_the_mean_of_neighbours_leaves_out_gaps_and_keeps_a_slope() -> None:
    slope: list[tuple[float, float | None]] = [(float(i), float(i)) for i in range(20)]
    assert smooth(slope, 7) == slope
    assert smooth([(0.0, 1.0), (1.0, None), (2.0, 3.0), (3.0, None), (4.0, 8.0)], 5)[2] == (2.0, 4.0)
    assert smooth([(0.0, 1.0), (1.0, None)], 3)[1] == (1.0, None)


@pytest.mark.parametrize("given", [None, math.nan, math.inf, -math.inf, 1e300])
def test_what_is_no_number_is_not_drawn(given: float | None) -> None:
    assert finite(given) is None


def test_faint_lines_share_the_colour_of_the_line_they_belong_to() -> None:
    line = [(0.0, 1.0), (1.0, 2.0)]
    drawn = draw(chart(Series("rows", list(line), "faint"), Series("mean", list(line)), Series("other", list(line))))
    assert [one.look for one in drawn.lines] == ["c0 d0", "c0 d0", "c1 d0"]
    assert [one["name"] for one in drawn.data["series"]] == ["mean", "other"]


def test_colours_come_again_with_dashes() -> None:
    drawn = draw(chart(*(Series(str(i), [(0.0, 1.0)]) for i in range(10))))
    assert [one.look for one in drawn.lines][7:] == ["c7 d0", "c0 d1", "c1 d1"]


def test_an_empty_chart_says_so() -> None:
    assert draw(chart()).empty
    assert draw(chart(Series("a", []))).empty
