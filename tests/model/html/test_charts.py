"""Charts: axes whose names are round, lines that lose no peak, and data that is missing or no number."""

import math

import pytest

from model.html import scales
from model.html.charts import HEIGHT, MOST_POINTS, WIDTH, Bar, Chart, Series, draw, finite, smooth, thin


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


def bars(*values: int, **options: object) -> Chart:
    return chart(bars=[Bar(i, i, value, f"{i} lines") for i, value in enumerate(values, 1)], **options)


def test_bars_stand_side_by_side_on_zero_and_the_highest_is_not_cut_off() -> None:
    drawn = draw(bars(*[1] * 38, 1000, 500))
    assert not drawn.cut
    assert drawn.y.low == 0
    assert [outline for _, outline in drawn.bars][-2:] == [
        f"M1904 {HEIGHT}v-{HEIGHT}h42V{HEIGHT}z",
        f"M1954 {HEIGHT}v-{HEIGHT // 2}h42V{HEIGHT}z",
    ]


def test_a_bar_among_thousands_of_places_is_seen() -> None:
    drawn = draw(chart(bars=[Bar(1, 1, 2, "1"), Bar(5000, 5000, 2, "5,000")]))
    assert all(f"h4V{HEIGHT}z" in outline for _, outline in drawn.bars)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 11, 13, 60])
def test_axes_of_bars_name_whole_numbers(count: int) -> None:
    drawn = draw(bars(*range(1, count + 1)))
    for scale in (drawn.x, drawn.y):
        names = [name for _, name in scale.ticks()]
        assert names
        assert all(name.isdecimal() for name in names)


def test_thousands_of_years_are_not_parted() -> None:
    drawn = draw(chart(bars=[Bar(year, year, 1, f"{year}") for year in (1900, 1901)], years=True))
    assert [name for _, name in drawn.x.ticks()] == ["1900", "1901"]


def test_bars_are_named_for_the_pointer_and_in_words() -> None:
    drawn = draw(bars(3, 0, 5))
    assert drawn.data["names"] == ["1 lines", "2 lines", "3 lines"]
    assert drawn.data["series"][0]["y"] == [3, 0, 5]
    assert "3 bars, 1 lines to 3 lines" in drawn.words


def test_an_empty_chart_says_so() -> None:
    assert draw(chart()).empty
    assert draw(chart(Series("a", []))).empty
