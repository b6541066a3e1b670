"""How campaigns under way show themselves: a picture on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from newsletter.cli.output import plain, span
from newsletter.domain.campaign import CampaignState, DeliveryState
from newsletter.domain.prose import counted
from newsletter.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Group, RenderableType

    from newsletter.usecases.watching import Progress, Watcher

    Show = Callable[[tuple[Progress, ...]], None]

SECONDS = 1.0
"""Between two looks."""

QUIET = 10
"""Looks between two lines where nobody sits at a terminal."""

ALWAYS_TOLD = (
    DeliveryState.SUBMITTED,
    DeliveryState.UNKNOWN,
    DeliveryState.HELD,
    DeliveryState.REJECTED,
)
TOLD_IF_ANY = (DeliveryState.SCHEDULED, DeliveryState.SUPPRESSED, DeliveryState.CANCELLED)
IN_TROUBLE = (DeliveryState.UNKNOWN, DeliveryState.HELD, DeliveryState.REJECTED)


@contextmanager
def screen(*, error_stream: bool = False) -> Iterator[Show]:
    """What shows each look at campaigns: on a terminal in place, else a line for what changed."""
    if not (sys.stderr if error_stream else sys.stdout).isatty():
        yield _lines(error_stream=error_stream)
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=error_stream), auto_refresh=False) as live:
        yield lambda looks: live.update(picture(looks), refresh=True)


@contextmanager
def showing(watcher: Watcher, stopping: threading.Event) -> Iterator[None]:
    """Show a campaign on the error stream while the block sends it, or stops sending it."""
    over = threading.Event()
    with screen(error_stream=True) as show:
        thread = threading.Thread(target=_look_on, args=(watcher, show, stopping, over))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _look_on(
    watcher: Watcher, show: Show, stopping: threading.Event, over: threading.Event
) -> None:
    """Look every second and once at the end; a look that fails is not worth the send."""
    from newsletter.usecases.waits import Waiting

    stops = Waiting("it stops, and the requests under way end first", None, None)
    terminal, looks = sys.stderr.isatty(), 0
    while True:
        ended = over.wait(SECONDS)
        looks += 1
        if terminal or (looks % QUIET == 0 and not ended):
            with suppress(StoreError):
                look = watcher.look()
                show((replace(look, waiting=stops) if stopping.is_set() else look,))
        if ended:
            return


def line(look: Progress) -> str:
    """One look in one line."""
    figures = ", ".join(f"{name} {count:,}" for name, count, _ in _figures(look))
    return f"{look.at:%H:%M:%S} UTC  {_title(look)}: {figures}; {_outlook(look)}"


def picture(looks: tuple[Progress, ...]) -> Group:
    """All campaigns, one below the other."""
    from rich.console import Group

    return Group(*(part for look in looks for part in _parts(look)))


def _lines(*, error_stream: bool) -> Show:
    told: dict[int, str] = {}

    def show(looks: tuple[Progress, ...]) -> None:
        for look in looks:
            text = line(look)
            _, _, told_now = text.partition("  ")
            if told.get(look.campaign.id) != told_now:
                click.echo(text, err=error_stream)
                told[look.campaign.id] = told_now

    return show


def _parts(look: Progress) -> Iterator[RenderableType]:
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    yield Text(_title(look), style="bold")
    planned = look.states.get(DeliveryState.PLANNED, 0)
    tried = look.deliveries - planned
    share = tried / look.deliveries if look.deliveries else 1.0
    bar = Table.grid(padding=(0, 2))
    bar.add_row(
        ProgressBar(total=look.deliveries or 1, completed=tried, width=40),
        f"{share:4.0%}",
        f"{tried:,} of {look.deliveries:,}",
    )
    yield bar
    yield Text("   ").join(
        Text(f"{name} {count:,}", style=style if count else "dim")
        for name, count, style in _figures(look)
    )
    yield Text(_outlook(look), style="yellow" if look.waiting else "")


def _title(look: Progress) -> str:
    campaign = look.campaign
    return f"{campaign.issue} to {campaign.audience}: {campaign.state}"


def _figures(look: Progress) -> Iterator[tuple[str, int, str]]:
    """Name, how many, and how it should look where it is not 0."""
    for state in ALWAYS_TOLD:
        yield state.value, look.states.get(state, 0), "red" if state in IN_TROUBLE else "green"
    for state in TOLD_IF_ANY:
        if look.states.get(state, 0):
            yield state.value, look.states[state], ""
    yield "errors", look.errors, "red"


def _outlook(look: Progress) -> str:
    """What comes next: the rate and how long it takes so, or what is waited for."""
    if look.waiting is not None:
        until = look.waiting.until
        if until is None:
            return f"waits: {look.waiting.why}"
        left = span(max((until - look.at).total_seconds(), 0))
        return f"waits until {until:%Y-%m-%d %H:%M:%S} UTC, {left} from now: {look.waiting.why}"
    if look.ended:
        return plain(look.campaign.reason) or _at_end(look.campaign.state)
    if not look.rate:
        return "begins"
    rate = f"{counted(round(look.rate), 'person', 'people')} a second"
    return f"{rate}, about {span(look.seconds_left)} to go" if look.seconds_left else rate


def _at_end(state: CampaignState) -> str:
    return "nothing more to do" if state is CampaignState.DONE else f"it is {state}"
