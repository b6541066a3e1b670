"""Subjects on trial in the database: which there are, how they do, and which one won."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update

from newsletter.domain import tally
from newsletter.domain.campaign import BatchState, CampaignState
from newsletter.domain.report import Verdict
from newsletter.domain.trial import (
    Measure,
    Showing,
    TrialStatus,
    TriedSubject,
    is_tried,
    of_subject,
    place_of_subject,
)
from newsletter.store import schema, sums
from newsletter.store.campaigns import log

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from newsletter.domain.campaign import Step
    from newsletter.domain.trial import Choice, Trial


_MEASURES = {
    Measure.CLICKS: (tally.Measure.CLICKED, tally.Measure.CLICKS),
    Measure.OPENS: (tally.Measure.OPENED, tally.Measure.OPENS),
}
"""What is summed of people one by one, and what of all others."""


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
    """The trial of a campaign; None where it has none. The figures are 0 until one is chosen."""
    trial, subject = schema.subject_trial, schema.subject
    row = connection.execute(select(trial).where(trial.c.campaign_id == campaign_id)).one_or_none()
    if row is None:
        return None
    subjects = connection.execute(
        select(
            subject.c.text,
            func.coalesce(subject.c.mailed, 0),
            func.coalesce(subject.c.answered, 0),
        )
        .where(subject.c.campaign_id == campaign_id)
        .order_by(subject.c.place)
    )
    return TrialStatus(
        after=timedelta(seconds=row.after),
        measure=Measure(row.measure),
        least=row.least,
        subjects=tuple(TriedSubject(text, *map(int, some)) for text, *some in subjects),
        chosen=row.chosen,
        chosen_at=row.chosen_at,
        reason=row.reason,
    )


def look_now(connection: Connection, campaign_id: int) -> TrialStatus | None:
    """The trial of a campaign with its figures so far, where nothing is chosen yet."""
    trial = look(connection, campaign_id)
    if trial is None or trial.chosen is not None:
        return trial
    pairs = zip(trial.subjects, showings(connection, campaign_id, trial), strict=True)
    so_far = tuple(TriedSubject(one.text, shown.mailed, shown.answered) for one, shown in pairs)
    return replace(trial, subjects=so_far)


def showings(connection: Connection, campaign_id: int, trial: TrialStatus) -> tuple[Showing, ...]:
    """How each subject does: mails that were submitted, and how many humans answered. Of people who
    did not consent to be counted one by one, every click or open counts.
    """
    done, events = _MEASURES[trial.measure]
    counted = sums.counts(connection, [campaign_id], (done, events))
    answered: Counter[int] = Counter()
    for (_, version), found in counted.items():
        place = place_of_subject(version)
        answered[place] += found.get((done, Verdict.HUMAN), 0)
        answered[place] += found.get((events, Verdict.HUMAN), 0)
    mailed = _mailed(connection, campaign_id)
    return tuple(
        Showing(mailed[place], min(answered[place], mailed[place]))
        for place in range(1, len(trial.subjects) + 1)
    )


def _mailed(connection: Connection, campaign_id: int) -> Counter[int]:
    """People by the place of the subject they were mailed."""
    delivery, batch = schema.delivery, schema.batch
    rows = connection.execute(
        select(batch.c.version, func.count())
        .join_from(delivery, batch, delivery.c.batch_id == batch.c.id)
        .where(
            batch.c.campaign_id == campaign_id,
            batch.c.state == BatchState.SUBMITTED,
            delivery.c.ending.is_(None),
        )
        .group_by(batch.c.version)
    )
    people: Counter[int] = Counter()
    for version, count in rows:
        people[place_of_subject(version)] += count
    return people


def choose(
    connection: Connection,
    campaign_id: int,
    choice: Choice,
    shown: tuple[Showing, ...],
    step: Step,
    *,
    state: CampaignState = CampaignState.SENDING,
) -> bool:
    """Let all who wait get the winner, unless somebody has just chosen; True where this did.

    The campaign is in this `state`. Lock the batches that are ready before it (moves.hold_open).
    """
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
    of_campaign = select(batch.c.version).where(batch.c.campaign_id == campaign_id).distinct()
    versions = connection.execute(of_campaign).scalars().all()
    connection.execute(
        update(batch)
        .where(
            batch.c.campaign_id == campaign_id,
            batch.c.state == BatchState.READY,
            batch.c.version.in_([one for one in versions if not is_tried(one)]),
        )
        .values(version=batch.c.version + of_subject("", place))
    )
    log(connection, campaign_id, step, before=state, after=state)
    return True
