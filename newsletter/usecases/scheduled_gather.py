"""The draft of a schedule: at its hour the sources are read, and the editors get the proof."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter import failpoints
from newsletter.domain.notice import NoticeKind
from newsletter.domain.occurrence import OccurrenceState, Record, Slot
from newsletter.domain.prose import counted
from newsletter.errors import NewsletterError
from newsletter.issues import folder
from newsletter.store import occurrences
from newsletter.store.engine import writing
from newsletter.usecases import notices
from newsletter.usecases.clearance import begun
from newsletter.usecases.drafting import Gathered
from newsletter.usecases.gathering import gather

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from newsletter.app import Workspace
    from newsletter.domain.item import SourceResult

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
"""For so long after its last sign of life a gather counts as under way; then it is tried again."""

SIGN_OF_LIFE = timedelta(minutes=1)


class _Stopped(Exception):
    """Somebody asked this process to end."""


def draft(
    workspace: Workspace,
    record: Record,
    week: Sequence[Record],
    stopping: threading.Event | None = None,
) -> None:
    """Make the issue where there is none, gather into it, and have the proof mailed.

    An issue that is approved, or sent, is left alone. What fails is told, and tried again until the
    hour of the send.
    """
    now = workspace.clock.now()
    with writing(workspace.engine) as connection:
        if not occurrences.take(connection, record.occurrence, now, now + LEASE):
            return
    failpoints.reach("occurrence:taken")
    try:
        found = _gathered(workspace, record, stopping)
    except _Stopped:
        with writing(workspace.engine) as connection:
            occurrences.move(connection, record.occurrence, OccurrenceState.DUE, at=now)
        return
    except NewsletterError as error:
        fail(workspace, record, str(error))
        return
    failpoints.reach("occurrence:drafted")
    _finish(workspace, record, week, found)


def _gathered(
    workspace: Workspace, record: Record, stopping: threading.Event | None
) -> Gathered | None:
    """What was gathered; None where the issue is to be left alone."""
    schedule, slug = workspace.settings.schedule[record.occurrence.schedule], record.issue
    if not folder.IssueFolder(workspace.issues / slug).issue_file.exists():
        folder.create(
            workspace.issues,
            slug,
            day=record.occurrence.day,
            list_key=schedule.list_key or next(iter(workspace.settings.lists)),
            titles=[rule.title for rule in workspace.settings.sections],
            segment=schedule.segment,
        )
    elif begun(workspace, slug) or folder.find(workspace.issues, slug).approval():
        return None
    if not workspace.settings.sources:
        return Gathered((), {}, 0, 0)
    life = _Life(workspace, record, stopping)
    return gather(workspace, slug, progress=life.sign, when_thin=schedule.thin)


@dataclass
class _Life:
    """Tells, as sources finish, that this process lives; or ends it."""

    workspace: Workspace
    record: Record
    stopping: threading.Event | None

    def __post_init__(self) -> None:
        self._told = self.workspace.clock.now()

    def sign(self, _: SourceResult) -> None:
        if self.stopping is not None and self.stopping.is_set():
            raise _Stopped
        now = self.workspace.clock.now()
        if now - self._told >= SIGN_OF_LIFE:
            self._told = now
            with writing(self.workspace.engine) as connection:
                occurrences.hold(connection, self.record.occurrence, now + LEASE)


def fail(workspace: Workspace, record: Record, why: str) -> None:
    """Say so once; where it was taken, that runs out, and it is tried again."""
    name, day, slot = record.occurrence.key
    log.warning("the %s of %s failed: %s", slot, record.issue, why)
    with writing(workspace.engine) as connection:
        if occurrences.explain(connection, record.occurrence, why):
            text = f"The {slot} of {record.issue} failed, and is tried again: {why}"
            key, kind = f"{slot} {name} {day}", NoticeKind.FAILED
            notices.add(workspace, connection, kind, key=key, issue=record.issue, text=text)


def _finish(
    workspace: Workspace, record: Record, week: Sequence[Record], found: Gathered | None
) -> None:
    said = _summary(found)
    with writing(workspace.engine) as connection:
        done, at = OccurrenceState.DONE, workspace.clock.now()
        if not occurrences.move(connection, record.occurrence, done, at=at, reason=said):
            return
        if found is not None and found.skipped:
            _skip_rest(workspace, connection, record, week, said)
        elif found is not None:
            next_steps = _how_on(workspace, record, week)
            text = f"The draft of {record.issue} is there: {said}.\n\n{next_steps}"
            _tell(workspace, connection, NoticeKind.PROOF, record, text)
    log.info("%s: %s", record.issue, said)


def _summary(found: Gathered | None) -> str:
    """What came of a gather, for people."""
    if found is None:
        return "left alone, for it is approved or sent"
    if found.thin and found.skipped:
        return found.thin
    briefs = counted(sum(found.placed.values()), "brief")
    candidates = counted(found.candidates, "candidate")
    parts = [f"{briefs} and {candidates} from {counted(len(found.results), 'source')}"]
    failed = [f"{result.source} ({result.error})" for result in found.results if result.error]
    if failed:
        parts.append(f"could not be read: {', '.join(failed)}")
    return "; ".join([*parts, *filter(None, [found.thin])])


def _how_on(workspace: Workspace, record: Record, week: Sequence[Record]) -> str:
    """When it is sent, and what the editors do before."""
    zone = workspace.settings.publication.zone
    (at,) = (one.occurrence.at for one in _same_day(record, week, Slot.SEND))
    return (
        f"It is sent on {at.astimezone(zone):%A, %Y-%m-%d at %H:%M} ({zone}), if it is approved "
        f"by then.\n\n"
        f"Look at it and edit it: `newsletter preview {record.issue}`\n"
        f"Approve it: `newsletter approve {record.issue}`"
    )


def _skip_rest(
    workspace: Workspace,
    connection: Connection,
    record: Record,
    week: Sequence[Record],
    why: str,
) -> None:
    """A thin week has no issue: nobody is reminded, nothing is sent."""
    skipped, at = OccurrenceState.SKIPPED, workspace.clock.now()
    for other in _same_day(record, week, Slot.REMIND, Slot.SEND):
        occurrences.move(connection, other.occurrence, skipped, at=at, reason=why)
    text = f"{record.issue}: {why}.\n\nA person may still write it, approve it and send it."
    _tell(workspace, connection, NoticeKind.THIN, record, text)


def _same_day(record: Record, week: Sequence[Record], *slots: Slot) -> list[Record]:
    name, day, _ = record.occurrence.key
    keys = [(name, day, slot) for slot in slots]
    return [other for other in week if other.occurrence.key in keys]


def _tell(
    workspace: Workspace, connection: Connection, kind: NoticeKind, record: Record, text: str
) -> None:
    name, day, _ = record.occurrence.key
    key = f"{name} {day}"
    notices.add(workspace, connection, kind, key=key, issue=record.issue, text=text)
