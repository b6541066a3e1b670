"""Asks every few seconds what is due. The timer may fire twice or never; the database decides."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from apscheduler.schedulers.background import BackgroundScheduler

from newsletter.errors import NewsletterError
from newsletter.usecases.confirmations import mail_confirmations
from newsletter.usecases.due import send_due
from newsletter.usecases.provider_lists import tell_returned
from newsletter.usecases.retention import tidy_daily

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.app import Workspace

log = logging.getLogger(__name__)

CONFIRMING = 3
"""Seconds between two looks at who signed up: somebody waits for that mail."""

HOUSEKEEPING = 300
"""Seconds between two looks at what is to be tidied, and at who came back."""


@contextmanager
def ticking(workspace: Workspace, *, seconds: float = 15) -> Iterator[None]:
    """Tick in a thread of its own for as long as the block lasts.

    At its end, a send under way finishes its requests and stops; the next tick goes on with it.
    ConfigError at once where the provider has no key.
    """
    log.info("sending what is due through %s", workspace.provider.name)
    stopping = threading.Event()
    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.add_job(
        _tick,
        "interval",
        args=[workspace, stopping],
        seconds=seconds,
        # APScheduler's default drops a tick that is one second late.
        misfire_grace_time=None,
        coalesce=True,
        max_instances=1,
    )
    scheduler.add_job(
        _confirm, "interval", args=[workspace, stopping], seconds=CONFIRMING, coalesce=True
    )
    scheduler.add_job(
        _keep_house,
        "interval",
        args=[workspace],
        seconds=HOUSEKEEPING,
        misfire_grace_time=None,
        coalesce=True,
    )
    scheduler.start()
    try:
        yield
    finally:
        stopping.set()
        scheduler.shutdown(wait=True)


def _tick(workspace: Workspace, stopping: threading.Event) -> None:
    try:
        send_due(workspace, stopping)
    except NewsletterError as error:  # a locked database, say: the next tick tries again
        log.warning("nothing could be sent: %s", error)


def _confirm(workspace: Workspace, stopping: threading.Event) -> None:
    try:
        mail_confirmations(workspace, stopping)
    except NewsletterError as error:
        log.warning("no confirmation could be mailed: %s", error)


def _keep_house(workspace: Workspace) -> None:
    """Each chore by itself: what one of them meets keeps no other from being done."""
    for chore in (tidy_daily, tell_returned):
        try:
            chore(workspace)
        except NewsletterError as error:
            log.warning("%s", error)
