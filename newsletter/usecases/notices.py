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
from newsletter.errors import NewsletterError
from newsletter.store import notices
from newsletter.store.engine import reading, writing
from newsletter.usecases.notice_mails import Mailed, mail_notice
from newsletter.usecases.notice_posts import post_notice

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping
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
            text=_blotted(text),
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
    """Tell every notice that is due; returns how many were taken. Several processes may do so: a
    proof is told by one on a machine that has the issue.

    What cannot be told never stops anything else: it is written down, and tried again or given up.
    """
    with reading(workspace.engine) as connection:
        waiting = notices.due(connection, workspace.clock.now())
    told, has_issues = 0, workspace.issues.is_dir()
    for notice in waiting:
        if stopping is not None and stopping.is_set():
            break
        if notice.kind is NoticeKind.PROOF and not has_issues:
            continue
        if notice.state is NoticeState.TELLING and notice.channel is not Channel.WEBHOOK:
            _settle(workspace, notice, NoticeState.UNCERTAIN, "its process died in the middle")
        elif _claim(workspace, notice):
            failpoints.reach("notice:claimed")
            told += _tell(workspace, notice)
    return told


def unsure(workspace: Workspace) -> tuple[Notice, ...]:
    """Notices of the last week that somebody, or everybody, perhaps did not get."""
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
            mailed = Mailed([])
        else:
            mailed = mail_notice(workspace, notice)
    except NewsletterError as error:
        _try_again(workspace, notice, notice.endings, str(error))
        return False
    failpoints.reach("notice:told")
    return _settle_mailed(workspace, notice, mailed)


def _settle_mailed(workspace: Workspace, notice: Notice, mailed: Mailed) -> bool:
    """Write down with whom it has ended, and how; who is left is mailed later."""
    endings = {**notice.endings, **mailed.endings}
    if mailed.left:
        _try_again(workspace, notice, endings, mailed.trouble)
        return False
    state, all_told = _state(endings), set(endings.values()) <= {NoticeState.TOLD}
    reason = "" if all_told else _blotted(mailed.trouble or notice.reason)
    if reason:
        log.warning("not everybody was told (%s): %s", notice.key, reason)
    _settle(workspace, notice, state, reason, endings=endings)
    return state is NoticeState.TOLD


def _state(endings: Mapping[str, str]) -> NoticeState:
    """Of the whole: in doubt where it is for anybody, told where anybody was."""
    every = set(endings.values())
    if NoticeState.UNCERTAIN in every:
        return NoticeState.UNCERTAIN
    return NoticeState.TOLD if NoticeState.TOLD in every or not every else NoticeState.FAILED


def _try_again(
    workspace: Workspace, notice: Notice, endings: Mapping[str, str], trouble: str
) -> None:
    """Whoever is left did certainly not get it; after some hours it is given up."""
    reason = _blotted(trouble)
    log.warning("a notice could not be told (%s): %s", notice.key, reason)
    if notice.tries < len(WAITS):
        again = workspace.clock.now() + timedelta(minutes=WAITS[notice.tries])
        _settle(workspace, notice, NoticeState.DUE, reason, again_at=again, endings=endings)
    else:
        state = _state(endings) if endings else NoticeState.FAILED
        _settle(workspace, notice, state, reason, endings=endings)


def _blotted(reason: str) -> str:
    return _ADDRESS.sub("…", reason)


def _settle(
    workspace: Workspace,
    notice: Notice,
    state: NoticeState,
    reason: str = "",
    *,
    again_at: datetime | None = None,
    endings: Mapping[str, str] | None = None,
) -> None:
    with writing(workspace.engine) as connection:
        notices.settle(connection, notice, state, reason=reason, again_at=again_at, endings=endings)
