"""Asks every few seconds what is due. The timer may fire twice or never; the database decides."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from newsletter.errors import NewsletterError
from newsletter.schedule.steadiness import watched_clock
from newsletter.schedule.timer import Call, timing
from newsletter.store.leadership import leading
from newsletter.usecases import notices
from newsletter.usecases.confirmations import mail_confirmations
from newsletter.usecases.due import send_due
from newsletter.usecases.provider_lists import tell_returned
from newsletter.usecases.pulse import Pulse
from newsletter.usecases.report_mail import note_reports
from newsletter.usecases.retention import tidy_daily
from newsletter.usecases.timekeeping import note_doubt
from newsletter.usecases.working import queues_here, tick_rhythm, working

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from newsletter.app import Workspace

log = logging.getLogger(__name__)

CONFIRMING = 3
"""Seconds between two looks at who signed up: somebody waits for that mail."""

HOUSEKEEPING = 300
"""Seconds between two looks at what is to be tidied, who came back, and which reports are due."""


@contextmanager
def ticking(
    workspace: Workspace,
    *,
    seconds: float = 15,
    pulse: Pulse | None = None,
    stopping: threading.Event | None = None,
) -> Iterator[Pulse]:
    """Tick in threads for as long as the block lasts, whenever this process leads; the pulse, a new
    one or the one that is given, tells whether the timer lives.

    Once `stopping` is set, and at the end of the block, a send under way finishes its requests and
    stops, and a gather stops; the next tick goes on with them. ConfigError at once where the
    provider or the notices have no key.
    """
    notices.refuse_unsigned(workspace)
    stopping, steadiness = stopping or threading.Event(), watched_clock(workspace)
    queues = queues_here(workspace)
    with (
        leading(workspace.engine) as leader,
        working(workspace, stopping, may=steadiness.look, queues=queues),
    ):

        def leads() -> bool:
            return leader.leads and not stopping.is_set()

        def leads_by_the_clock() -> bool:
            return steadiness.look() and leads()

        def call(seconds: float, may: Callable[[], bool], *chores: Callable[[], object]) -> Call:
            return Call(partial(_do, may, chores), seconds)

        rhythm = partial(tick_rhythm, workspace, stopping, leads_by_the_clock)
        sends = partial(send_due, workspace, stopping, leads_by_the_clock)
        troubles = partial(notices.add_troubles, workspace)
        tells = partial(notices.tell_notices, workspace, stopping)

        def notes_doubt() -> None:
            note_doubt(workspace, steadiness.doubt)

        confirms = partial(mail_confirmations, workspace, stopping)
        tidies = [partial(chore, workspace) for chore in (tidy_daily, tell_returned, note_reports)]
        pulse = pulse or Pulse()
        pulse.leads, pulse.doubt = lambda: leader.leads, lambda: steadiness.doubt
        calls = (
            call(seconds, leads_by_the_clock, rhythm),
            call(seconds, leads_by_the_clock, sends),
            call(seconds, leads, notes_doubt, troubles, tells),
            call(CONFIRMING, leads, confirms),
            call(HOUSEKEEPING, leads, *tidies),
        )
        with timing(calls, pulse):
            try:
                yield pulse
            finally:
                stopping.set()


def _do(may: Callable[[], bool], chores: Sequence[Callable[[], object]]) -> None:
    """Each chore by itself: what one of them meets keeps no other from being done."""
    for chore in chores:
        try:
            if may():
                chore()
        except NewsletterError as error:  # a locked database, say: the next call tries again
            log.warning("%s", error)
