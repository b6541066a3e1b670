"""What other clocks than this machine's show, and whether its own is doubted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.errors import NewsletterError
from newsletter.ports import Timekeeping
from newsletter.store import bookmarks
from newsletter.store.engine import reading, told_time, writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from newsletter.app import Workspace

APART = timedelta(minutes=10)
"""Clocks that differ by less agree: smaller steps, as a time server makes, move no hour."""

_MARK = "clock"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the other clocks say: `agrees` is None where one of them could not be asked, and none
    disagrees. `said` tells why they do not agree.
    """

    agrees: bool | None
    said: str = ""


AGREED = Opinion(agrees=True)


def second_opinion(workspace: Workspace) -> Opinion:
    """Hold the clock against the database's, on PostgreSQL, and the provider's, where its answers
    tell the time. Agreed where there is neither.
    """
    silent = None
    for name, ask in _clocks(workspace):
        try:
            shown = ask()
        except NewsletterError as error:
            silent = Opinion(None, f"{name} clock could not be asked: {error}")
            continue
        now = workspace.clock.now()
        if shown is not None and abs(now - shown) > APART:
            said = (
                f"this machine's clock shows {now:%Y-%m-%d %H:%M} UTC and {name} "
                f"{shown:%Y-%m-%d %H:%M}; set the one right that is wrong"
            )
            return Opinion(agrees=False, said=said)
    return silent or AGREED


def _clocks(workspace: Workspace) -> Iterator[tuple[str, Callable[[], datetime | None]]]:
    yield "the database's", lambda: told_time(workspace.engine)
    provider = workspace.provider
    if isinstance(provider, Timekeeping):
        yield "the provider's", provider.told_time


def note_doubt(workspace: Workspace, doubt: str) -> None:
    """Write down why the clock is not believed, for `status` to tell; '' once it is."""
    if doubt != noted_doubt(workspace):
        with writing(workspace.engine) as connection:
            bookmarks.put(connection, _MARK, doubt, at=workspace.clock.now())


def noted_doubt(workspace: Workspace) -> str:
    """Why the leading process does not believe its clock; '' where it does."""
    with reading(workspace.engine) as connection:
        mark = bookmarks.find(connection, _MARK)
    return mark.position if mark else ""
