"""Formatting of numbers and times, the same in every chart, tile and table."""

_MILLION = 1_000_000
_TINY = 0.0005
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def number(value: float, figures: int = 4) -> str:
    """Return a number with separated thousands and at most this many significant figures."""
    if abs(value) >= 10 ** (figures - 1):
        return f"{value:,.0f}"
    return f"{value:,.{figures}g}".replace("e-0", "e-")


def short(value: float, figures: int = 4) -> str:
    """Return a number short enough for a tile."""
    return f"{number(value / _MILLION, figures)} M" if abs(value) >= _MILLION else number(value, figures)


def percent(share: float) -> str:
    """Return a share as a percentage."""
    return "<0.1 %" if 0 < share < _TINY else f"{100 * share:.1f} %"


def duration(seconds: float) -> str:
    """Return a time in its two largest units, joined by no-break spaces."""
    whole = int(seconds)
    if whole < _MINUTE:
        words = f"{whole} s"
    elif whole < _HOUR:
        words = f"{whole // _MINUTE} min {whole % _MINUTE} s"
    elif whole < _DAY:
        words = f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    else:
        words = f"{whole // _DAY} d {whole % _DAY // _HOUR} h"
    return words.replace(" ", "\N{NO-BREAK SPACE}")
