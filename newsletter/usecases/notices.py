"""Tells editors and operators what happens, by mail and by a signed post: each notice once.

A notice is written down in the transaction of what it tells of, claimed and committed before it is
told, and settled after. A mail whose answer was lost, or whose process died, is not mailed again: it
stays `uncertain`, and `newsletter schedule` says so. Posts carry an id and may come twice.
"""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter import failpoints
from newsletter.domain.notice import CHANNELS, Channel, Notice, NoticeKind, NoticeState
from newsletter.errors import (
    Busy,
    GatherError,
    NewsletterError,
    Partly,
    ProviderError,
    Refusal,
    Rejected,
    Uncertain,
)
from newsletter.store import notices
from newsletter.store.engine import reading, writing
from newsletter.usecases.proofs import notice_mail
from newsletter.usecases.signing import post

if TYPE_CHECKING:
    import threading
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.app import Workspace

log = logging.getLogger(__name__)

MOST_A_DAY = 40
"""Notices a day on one channel; whatever goes wrong in a loop must not flood a mailbox."""

AT_IT = timedelta(minutes=10)
"""After so long whoever tells a notice is dead: a provider answers within a minute or two."""

WAITS = (1, 5, 15, 60, 180)
"""Minutes between tries where it is certain that nobody got it; then it is given up."""

MACHINES = ("sender", "settlement", "events", "guard", "schedule")
"""Actors of the log that are no persons: who stops a campaign by hand knows of it."""

_ADDRESS = re.compile(r"[^\s<>\"'@]+@[^\s<>\"'@]+")


def add(
    workspace: Workspace,
    connection: Connection,
    kind: NoticeKind,
    *,
    key: str,
    issue: str,
    text: str,
) -> None:
    """Write down a notice for whoever is to be told; of one key there is one, ever."""
    now = workspace.clock.now()
    for channel in _channels(workspace, kind):
        full = notices.count(connection, channel, now - timedelta(days=1)) >= MOST_A_DAY
        state = NoticeState.DROPPED if full else NoticeState.DUE
        new = notices.add(
            connection,
            channel,
            kind,
            key=f"{kind} {key}",
            issue=issue,
            text=_ADDRESS.sub("…", text),
            state=state,
            at=now,
        )
        if new and full:
            log.warning("a notice is not told, for there were %d today: %s", MOST_A_DAY, text)


def add_troubles(workspace: Workspace) -> None:
    """Write down notices of campaigns that the program stopped, or left in doubt, within a day."""
    now = workspace.clock.now()
    with reading(workspace.engine) as connection:
        found = notices.troubles(connection, MACHINES, now - timedelta(days=1))
        known = {one: notices.is_known(connection, f"{NoticeKind.TROUBLE} {one[0]} {one[4]}") for one in found}
    for one in found:
        if known[one]:
            continue
        number, issue, state, why, move = one
        text = f"The send of {issue} is {state}" + (f": {why}" if why else "")
        text += f"\n`newsletter status {issue}` tells more."
        with writing(workspace.engine) as connection:
            add(workspace, connection, NoticeKind.TROUBLE, key=f"{number} {move}", issue=issue, text=text)


def tell_notices(workspace: Workspace, stopping: threading.Event | None = None) -> int:
    """Tell every notice that is due; returns how many were taken. Several processes may do so.

    What cannot be told never stops anything else: it is written down, and tried again or given up.
    """
    with reading(workspace.engine) as connection:
        waiting = notices.due(connection, workspace.clock.now())
    told = 0
    for notice in waiting:
        if stopping is not None and stopping.is_set():
            break
        if notice.state is NoticeState.TELLING and notice.channel is not Channel.WEBHOOK:
            _settle(workspace, notice, NoticeState.UNCERTAIN, "its process died in the middle")
        elif _claim(workspace, notice):
            failpoints.reach("notice:claimed")
            told += _tell(workspace, notice)
    return told
