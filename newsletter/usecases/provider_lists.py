"""SendGrid's lists of suppressed addresses and ours kept in step: read in pages, told in turn."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from newsletter.audience.addresses import parse_address
from newsletter.domain.suppression import Reason
from newsletter.errors import AudienceError, Busy, ConfigError
from newsletter.providers.sendgrid.suppressions import PAGE, Kind, SuppressionLists
from newsletter.store import bookmarks, provider_lists
from newsletter.store.engine import reading, writing
from newsletter.store.provider_lists import Leaving, Listing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from newsletter.app import Workspace
    from newsletter.providers.sendgrid.suppressions import Listed
    from newsletter.store.provider_lists import Told

TRIES = 8
"""How often SendGrid is asked one thing before the rest is left to another run."""

LONGEST_WAIT = 300.0
"""Seconds between two tries."""

OVERLAP = 3600
"""Seconds read again the next time: what was put on a list is not on every page at once."""

GROUP = "group"

_REASONS = {
    Kind.BOUNCES: Reason.BOUNCED,
    Kind.SPAM_REPORTS: Reason.COMPLAINED,
    Kind.INVALID: Reason.INVALID,
}
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class ListRead:
    """What reading one list came to: addresses read, of them `unfit` for mail, suppressed only now,
    subscriptions ended, and people who have subscribed since.
    """

    name: str
    read: int = 0
    unfit: int = 0
    suppressed: int = 0
    ended: int = 0
    returned: int = 0

    def __add__(self, other: ListRead) -> ListRead:
        """Both together, under the first name."""
        return ListRead(
            self.name,
            self.read + other.read,
            self.unfit + other.unfit,
            self.suppressed + other.suppressed,
            self.ended + other.ended,
            self.returned + other.returned,
        )


@dataclass(frozen=True, slots=True)
class Synchronised:
    """Both ways: what SendGrid's lists said; how many people it was told of, and how many it was
    told to take off its list. In a dry run nothing was kept, and nobody told.
    """

    lists: tuple[ListRead, ...]
    told: int
    untold: int


@dataclass(frozen=True, slots=True)
class _Window:
    """What of a list is being read: put on it in this time, in Unix seconds, from this place on."""

    since: int = 0
    until: int = 0
    offset: int = 0

    def __str__(self) -> str:
        return f"{self.since} {self.until} {self.offset}"


def synchronise(
    workspace: Workspace,
    *,
    dry_run: bool = False,
    from_start: bool = False,
    heard: Callable[[int], None] = lambda _: None,
) -> Synchronised:
    """Read SendGrid's lists, page by page from where the last time ended, and tell it of ours.

    `heard` is told how many addresses more were read. Interrupted anywhere, the next run goes on
    there. ConfigError without SendGrid; ProviderError where it cannot be asked.
    """
    run = _Run(workspace, lists_of(workspace), dry_run, from_start, heard)
    read = [run.read(kind) for kind in Kind]
    if (group := workspace.settings.sending.sendgrid.asm) is not None:
        read.append(run.read_group(group.group_id))
    if dry_run:
        with reading(workspace.engine) as connection:
            told = provider_lists.count_untold(connection)
            return Synchronised(tuple(read), told, provider_lists.count_mistold(connection))
    told = _tell(workspace)
    return Synchronised(tuple(read), told, tell_returned(workspace, tries=TRIES))


def tell_returned(workspace: Workspace, *, tries: int = 1) -> int:
    """Take people off SendGrid's list of unsubscribes who have come back since; returns how many.

    Until then it drops their mail. Where there is nobody, only the database is asked. Busy where
    SendGrid takes nothing now, for each person after so many `tries`.
    """
    told = 0
    while people := _some(workspace, provider_lists.mistold):
        lists = lists_of(workspace)
        for person in people:
            ask = partial(lists.resubscribe_globally, person.address)
            patiently(workspace, ask, tries=tries)
            with writing(workspace.engine) as connection:
                provider_lists.mark_told(connection, (person,), at=None)
        told += len(people)
    return told


def _tell(workspace: Workspace) -> int:
    lists, told = lists_of(workspace), 0
    while people := _some(workspace, provider_lists.untold):
        addresses = [person.address for person in people]
        patiently(workspace, partial(lists.unsubscribe_globally, addresses))
        with writing(workspace.engine) as connection:
            provider_lists.mark_told(connection, people, at=workspace.clock.now())
        told += len(people)
    return told


def _some(
    workspace: Workspace, choose: Callable[[Connection, int], tuple[Told, ...]]
) -> tuple[Told, ...]:
    with reading(workspace.engine) as connection:
        return choose(connection, PAGE)


@dataclass(frozen=True, slots=True)
class _Run:
    """One reading of the lists; each page is one transaction, with the place behind it."""

    workspace: Workspace
    lists: SuppressionLists
    dry_run: bool
    from_start: bool
    heard: Callable[[int], None]

    def read(self, kind: Kind) -> ListRead:
        """All of a list that was put on it since the last time."""
        name, total, window = f"sendgrid {kind}", ListRead(kind), self._window(kind)
        last: tuple[Listed, ...] = ()
        while True:
            at = {"since": window.since, "until": window.until, "offset": window.offset}
            page = patiently(self.workspace, partial(self.lists.listed, kind, **at))
            if page.more and page.people == last:
                raise Busy("SendGrid gave the same page twice; run this again later")
            last = page.people
            window = (
                _Window(window.since, window.until, window.offset + PAGE)
                if page.more
                else _Window(max(window.until - OVERLAP, 0))
            )
            with self._kept() as connection:
                total += self._take(connection, kind, page.people)
                bookmarks.put(connection, name, str(window), at=self.workspace.clock.now())
            self.heard(len(page.people))
            if not page.more:
                return total

    def read_group(self, group: int) -> ListRead:
        """All mail goes by one group: whoever leaves it, leaves every list. Always read whole."""
        people = patiently(self.workspace, partial(self.lists.left_group, group))
        total, returned = ListRead(GROUP), list[str]()
        for start in range(0, len(people), PAGE):
            some = people[start : start + PAGE]
            with self._kept() as connection:
                left = provider_lists.leave_listed(connection, _understood(some), told_at=None)
            total += _ended(some, left)
            returned += left.returned
            self.heard(len(some))
        for address in () if self.dry_run else returned:
            patiently(self.workspace, partial(self.lists.rejoin_group, group, address))
        return total

    def _window(self, kind: Kind) -> _Window:
        """What was being read when it was interrupted, or what came since."""
        with reading(self.workspace.engine) as connection:
            found = None if self.from_start else bookmarks.find(connection, f"sendgrid {kind}")
        window = _Window() if found is None else _Window(*map(int, found.position.split()))
        now = int(self.workspace.clock.now().timestamp())
        return window if window.until else _Window(window.since, now)

    def _take(self, connection: Connection, kind: Kind, people: Sequence[Listed]) -> ListRead:
        """What a page means here; a block is no reason, for the address may be good."""
        listings = _understood(people)
        if kind is Kind.UNSUBSCRIBES:
            now = self.workspace.clock.now()
            return _ended(people, provider_lists.leave_listed(connection, listings, told_at=now))
        new = 0
        if kind in _REASONS:
            new = provider_lists.suppress_listed(connection, listings, _REASONS[kind])
        return ListRead("", len(people), len(people) - len(listings), new)

    @contextmanager
    def _kept(self) -> Iterator[Connection]:
        """A transaction that leaves nothing behind in a dry run."""
        with writing(self.workspace.engine) as connection:
            point = connection.begin_nested()
            yield connection
            if self.dry_run:
                point.rollback()


def _ended(people: Sequence[Listed], left: Leaving) -> ListRead:
    unfit = len(people) - left.read
    return ListRead("", len(people), unfit, left.suppressed, left.ended, len(left.returned))


def _understood(people: Sequence[Listed]) -> list[Listing]:
    """Without what is no address by the rule of every door: nobody here has such a one."""
    listings = []
    for person in people:
        try:
            listings.append(Listing(parse_address(person.address).canonical, person.at))
        except AudienceError:
            continue
    return listings


def lists_of(workspace: Workspace) -> SuppressionLists:
    """The provider's lists; ConfigError where it is not SendGrid."""
    provider = workspace.provider
    if not isinstance(provider, SuppressionLists):
        raise ConfigError(
            "only SendGrid keeps lists of suppressed addresses; set sending.provider to sendgrid"
        )
    return provider


def patiently(workspace: Workspace, ask: Callable[[], _Answer], *, tries: int = TRIES) -> _Answer:
    """The answer, however often SendGrid has to be asked; Busy once that is too often."""
    for attempt in range(tries - 1):
        try:
            return ask()
        except Busy as error:
            workspace.clock.sleep(min(error.retry_after or 2.0**attempt, LONGEST_WAIT))
    return ask()
