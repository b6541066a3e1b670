"""Subjects on trial in the database: which there are, how they do, and which one won."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update

from newsletter.domain.campaign import BatchState, CampaignState
from newsletter.domain.trial import Measure, Showing, of_subject
from newsletter.store import schema
from newsletter.store.campaigns import log

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.domain.campaign import Step
    from newsletter.domain.trial import Choice, Trial


@dataclass(frozen=True, slots=True)
class TriedSubject:
    """A subject on trial, and how it had done when the winner was chosen."""

    text: str
    mailed: int | None
    answered: int | None


@dataclass(frozen=True, slots=True)
class TrialStatus:
    """The trial of a campaign: how it is judged, its subjects, and the place of the one that was
    `chosen`, from 1, with the reason.
    """

    after: timedelta
    measure: Measure
    least: int
    subjects: tuple[TriedSubject, ...]
    chosen: int | None
    chosen_at: datetime | None
    reason: str


def keep(connection: Connection, campaign_id: int, trial: Trial) -> None:
    """Write down a trial at the freeze."""
    connection.execute(
        insert(schema.subject_trial).values(
            campaign_id=campaign_id,
            after=int(trial.after.total_seconds()),
            measure=trial.measure,
            least=trial.least,
        )
    )
    rows = [
        {"campaign_id": campaign_id, "place": place, "text": subject}
        for place, subject in enumerate(trial.subjects, 1)
    ]
    connection.execute(insert(schema.subject), rows)


def look(connection: Connection, campaign_id: int) -> TrialStatus | None:
    """The trial of a campaign; None where it has none."""
    trial, subject = schema.subject_trial, schema.subject
    row = connection.execute(select(trial).where(trial.c.campaign_id == campaign_id)).one_or_none()
    if row is None:
        return None
    subjects = connection.execute(
        select(subject.c.text, subject.c.mailed, subject.c.answered)
        .where(subject.c.campaign_id == campaign_id)
        .order_by(subject.c.place)
    )
    return TrialStatus(
        after=timedelta(seconds=row.after),
        measure=Measure(row.measure),
        least=row.least,
        subjects=tuple(TriedSubject(*one) for one in subjects),
        chosen=row.chosen,
        chosen_at=row.chosen_at,
        reason=row.reason,
    )


def showings(connection: Connection, campaign_id: int, trial: TrialStatus) -> tuple[Showing, ...]:
    """How each subject does: mails that were submitted, and people, no machines, who answered."""
    delivery, batch = schema.delivery, schema.batch
    answered = delivery.c.clicked_at if trial.measure is Measure.CLICKS else delivery.c.opened_at
    rows = connection.execute(
        select(batch.c.version, func.count(), func.count(answered))
        .join_from(delivery, batch, delivery.c.batch_id == batch.c.id)
        .where(
            batch.c.campaign_id == campaign_id,
            batch.c.version.contains("~"),
            batch.c.state == BatchState.SUBMITTED,
            delivery.c.ending.is_(None),
        )
        .group_by(batch.c.version)
    ).all()
    sums = [[0, 0] for _ in trial.subjects]
    for version, mailed, answers in rows:
        one = sums[int(version.rpartition("~")[2]) - 1]
        one[0] += mailed
        one[1] += answers
    return tuple(Showing(mailed, answers) for mailed, answers in sums)


def choose(
    connection: Connection,
    campaign_id: int,
    choice: Choice,
    shown: tuple[Showing, ...],
    step: Step,
) -> bool:
    """Let all who wait get the winner, unless somebody has just chosen; True where this did."""
    trial, subject, batch = schema.subject_trial, schema.subject, schema.batch
    place = choice.winner + 1
    chosen = connection.execute(
        update(trial)
        .where(trial.c.campaign_id == campaign_id, trial.c.chosen.is_(None))
        .values(chosen=place, chosen_at=step.at, reason=choice.why)
    )
    if chosen.rowcount != 1:
        return False
    for number, one in enumerate(shown, 1):
        connection.execute(
            update(subject)
            .where(subject.c.campaign_id == campaign_id, subject.c.place == number)
            .values(mailed=one.mailed, answered=one.answered)
        )
    connection.execute(
        update(batch)
        .where(
            batch.c.campaign_id == campaign_id,
            batch.c.state == BatchState.READY,
            ~batch.c.version.contains("~"),
        )
        .values(version=batch.c.version + of_subject("", place))
    )
    sending = CampaignState.SENDING
    log(connection, campaign_id, step, before=sending, after=sending)
    return True
