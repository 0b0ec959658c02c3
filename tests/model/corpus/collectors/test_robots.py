"""robots.txt: whose rules hold, and which rule of them."""

import pytest

from model.corpus.collectors.robots import NOTHING, Rules, parse

ROBOT = "neural-poet-collector"


def allows(text: str, path: str) -> bool:
    return parse(text, ROBOT).allows(f"https://example.org{path}")


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("Disallow: /poems", "/poems/list.html", False),
        ("Disallow: /poems", "/2015/03/03/1", True),
        ("Disallow: /", "/", False),
        ("Disallow:", "/anything", True),
        ("Disallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("Allow: /a\nDisallow: /a", "/a", True),
        ("Disallow: /*?", "/list?day=1", False),
        ("Disallow: /*?", "/list", True),
        ("Disallow: /*.html$", "/list.html", False),
        ("Disallow: /*.html$", "/list.html?day=1", True),
        ("Disallow: /a*b*c", "/a-b-c", False),
        ("Disallow: /a*b*c", "/a-c-b", True),
        ("Disallow: /ab*ba$", "/aba", True),
        ("Disallow: /only$", "/only", False),
        ("Disallow: /only$", "/only/more", True),
        ("Disallow: /%d1%8f", "/я", False),
        ("Disallow: /я", "/%D1%8F", False),
        ("Disallow: /A", "/a", True),
    ],
)
def test_a_rule_covers_a_path(rules: str, path: str, allowed: bool) -> None:  # noqa: FBT001
    assert allows(f"User-agent: *\n{rules}", path) is allowed


def test_a_group_that_names_the_robot_stands_alone() -> None:
    text = "User-agent: *\nDisallow: /\n\nUser-agent: other\nUser-Agent: Neural-Poet-Collector/1.0\nDisallow: /a\n"
    assert allows(text, "/b")
    assert not allows(text, "/a")


def test_groups_of_one_robot_are_joined() -> None:
    text = "User-agent: *\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: *\nDisallow: /b"
    assert [allows(text, path) for path in ("/a", "/b", "/c")] == [False, False, True]


def test_a_group_without_rules_allows_all() -> None:
    assert allows("User-agent: *\nDisallow: /\nUser-agent: neural-poet-collector\n", "/a")


@pytest.mark.parametrize("text", ["", "<html>Disallow: /</html>", "Disallow: /", "\0\0\xff", "User-agent\nDisallow: /"])
def test_what_is_no_rule_forbids_nothing(text: str) -> None:
    assert allows(text, "/a")


@pytest.mark.parametrize(("value", "delay"), [("5", 5.0), ("0.5", 0.5), ("soon", 0.0), ("-1", 0.0), ("nan", 0.0)])
def test_the_crawl_delay_is_read(value: str, delay: float) -> None:
    assert parse(f"\ufeffUser-agent: * # all\nCrawl-Delay: {value} # seconds", ROBOT).delay == delay


def test_many_stars_take_no_time() -> None:
    assert allows("User-agent: *\nDisallow: /" + "*a" * 1000 + "$", "/" + "a" * 999 + "b")


def test_nothing_and_no_rules() -> None:
    assert not NOTHING.allows("https://example.org/")
    assert Rules().allows("https://example.org")
