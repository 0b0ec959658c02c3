"""Templates of self-contained pages: everything is escaped, and the browser may run only our scripts."""

import base64
import hashlib
from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from model.html.numbers import duration, number, percent, short


@cache
def environment(package: str) -> Environment:
    """Return the templates of a package together with the shared ones."""
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
    """Return the hash by which a Content-Security-Policy allows a script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"
