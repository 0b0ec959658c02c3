"""Collecting texts from the web: a subcommand a site, all with the same manners and one line of progress."""

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

    # Goes on from where the collection stands; after each step that is kept, gives a short word of where it is.
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
        help="the day to begin with (default: where the file stands; yesterday for a new one)",
    )
    parser.add_argument(
        "--until", default="2000/01/01", metavar="YYYY/MM/DD", help="the day to end with, an earlier one (%(default)s)"
    )
    parser.add_argument("--site", default="https://stihi.ru", metavar="URL", help="(default: %(default)s)")
    parser = _site(sites, vk, robots=False)
    wall = parser.add_mutually_exclusive_group(required=True)
    wall.add_argument("--owner", type=int, metavar="-NUMBER", help="the community's number, with its minus")
    wall.add_argument("--domain", default="", metavar="NAME", help="the community's short name, in place of its number")
    parser.add_argument("--api", default="https://api.vk.com", metavar="URL", help="(default: %(default)s)")
    parser = _site(sites, reddit)
    parser.add_argument("--subreddit", action="append", required=True, metavar="NAME", help="may be given repeatedly")
    parser.add_argument(
        "--time", required=True, metavar="FILTER", help="the top of the hour, day, week, month, year, all"
    )
    parser.add_argument("--site", default="https://www.reddit.com", metavar="URL", help="(default: %(default)s)")
    parser.add_argument("--api", default="https://oauth.reddit.com", metavar="URL", help="(default: %(default)s)")


def stihi(options: argparse.Namespace) -> "Collector":
    """Poems of stihi.ru, day by day, downwards."""
    from model.corpus.collectors import stihi as site

    settings = site.settings(options.site, options.first, options.until)
    return lambda fetcher, collection: site.collect(fetcher, collection, settings)


def vk(options: argparse.Namespace) -> "Collector":
    """Texts of a community's wall on VK; the environment variable VK_TOKEN holds the token."""
    from model.corpus.collectors import vk as site

    settings = site.VkSettings(os.environ.get(site.TOKEN, ""), options.owner, options.domain, options.api)
    return lambda fetcher, collection: site.collect(fetcher, collection, settings)


def reddit(options: argparse.Namespace) -> "Collector":
    """Titles of subreddits' top submissions; the variables REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET open the API."""
    from model.corpus.collectors import reddit as site

    client_id, secret = os.environ.get(site.CLIENT_ID, ""), os.environ.get(site.CLIENT_SECRET, "")
    settings = site.RedditSettings(tuple(options.subreddit), options.time, client_id, secret, options.site, options.api)
    options.robots = not settings.has_credentials  # robots.txt speaks of the site, not of the API
    return lambda fetcher, collection: site.collect(fetcher, collection, settings)


def _site(
    sites: "Commands", collector: Callable[[argparse.Namespace], "Collector"], *, robots: bool = True
) -> argparse.ArgumentParser:
    """Declare a site by the function that makes its collector, which gives the name and the help."""
    parser = sites.add_parser(collector.__name__, help=collector.__doc__, description=collector.__doc__)
    parser.set_defaults(command=collect, collector=collector, robots=robots)
    parser.add_argument("--out", type=Path, required=True, metavar="NAME.sqlite", help="the file to go on with")
    parser.add_argument("--contact", required=True, help="your e-mail address or page, for the owner of the site")
    parser.add_argument("--delay", type=float, default=1.0, help="seconds between two requests (default: %(default)s)")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds for one answer (default: %(default)s)")
    return parser


def collect(options: argparse.Namespace) -> None:
    """Collect until there is no more, or until stopped. The same command goes on from there."""
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
            progress.say("stopped; the same command goes on from here")
            raise
        finally:
            progress.end()


def _check(options: argparse.Namespace) -> None:
    if not _CONTACT.fullmatch(options.contact):
        raise ModelError("--contact must be an e-mail address or the address of a page, such as you@example.org")
    for name, (least, most) in BOUNDS.items():
        if not least <= getattr(options, name) <= most:
            raise ModelError(f"--{name} must be from {least:g} to {most:g} seconds")
    if options.out.suffix != ".sqlite":
        raise ModelError(f"--out {options.out}: the name must end with .sqlite")
