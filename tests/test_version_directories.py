"""The parts that read version directories may not import each other; here they agree on what they see."""

from pathlib import Path

import pytest

from deploy import versions as deployed
from model.files import folder as exported
from serving import versions as served


@pytest.mark.parametrize(
    ("names", "newest"),
    [
        ([], 0),
        (["2", "10"], 10),
        (["3", "00000123", "new-4", "v5", "-6", "7.0", " 8", "1e3"], 123),
        (["1700000000", str(served.MAX_VERSION)], served.MAX_VERSION),
    ],
)
def test_a_decimal_name_is_a_version_and_the_highest_is_the_newest(
    tmp_path: Path, names: list[str], newest: int
) -> None:
    for name in names:
        (tmp_path / name).mkdir()
    found = served.scan(tmp_path)
    assert (served.VersionPolicy().choose(found) or [0]) == [newest]
    assert exported.newest_version(tmp_path) == newest
    assert deployed.newest_version(tmp_path) == newest
