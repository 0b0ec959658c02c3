"""Collect texts from the web. Each site is a subcommand; all share the options for polite crawling."""

import argparse
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from model.commands.progress import Progress
from model.errors import ModelError

if TYPE_CHECKING:
    from model.commands.common import Commands
    from model.corpus.collection import Collection
    from model.corpus.collectors.fetching import Fetcher

    # Resumes from the position stored in the collection; yields a short description of its position after each step.
    Collector = Callable[[Fetcher, Collection], Iterator[str]]

BOUNDS = {"delay": (0.0, 3600.0), "timeout": (0.1, 3600.0)}  # seconds
_CONTACT = re.compile(r"https?://[!-~]{3,180}|[!-;=?A-~]{1,90}@[A-Za-z0-9.-]{1,90}\.[A-Za-z0-9-]{2,24}")


def add(commands: "Commands") -> None:
    """Declare the command and its sites."""
    parser = commands.add_parser("collect", help="Collect texts from the web.", description=__doc__)
    sites = parser.add_subparsers(required=True, metavar="SITE")
    parser = _site(sites, stihi)
    parser.add_argument(
        "--from",
        dest="first",
        metavar="YYYY/MM/DD",
        help="the first day to collect (default: where the file stopped; yesterday for a new one)",
    )
    parser.add_argument(
        "--until",
        default="2000/01/01",
        metavar="YYYY/MM/DD",
        help="the last, earlier day to collect (default: %(default)s)",
    )
    parser.add_argument("--site", default="https://stihi.ru", metavar="URL", help="(default: %(default)s)")
    parser = _site(sites, vk, robots=False)
    wall = parser.add_mutually_exclusive_group(required=True)
    wall.add_argument("--owner", type=int, metavar="-NUMBER", help="the community's number, including the minus sign")
    wall.add_argument("--domain", default="", metavar="NAME", help="the community's short name, instead of its number")
    parser.add_argument("--api", default="https://api.vk.com", metavar="URL", help="(default: %(default)s)")
    parser = _site(sites, reddit)
    parser.add_argument("--subreddit", action="append", required=True, metavar="NAME", help="may be given repeatedly")
    parser.add_argument(
        "--time", required=True, metavar="FILTER", help="period of the top list: hour, day, week, month, year or all"
    )
    parser.add_argument("--site", default="https://www.reddit.com", metavar="URL", help="(default: %(default)s)")
    parser.add_argument("--api", default="https://oauth.reddit.com", metavar="URL", help="(default: %(default)s)")


def stihi(options: argparse.Namespace) -> "Collector":
    """Poems from stihi.ru, day by day, backwards in time."""
    from model.corpus.collectors import stihi as site

    settings = site.settings(options.site, options.first, options.until)
    return lambda fetcher, collection: site.collect(fetcher, collection, settings)


def vk(options: argparse.Namespace) -> "Collector":
    """Texts from a VK community's wall. The environment variable VK_TOKEN must hold the token."""
    from model.corpus.collectors import vk as site

    settings = site.VkSettings(os.environ.get(site.TOKEN, ""), options.owner, options.domain, options.api)
    return lambda fetcher, collection: site.collect(fetcher, collection, settings)


def reddit(options: argparse.Namespace) -> "Collector":
    """Titles of subreddits' top posts. REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET in the environment enable the API."""
    from model.corpus.collectors import reddit as site

    client_id, secret = os.environ.get(site.CLIENT_ID, ""), os.environ.get(site.CLIENT_SECRET, "")
    settings = site.RedditSettings(tuple(options.subreddit), options.time, client_id, secret, options.site, options.api)
    options.robots = not settings.has_credentials  # robots.txt applies to the site, not to the API
    return lambda fetcher, collection: site.collect(fetcher, collection, settings)


def _site(
    sites: "Commands", collector: Callable[[argparse.Namespace], "Collector"], *, robots: bool = True
) -> argparse.ArgumentParser:
    """Declare the site whose collector the function creates; the function's name and docstring are the subcommand's."""
    parser = sites.add_parser(collector.__name__, help=collector.__doc__, description=collector.__doc__)
    parser.set_defaults(command=collect, collector=collector, robots=robots)
    parser.add_argument("--out", type=Path, required=True, metavar="NAME.sqlite", help="the file to create or extend")
    parser.add_argument("--contact", required=True, help="your e-mail address or web page, shown to the site's owner")
    parser.add_argument("--delay", type=float, default=1.0, help="seconds between requests (default: %(default)s)")
    parser.add_argument("--timeout", type=float, default=60.0, help="time limit of a request (default: %(default)s)")
    return parser


def collect(options: argparse.Namespace) -> None:
    """Collect until there is nothing left, or until stopped. The same command resumes."""
    from model.corpus.collection import open_collection
    from model.corpus.collectors.fetching import Fetcher, Manners

    _check(options)
    collector = options.collector(options)
    with open_collection(options.out) as collection:
        where, begun, before = ["beginning"], time.monotonic(), collection.count

        def line() -> str:
            rate = fetcher.requests / max(time.monotonic() - begun, 1e-9)
            found, lost = collection.count - before, collection.unread
            unread = f" · {lost} pages could not be read" if lost else ""
            return (
                f"{collection.count} texts (+{found}){unread} · {fetcher.requests} requests, {rate:.2f}/s · {where[0]}"
            )

        progress = Progress(line)
        manners = Manners(options.contact, options.delay, max_seconds=options.timeout)
        fetcher = Fetcher(manners, progress.say, robots=options.robots)
        try:
            for where[0] in collector(fetcher, collection):
                progress.step()
            where[0] = "done"
        except KeyboardInterrupt:
            progress.say("stopped; run the same command to resume")
            raise
        finally:
            progress.end()


def _check(options: argparse.Namespace) -> None:
    if not _CONTACT.fullmatch(options.contact):
        raise ModelError("--contact must be an e-mail address or a web address, such as you@example.org")
    for name, (least, most) in BOUNDS.items():
        if not least <= getattr(options, name) <= most:
            raise ModelError(f"--{name} must be from {least:g} to {most:g} seconds")
    if options.out.suffix != ".sqlite":
        raise ModelError(f"--out {options.out}: the name must end in .sqlite")
