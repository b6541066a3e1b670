"""Tells editors and operators what happens, by mail and by a signed post: each notice once.

A notice is written down in the transaction of what it tells of, claimed and committed before it is
told, and settled after. A mail whose answer was lost, or whose process died, is not mailed again:
it stays `uncertain`, and `newsletter schedule` says so. Posts carry an id and may come twice.
"""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter import failpoints
from newsletter.config import notices_key
from newsletter.domain.notice import CHANNELS, Channel, Notice, NoticeKind, NoticeState
from newsletter.errors import NewsletterError, Partly, Refusal, Rejected, Uncertain
from newsletter.store import notices
from newsletter.store.engine import reading, writing
from newsletter.usecases.notice_posts import post_notice
from newsletter.usecases.proofs import mail_notice

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


def refuse_unsigned(workspace: Workspace) -> None:
    """ConfigError where notices are to be posted and there is no key to sign them."""
    if workspace.settings.notices.webhook is not None:
        notices_key(workspace.environment)


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
    since = workspace.clock.now() - timedelta(days=1)
    with reading(workspace.engine) as connection:
        found = notices.troubles(connection, MACHINES, since)
    for trouble in found:
        text = f"The send of {trouble.issue} is {trouble.state}"
        text += f": {trouble.reason}" if trouble.reason else ""
        text += f"\n\n`newsletter status {trouble.issue}` tells where every delivery stands."
        with writing(workspace.engine) as connection:
            kind, issue = NoticeKind.TROUBLE, trouble.issue
            add(workspace, connection, kind, key=trouble.key, issue=issue, text=text)


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


def unsure(workspace: Workspace) -> tuple[tuple[Notice, str], ...]:
    """Notices of the last week that perhaps nobody got, and why."""
    with reading(workspace.engine) as connection:
        return notices.unsure(connection, workspace.clock.now() - timedelta(weeks=1))


def _channels(workspace: Workspace, kind: NoticeKind) -> tuple[Channel, ...]:
    """Those of a kind at whose end somebody is."""
    settings = workspace.settings
    there = {
        Channel.EDITORS: bool(settings.editors),
        Channel.OPERATORS: bool(settings.notices.mail_to),
        Channel.REPORTS: bool(settings.reports.mail_to),
        Channel.WEBHOOK: settings.notices.webhook is not None,
    }
    return tuple(channel for channel in CHANNELS[kind] if there[channel])


def _claim(workspace: Workspace, notice: Notice) -> bool:
    now = workspace.clock.now()
    with writing(workspace.engine) as connection:
        return notices.claim(connection, notice, now, now + AT_IT)


def _tell(workspace: Workspace, notice: Notice) -> bool:
    try:
        if notice.channel is Channel.WEBHOOK:
            post_notice(workspace, notice)
        else:
            mail_notice(workspace, notice)
    except NewsletterError as error:
        _settle_failed(workspace, notice, error)
        return False
    failpoints.reach("notice:told")
    _settle(workspace, notice, NoticeState.TOLD)
    return True


def _settle_failed(workspace: Workspace, notice: Notice, error: NewsletterError) -> None:
    """Write down why nobody, or not everybody, was told; try again where that is safe."""
    reason = _ADDRESS.sub("…", str(error))
    log.warning("a notice could not be told (%s): %s", notice.key, reason)
    parts = error.parts if isinstance(error, Partly) else (error,)
    if any(isinstance(part, Uncertain) for part in parts):
        _settle(workspace, notice, NoticeState.UNCERTAIN, reason)
    elif _is_final(error) or notice.tries >= len(WAITS):
        _settle(workspace, notice, NoticeState.FAILED, reason)
    else:
        wait = timedelta(minutes=WAITS[notice.tries])
        again = workspace.clock.now() + wait
        _settle(workspace, notice, NoticeState.DUE, reason, again_at=again)


def _is_final(error: NewsletterError) -> bool:
    """Whether another try would be refused, too, or would mail somebody twice."""
    refused = isinstance(error, Rejected) and error.refusal is not Refusal.ACCOUNT
    return refused or isinstance(error, Partly)


def _settle(
    workspace: Workspace,
    notice: Notice,
    state: NoticeState,
    reason: str = "",
    *,
    again_at: datetime | None = None,
) -> None:
    with writing(workspace.engine) as connection:
        notices.settle(connection, notice, state, reason=reason, again_at=again_at)
