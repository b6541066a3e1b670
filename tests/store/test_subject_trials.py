"""Subjects on trial, on either database: who is drawn, and that the rest gets the winner once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from newsletter.domain.campaign import BatchState
from newsletter.domain.trial import Choice, Measure, Showing, Trial
from newsletter.store import campaigns, schema, subjects
from newsletter.store.engine import reading, writing

TRIAL = Trial(("Gold falls", "What gold costs"), 0.4, timedelta(hours=4), Measure.CLICKS, 4)
CHOICE = Choice(1, "clicks: 1 of 4, 3 of 4; the best is taken")
SHOWN = (Showing(4, 1), Showing(4, 3))


@pytest.fixture
def renditions(rendered):
    return [rendered(key) for key in ("all", "all~1", "all~2")]


@pytest.fixture
def begin(engine, people, freeze, renditions, issue):
    def make(count=20, trial=TRIAL, **options):
        people(engine, count)
        return freeze(engine, issue(**options), renditions=renditions, trial=trial)

    return make


def drawn(engine, campaign):
    """Version → the people it was drawn for."""
    batch, delivery = schema.batch, schema.delivery
    found = {}
    with reading(engine) as connection:
        rows = connection.execute(
            select(batch.c.version, delivery.c.subscriber_id)
            .join(delivery, delivery.c.batch_id == batch.c.id)
            .where(batch.c.campaign_id == campaign.id)
        )
        for version, person in rows:
            found.setdefault(version, set()).add(person)
    return found


def kept(engine, campaign):
    with reading(engine) as connection:
        return set(campaigns.renditions(connection, campaign.id))


def test_the_first_batches_try_the_subjects_on_as_many_people_each(engine, begin, ledger):
    campaign = begin()
    assert [(row[2], row[4]) for row in ledger.batches(campaign)] == [
        ("all~1", 4),
        ("all~2", 4),
        ("all", 5),
        ("all", 5),
        ("all", 2),
    ]
    assert kept(engine, campaign) == {"all", "all~1", "all~2"}
    with reading(engine) as connection:
        found = subjects.look(connection, campaign.id)
    assert [one.text for one in found.subjects] == list(TRIAL.subjects)
    assert (found.after, found.least, found.chosen) == (timedelta(hours=4), 4, None)


def test_nobody_is_drawn_for_when_they_came_and_each_issue_draws_others(
    engine, begin, freeze, issue, renditions
):
    first = drawn(engine, begin())
    again = drawn(engine, freeze(engine, issue("2026-12-04", "gems"), renditions=renditions))
    assert first["all~1"] | first["all~2"] != set(range(1, 9))
    assert again == {}  # nobody is on that list
    with writing(engine) as connection:
        connection.execute(update(schema.subscription).values(list_key="gems"))
    other = drawn(
        engine, freeze(engine, issue("2026-12-11", "gems"), renditions=renditions, trial=TRIAL)
    )
    assert other["all~1"] | other["all~2"] != first["all~1"] | first["all~2"]


def test_too_few_people_try_nothing(engine, begin, ledger):
    campaign = begin(9)
    assert [(row[2], row[4]) for row in ledger.batches(campaign)] == [("all", 5), ("all", 4)]
    assert kept(engine, campaign) == {"all"}
    with reading(engine) as connection:
        assert subjects.look(connection, campaign.id) is None


def test_all_who_wait_get_the_winner_and_nobody_else(engine, begin, step):
    campaign = begin()
    before = drawn(engine, campaign)
    with writing(engine) as connection:
        assert subjects.choose(connection, campaign.id, CHOICE, SHOWN, step())
    after = drawn(engine, campaign)
    assert after == {"all~1": before["all~1"], "all~2": before["all~2"] | before["all"]}
    with reading(engine) as connection:
        found = subjects.look(connection, campaign.id)
    assert (found.chosen, found.reason) == (2, CHOICE.why)
    assert [(one.mailed, one.answered) for one in found.subjects] == [(4, 1), (4, 3)]


def test_a_second_choice_changes_nothing(engine, begin, step, ledger):
    campaign = begin()
    with writing(engine) as connection:
        subjects.choose(connection, campaign.id, CHOICE, SHOWN, step())
    before = drawn(engine, campaign), ledger.log(campaign)
    with writing(engine) as connection:
        assert not subjects.choose(connection, campaign.id, Choice(0, "no"), SHOWN, step())
    assert (drawn(engine, campaign), ledger.log(campaign)) == before


def test_a_choice_that_is_not_committed_never_was(engine, begin, step):
    campaign = begin()
    before = drawn(engine, campaign)

    def choose_and_fail():
        with writing(engine) as connection:
            subjects.choose(connection, campaign.id, CHOICE, SHOWN, step())
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        choose_and_fail()
    assert drawn(engine, campaign) == before
    with reading(engine) as connection:
        assert subjects.look(connection, campaign.id).chosen is None


def test_humans_count_and_machines_do_not(engine, begin):
    campaign = begin()
    rows = [
        ("all~1", "clicked", "human", 1),
        ("all~1", "clicked", "machine", 3),
        ("all~2", "clicked", "human", 2),
        ("all~2", "clicks", "human", 1),
        ("all~2", "opened", "human", 4),
    ]
    batch, tally = schema.batch, schema.tally
    with writing(engine) as connection:
        connection.execute(
            update(batch).where(batch.c.version != "all").values(state=BatchState.SUBMITTED)
        )
        connection.execute(
            tally.insert(),
            [
                {
                    "campaign_id": campaign.id,
                    "version": version,
                    "measure": measure,
                    "subject": who,
                    "count": count,
                }
                for version, measure, who, count in rows
            ],
        )
        trial = subjects.look(connection, campaign.id)
        assert subjects.showings(connection, campaign.id, trial) == (Showing(4, 1), Showing(4, 3))
