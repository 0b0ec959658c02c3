"""Templates of self-contained pages: everything is escaped, and the browser is told to run our scripts alone."""

import base64
import hashlib
from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

_MILLION = 1_000_000
_TINY = 0.0005
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@cache
def environment(package: str) -> Environment:
    """Give the templates of a package, with the shared ones beside them."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("model.html")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"number": number, "short": short, "percent": percent, "duration": duration}
    made.globals["script_hash"] = script_hash
    return made


def script_hash(script: str) -> str:
    """Give the hash by which a Content-Security-Policy allows a script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def number(value: float) -> str:
    """Give a number with its thousands parted."""
    return f"{value:,}"


def short(value: int) -> str:
    """Give a number in the space of a tile."""
    return f"{value / _MILLION:,.2f} M" if value >= _MILLION else f"{value:,}"


def percent(share: float) -> str:
    """Give a share as a percentage."""
    return "<0.1 %" if 0 < share < _TINY else f"{100 * share:.1f} %"


def duration(seconds: float) -> str:
    """Give a time in its two largest units, which a line end does not part."""
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
