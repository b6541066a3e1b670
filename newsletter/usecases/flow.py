"""The week by itself: draft, proof, reminder, and at the hour the send, if the issue is approved.

What is due is the database's word, and each occurrence ends once by compare-and-set. So this may be
asked twice, by several processes, or not for days. Nothing is caught up on but what is still of
use: a send within its grace, a draft or a reminder before its send. All else becomes `missed`.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter import failpoints
from newsletter.domain.notice import NoticeKind
from newsletter.domain.occurrence import OPEN, OccurrenceState, Record, Slot
from newsletter.errors import NewsletterError
from newsletter.store import occurrences
from newsletter.store.engine import reading, writing
from newsletter.usecases import notices
from newsletter.usecases.clearance import begun, obstacle
from newsletter.usecases.planning import plan_send
from newsletter.usecases.rhythm import BEHIND, plan
from newsletter.usecases.scheduled_gather import draft, fail
from newsletter.usecases.sending import freeze
from newsletter.usecases.waves import headstart

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from newsletter.app import Workspace

log = logging.getLogger(__name__)


def keep_rhythm(
    workspace: Workspace,
    stopping: threading.Event | None = None,
    may: Callable[[], bool] = lambda: True,
) -> None:
    """Do what is due of the schedule. What fails for one issue is told, and stops no other.

    `may` is asked once the clock has been read, whether that reading can be believed.
    """
    plan(workspace)
    now = workspace.clock.now()
    if not may():
        return
    with reading(workspace.engine) as connection:
        week = occurrences.since(connection, (now - BEHIND).date())
    ends = {
        record.occurrence.key: _end_of(workspace, record, week)
        for record in week
        if record.state in OPEN and record.occurrence.schedule in workspace.settings.schedule
    }
    past, due = [], []
    for record in week:
        end = ends.get(record.occurrence.key)
        if end is not None and end < now:
            past.append(record)
        elif end is not None and _from(workspace, record) <= now:
            due.append(record)
    _miss(workspace, past)
    for record in due:
        if stopping is not None and stopping.is_set():
            return
        _attend(workspace, record, week, stopping)


def _from(workspace: Workspace, record: Record) -> datetime:
    """When something may be begun: a send is frozen before the time the provider keeps it, and
    before its hour comes for the first readers where it is meant by their clocks.
    """
    at = record.occurrence.at
    early = (workspace.settings.sending.hold_for or timedelta()) + headstart(workspace, at)
    return at - early if record.occurrence.slot is Slot.SEND else at


def _end_of(workspace: Workspace, record: Record, week: Sequence[Record]) -> datetime:
    """Until when it is of use: a send for as long as its grace, all else until its send."""
    name, day, slot = record.occurrence.key
    if slot is Slot.SEND:
        return record.occurrence.at + workspace.settings.schedule[name].grace
    sends = (
        other.occurrence.at for other in week if other.occurrence.key == (name, day, Slot.SEND)
    )
    return next(sends, record.occurrence.at)


def _attend(
    workspace: Workspace,
    record: Record,
    week: Sequence[Record],
    stopping: threading.Event | None,
) -> None:
    try:
        match record.occurrence.slot:
            case Slot.GATHER:
                draft(workspace, record, week, stopping)
            case Slot.REMIND:
                _remind(workspace, record)
            case Slot.SEND:
                _send(workspace, record)
    except NewsletterError as error:  # the database is locked, say: the next time tries again
        log.warning("%s of %s: %s", record.occurrence.slot, record.issue, error)
    except Exception as error:  # a mistake of ours: the other issues go on, and somebody is told
        log.exception("%s of %s", record.occurrence.slot, record.issue)
        fail(workspace, record, f"{type(error).__name__}; the log of `newsletter serve` tells more")


def _remind(workspace: Workspace, record: Record) -> None:
    """Tell the editors that it is not approved; nothing where it is."""
    name, day, _ = record.occurrence.key
    why = "" if begun(workspace, record.issue) else obstacle(workspace, record.issue)
    with writing(workspace.engine) as connection:
        done = OccurrenceState.DONE
        said = f"reminded: {why}" if why else "nobody had to be reminded"
        at = workspace.clock.now()
        if occurrences.move(connection, record.occurrence, done, at=at, reason=said) and why:
            text = (
                f"{record.issue} is to be sent soon, and {why}.\n\n"
                f"Look at it: `newsletter preview {record.issue}`\n"
                f"Approve it: `newsletter approve {record.issue}`"
            )
            key, kind = f"{name} {day}", NoticeKind.REMINDER
            notices.add(workspace, connection, kind, key=key, issue=record.issue, text=text)


def _send(workspace: Workspace, record: Record) -> None:
    """Freeze the issue for its hour; the sender does the rest. Unless it is approved, nobody is
    mailed, and it waits until its grace has passed.
    """
    campaign = begun(workspace, record.issue)
    if campaign is not None:
        _end(workspace, record, f"a person began campaign {campaign.id}", campaign.id)
        return
    why = obstacle(workspace, record.issue)
    now = workspace.clock.now()
    if why and now < record.occurrence.at:
        return
    if why:
        _wait(workspace, record, NoticeKind.UNAPPROVED, why)
        return
    try:
        planned = plan_send(workspace, record.issue, list_key=None, segment=None)
        at = max(record.occurrence.at, now)
        by, hour = f"schedule {record.occurrence.schedule}", record.occurrence.at
        frozen = freeze(workspace, planned, at=at, by=by, hour=hour)
    except NewsletterError as error:
        _wait(workspace, record, NoticeKind.FAILED, str(error))
        return
    failpoints.reach("occurrence:frozen")
    _end(workspace, record, f"campaign {frozen.id}", frozen.id)


def _end(workspace: Workspace, record: Record, said: str, campaign: int) -> None:
    with writing(workspace.engine) as connection:
        done, at = OccurrenceState.DONE, workspace.clock.now()
        moved = occurrences.move(
            connection, record.occurrence, done, at=at, reason=said, campaign=campaign
        )
    if moved:
        log.info("%s: %s", record.issue, said)


def _wait(workspace: Workspace, record: Record, kind: NoticeKind, why: str) -> None:
    """Say, once, why an issue did not go at its hour, and until when it still may."""
    name, day, _ = record.occurrence.key
    zone = workspace.settings.publication.zone
    until = record.occurrence.at + workspace.settings.schedule[name].grace
    with writing(workspace.engine) as connection:
        if occurrences.explain(connection, record.occurrence, why):
            text = (
                f"{record.issue} was to be sent now, and nobody was mailed: {why}.\n\n"
                f"Until {until.astimezone(zone):%Y-%m-%d %H:%M} it goes by itself as soon as that "
                f"is mended, with `newsletter approve {record.issue}`; after that, a person sends "
                f"it with `newsletter send {record.issue}`."
            )
            key = f"{name} {day}"
            notices.add(workspace, connection, kind, key=key, issue=record.issue, text=text)
            log.warning("%s was not sent: %s", record.issue, why)


def _miss(workspace: Workspace, past: Sequence[Record]) -> None:
    """Call missed what is of no use any more; of several sends, one notice tells."""
    now, missed = workspace.clock.now(), defaultdict[str, list[Record]](list)
    for record in past:
        name, _, slot = record.occurrence.key
        campaign = begun(workspace, record.issue) if slot is Slot.SEND else None
        if campaign is not None:
            _end(workspace, record, f"a person began campaign {campaign.id}", campaign.id)
        elif slot is Slot.SEND:
            missed[name].append(record)
        elif not _is_held(record, now):
            _call_missed(workspace, [record], "")
    for name, records in missed.items():
        issues = ", ".join(record.issue for record in records)
        text = f"Not sent, and not sent by itself any more: {issues}.\n\n" + "\n".join(
            f"{record.issue}: {_reason(record)}; `newsletter send {record.issue}` sends it now."
            for record in records
        )
        _call_missed(workspace, records, f"{name} {records[-1].occurrence.day}", text)


def _is_held(record: Record, now: datetime) -> bool:
    """Whether a process that lives is still at it."""
    return record.taken_until is not None and record.taken_until > now


def _reason(record: Record) -> str:
    return record.reason or "nothing ran at its hour"


def _call_missed(workspace: Workspace, records: Sequence[Record], key: str, text: str = "") -> None:
    now, state = workspace.clock.now(), OccurrenceState.MISSED
    with writing(workspace.engine) as connection:
        moved = [
            occurrences.move(connection, one.occurrence, state, at=now, reason=_reason(one))
            for one in records
        ]
        if any(moved) and text:
            kind, issue = NoticeKind.MISSED, records[-1].issue
            notices.add(workspace, connection, kind, key=key, issue=issue, text=text)
