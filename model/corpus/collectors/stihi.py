"""The poems of stihi.ru, day by day, backwards in time from a stored position. Its responses are in docs/sites.md."""

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

FIRST_DAY = date(2000, 1, 1)  # the site's first year
MAX_BARREN = 1000  # pages in a row without a poem
MAX_UNREADABLE = 100  # pages in a row that are neither a poem nor known to be missing
LAST_DASH, FIRST_SLASH = date(2006, 8, 27), date(2007, 12, 28)  # as observed; between them both forms are tried
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class StihiSettings:
    """The site and the range of days."""

    site: str
    first: date | None  # None: the stored position, or yesterday
    until: date


def settings(site: str, first: str | None, until: str) -> StihiSettings:
    """Validate the user's settings; days are YYYY/MM/DD."""
    parts = check_address(site)
    if parts.path.strip("/") or parts.query:
        raise ModelError(f"--site {site}: expected an address such as https://stihi.ru")
    begin, end = (_day(first) if first else None), _day(until)
    if begin and not end <= begin <= _today():
        raise ModelError(f"--from {first}: expected a day from {until} to today, as days are read backwards")
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
    """A position: a day and the bookmark within it."""

    day: date
    place: Bookmark = field(default_factory=Bookmark)
    dash: bool | None = None  # the form of the day's URLs; None while unknown
    unread: tuple[tuple[int, bool], ...] = ()  # pages of the day to retry: number, dash


@dataclass(frozen=True)
class State:
    """The state of the walk, stored in the collection after each step."""

    begun: date  # the first day, which distinguishes one command from another
    mark: Mark
    fertile: Mark  # the position of the last poem
    barren: int = 0  # pages since then
    unreadable: int = 0  # those of them not known to be missing
    gave_up: bool = False  # the last page failed after all retries


@dataclass(frozen=True)
class _Found:
    """The content of a page: a poem, nothing, or the reason why it is unknown."""

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
    """Yield after each page. ModelError if the site stops responding or has changed."""
    collection.begin({"site": settings.site})
    walk = _Walk(fetcher, collection, settings.site)
    state = _enter(collection.position, settings.first)
    while state.mark.day >= settings.until:
        state = walk.step(state)
        yield f"{state.mark.day:%Y/%m/%d}/{state.mark.place.number}"


def _enter(position: Mapping[str, Any], first: date | None) -> State:
    """Resume from the stored position, unless another first day is requested."""
    state = _load(position) if position else None
    if state and first in {None, state.begun}:
        return state
    day = first or _today() - _DAY
    return State(day, Mark(day), Mark(day))


class _Walk:
    def __init__(self, fetcher: Fetcher, collection: Collection, site: str) -> None:
        self._fetcher = fetcher
        self._collection = collection
        self._site = site
        self._missing: tuple[object, ...] | None = None  # the look of a page for a poem that cannot exist

    def step(self, state: State) -> State:
        """Take one step and store its results."""
        steps = {Phase.LIST: self._begin_day, Phase.DONE: self._end_day}
        return steps.get(state.mark.place.phase, self._try_number)(state)

    def _begin_day(self, state: State) -> State:
        """Request the day's list to learn the last number. Without a response the day is walked anyway."""
        day, listed, gave_up = state.mark.day, None, False
        try:
            listed = read_list(self._fetcher.get(f"{self._site}/poems/list.html", list_parameters(day)), day)
        except ForbiddenError:
            pass
        except GaveUpError:
            if state.gave_up:
                raise
            gave_up = True
        dash = listed.dash if listed else _known_form(day)
        place = enter(listed.top if listed else None, MAX_NUMBER - 1)
        return self._keep(replace(state, mark=Mark(day, place, dash), gave_up=gave_up))

    def _try_number(self, state: State) -> State:
        mark, found = state.mark, _Found()
        address = Address(mark.day, mark.place.number, dash=bool(mark.dash))
        for dash in [False, True] if mark.dash is None else [mark.dash]:
            address = replace(address, dash=dash)
            found = self._visit(address, state)
            if found.alive is not False:
                break
        place = after(mark.place, found.alive)
        if found.alive:
            mark = replace(mark, place=place, dash=address.dash)
            return self._keep(State(state.begun, mark, mark), found)
        unread = ((address.number, address.dash),) if found.why else ()
        mark = replace(mark, place=place, unread=(*mark.unread, *unread))
        unreadable = state.unreadable + len(unread)
        state = replace(state, mark=mark, barren=state.barren + 1, unreadable=unreadable, gave_up=found.gave_up)
        self._stop_where_nothing_grows(state, f"{self._site}{address.path}: {found.why}")
        return self._keep(state)

    def _end_day(self, state: State) -> State:
        """Retry the pages that could not be read, one per step, then move to the previous day."""
        mark = state.mark
        if not mark.unread:
            return self._keep(replace(state, mark=Mark(mark.day - _DAY)))
        address = Address(mark.day, *mark.unread[0])
        found = self._visit(address, state)
        state = replace(state, mark=replace(mark, unread=mark.unread[1:]), gave_up=found.gave_up)
        return self._keep(state, found, {f"{self._site}{address.path}": found.why} if found.why else {})

    def _visit(self, address: Address, state: State) -> _Found:
        """Fetch a page. GaveUpError if the server failed to serve the previous page too."""
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
            if state.gave_up:
                raise
            return _Found(why=str(error), gave_up=True)

    def _looks_missing(self, page: Page, address: Address) -> bool:
        """Compare a page with one that cannot exist, because the site's way of reporting a missing poem is unknown."""
        if self._missing is None:
            nowhere = replace(address, number=MAX_NUMBER)
            self._missing = look(self._fetcher.get(f"{self._site}{nowhere.path}"))
        return look(page) == self._missing

    def _stop_where_nothing_grows(self, state: State, last: str) -> None:
        """Stop if the site seems to have changed, with the position reset to the last poem, to skip nothing."""
        place = f"{state.mark.day:%Y/%m/%d}/{state.mark.place.number}"
        if state.unreadable >= MAX_UNREADABLE:
            why = f"{state.unreadable} pages with neither a poem nor a notice that it is missing, the last {last}"
        elif state.barren >= MAX_BARREN:
            why = f"no poem on {state.barren} pages in a row, down to {place}; if that is correct, continue with --from"
        else:
            return
        self._keep(State(state.begun, state.fertile, state.fertile))
        raise ModelError(f"{why}. The site may have changed. The same command tries again from the last poem found")

    def _keep(self, state: State, found: _Found = _Found(), lost: Mapping[str, str] | None = None) -> State:
        self._collection.keep(found.texts, _dump(state), lost)
        return state


def _known_form(day: date) -> bool | None:
    """Return whether a day's URLs have a dash; None if unknown."""
    return True if day <= LAST_DASH else False if day >= FIRST_SLASH else None


def _dump(state: State) -> dict[str, Any]:
    return dict(json.loads(json.dumps(asdict(state), default=str)))


def _load(position: Mapping[str, Any]) -> State:
    marks = {name: _load_mark(position[name]) for name in ("mark", "fertile")}
    return State(**{**position, **marks, "begun": date.fromisoformat(position["begun"])})


def _load_mark(mark: Mapping[str, Any]) -> Mark:
    place = Bookmark(**mark["place"] | {"phase": Phase(mark["place"]["phase"])})
    unread = tuple((number, dash) for number, dash in mark["unread"])
    return Mark(date.fromisoformat(mark["day"]), place, mark["dash"], unread)
