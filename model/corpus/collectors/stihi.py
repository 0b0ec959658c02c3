"""The poems of stihi.ru, day by day, downwards from a bookmark. What the site answers is in docs/sites.md."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from model.corpus.collection import Collection
from model.corpus.collectors.addresses import check_address
from model.corpus.collectors.fetching import Fetcher, GaveUpError, Page
from model.corpus.collectors.markup import UnreadableError
from model.corpus.collectors.robots import ForbiddenError
from model.corpus.collectors.stihi_pages import MAX_NUMBER, Address, list_parameters, look, read_list, read_poem
from model.corpus.collectors.stihi_walk import Bookmark, Phase, after, enter
from model.corpus.texts import Text
from model.errors import ModelError

FIRST_DAY = date(2000, 1, 1)  # the site's year of birth
MAX_BARREN = 1000  # pages in a row without a poem
MAX_UNREADABLE = 100  # pages in a row that are neither a poem nor known to be missing
LAST_DASH, FIRST_SLASH = date(2006, 8, 27), date(2007, 12, 28)  # that were seen; between them it is tried out
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class StihiSettings:
    """Which days of which site."""

    site: str
    first: date | None  # None: where the collection stands, or yesterday
    until: date


def settings(site: str, first: str | None, until: str) -> StihiSettings:
    """Check what a user says; days as YYYY/MM/DD."""
    parts = check_address(site)
    if parts.path.strip("/") or parts.query:
        raise ModelError(f"--site {site}: expected an address such as https://stihi.ru")
    begin, end = (_day(first) if first else None), _day(until)
    if begin and not end <= begin <= _today():
        raise ModelError(f"--from {first}: expected a day from {until} to today, as the walk goes downwards")
    return StihiSettings(f"{parts.scheme}://{parts.netloc}", begin, end)


def _day(given: str) -> date:
    try:
        day = datetime.strptime(given, "%Y/%m/%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise ModelError(f"{given}: expected a day as YYYY/MM/DD") from None
    if day < FIRST_DAY:
        raise ModelError(f"{given}: the site has no poems before {FIRST_DAY:%Y/%m/%d}")
    return day


def _today() -> date:
    return (datetime.now(UTC) + timedelta(hours=3)).date()  # in Moscow


@dataclass(frozen=True)
class Mark:
    """A place on the way."""

    day: date
    place: Bookmark = field(default_factory=Bookmark)
    dash: bool | None = None  # which form the day's addresses have; None while it is not known
    unread: tuple[tuple[int, bool], ...] = ()  # pages of the day to try once more: number, dash


@dataclass(frozen=True)
class Stand:
    """What the collection keeps of the walk after each step."""

    begun: date  # the first day, which tells the same command from another
    mark: Mark
    fertile: Mark  # where the last poem was found
    barren: int = 0  # pages since
    unreadable: int = 0  # of these, not known to be missing
    gave_up: bool = False  # on the last page


@dataclass(frozen=True)
class _Found:
    """What a page holds: a poem, or nothing, or why that cannot be told."""

    text: Text | None = None
    why: str = ""
    gave_up: bool = False

    @property
    def alive(self) -> bool | None:
        return None if self.why else self.text is not None

    @property
    def texts(self) -> list[Text]:
        return [self.text] if self.text and self.text.text.strip() else []


def collect(fetcher: Fetcher, collection: Collection, settings: StihiSettings) -> Iterator[str]:
    """Yield after each page. ModelError where the site gives no more, or has become another."""
    collection.begin({"site": settings.site})
    walk = _Walk(fetcher, collection, settings.site)
    stand = _enter(collection.position, settings.first)
    while stand.mark.day >= settings.until:
        stand = walk.step(stand)
        yield f"{stand.mark.day:%Y/%m/%d}/{stand.mark.place.number}"


def _enter(position: Mapping[str, Any], first: date | None) -> Stand:
    """Go on where the collection stands, unless another first day is asked for."""
    stand = _load(position) if position else None
    if stand and first in {None, stand.begun}:
        return stand
    day = first or _today() - _DAY
    return Stand(day, Mark(day), Mark(day))


class _Walk:
    def __init__(self, fetcher: Fetcher, collection: Collection, site: str) -> None:
        self._fetcher = fetcher
        self._collection = collection
        self._site = site
        self._missing: tuple[object, ...] | None = None  # how the page of a poem looks that there cannot be

    def step(self, stand: Stand) -> Stand:
        """Make one step and keep what it brings."""
        steps = {Phase.LIST: self._begin_day, Phase.DONE: self._end_day}
        return steps.get(stand.mark.place.phase, self._try_number)(stand)

    def _begin_day(self, stand: Stand) -> Stand:
        """Ask the day's list for the last number. The day goes on without an answer."""
        day, listed, gave_up = stand.mark.day, None, False
        try:
            listed = read_list(self._fetcher.get(f"{self._site}/poems/list.html", list_parameters(day)), day)
        except ForbiddenError:
            pass
        except GaveUpError:
            if stand.gave_up:
                raise
            gave_up = True
        dash = listed.dash if listed else _known_form(day)
        place = enter(listed.top if listed else None, MAX_NUMBER - 1)
        return self._keep(replace(stand, mark=Mark(day, place, dash), gave_up=gave_up))

    def _try_number(self, stand: Stand) -> Stand:
        mark, found = stand.mark, _Found()
        address = Address(mark.day, mark.place.number, dash=bool(mark.dash))
        for dash in [False, True] if mark.dash is None else [mark.dash]:
            address = replace(address, dash=dash)
            found = self._visit(address, stand)
            if found.alive is not False:
                break
        place = after(mark.place, found.alive)
        if found.alive:
            mark = replace(mark, place=place, dash=address.dash)
            return self._keep(Stand(stand.begun, mark, mark), found)
        unread = ((address.number, address.dash),) if found.why else ()
        mark = replace(mark, place=place, unread=(*mark.unread, *unread))
        unreadable = stand.unreadable + len(unread)
        stand = replace(stand, mark=mark, barren=stand.barren + 1, unreadable=unreadable, gave_up=found.gave_up)
        self._stop_where_nothing_grows(stand, f"{self._site}{address.path}: {found.why}")
        return self._keep(stand)

    def _end_day(self, stand: Stand) -> Stand:
        """Try the pages that could not be read once more, one a step; then go to the day before."""
        mark = stand.mark
        if not mark.unread:
            return self._keep(replace(stand, mark=Mark(mark.day - _DAY)))
        address = Address(mark.day, *mark.unread[0])
        found = self._visit(address, stand)
        stand = replace(stand, mark=replace(mark, unread=mark.unread[1:]), gave_up=found.gave_up)
        return self._keep(stand, found, {f"{self._site}{address.path}": found.why} if found.why else {})

    def _visit(self, address: Address, stand: Stand) -> _Found:
        """Look at a page. GaveUpError where the server failed to give the page before it, too."""
        url = f"{self._site}{address.path}"
        if self._collection.has(url):
            return _Found(Text("", url=url))
        try:
            page = self._fetcher.get(url)
            try:
                return _Found(read_poem(page, address, url))
            except UnreadableError as error:
                return _Found() if self._looks_missing(page, address) else _Found(why=str(error))
        except ForbiddenError as error:
            if error.url == url:
                raise
            return _Found(why=str(error))
        except GaveUpError as error:
            if stand.gave_up:
                raise
            return _Found(why=str(error), gave_up=True)

    def _looks_missing(self, page: Page, address: Address) -> bool:
        """Compare a page with one that cannot exist: nobody knows how today's site says that there is no poem."""
        if self._missing is None:
            nowhere = replace(address, number=MAX_NUMBER)
            self._missing = look(self._fetcher.get(f"{self._site}{nowhere.path}"))
        return look(page) == self._missing

    def _stop_where_nothing_grows(self, stand: Stand, last: str) -> None:
        """Stop where the site seems to have changed, with the walk back at the last poem: nothing is passed over."""
        place = f"{stand.mark.day:%Y/%m/%d}/{stand.mark.place.number}"
        if stand.unreadable >= MAX_UNREADABLE:
            why = f"{stand.unreadable} pages with neither a poem nor a word that it is missing, the last {last}"
        elif stand.barren >= MAX_BARREN:
            why = f"no poem on {stand.barren} pages in a row, down to {place}; where that is right, go on with --from"
        else:
            return
        self._keep(Stand(stand.begun, stand.fertile, stand.fertile))
        raise ModelError(f"{why}. Has the site changed? The same command tries again from the last poem found")

    def _keep(self, stand: Stand, found: _Found = _Found(), lost: Mapping[str, str] | None = None) -> Stand:
        self._collection.keep(found.texts, _dump(stand), lost)
        return stand


def _known_form(day: date) -> bool | None:
    """Return whether a day's addresses have a dash; None where that is not known."""
    return True if day <= LAST_DASH else False if day >= FIRST_SLASH else None


def _dump(stand: Stand) -> dict[str, Any]:
    return dict(json.loads(json.dumps(asdict(stand), default=str)))


def _load(position: Mapping[str, Any]) -> Stand:
    marks = {name: _load_mark(position[name]) for name in ("mark", "fertile")}
    return Stand(**{**position, **marks, "begun": date.fromisoformat(position["begun"])})


def _load_mark(mark: Mapping[str, Any]) -> Mark:
    place = Bookmark(**mark["place"] | {"phase": Phase(mark["place"]["phase"])})
    unread = tuple((number, dash) for number, dash in mark["unread"])
    return Mark(date.fromisoformat(mark["day"]), place, mark["dash"], unread)
