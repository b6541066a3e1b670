"""Who agreed to be tracked shares batches with nobody else, and who takes that back is mailed all
the same: once, and untracked.
"""

from datetime import date

import pytest
from sqlalchemy import select, update

from newsletter.domain.campaign import Apart, BatchState, Outcome
from newsletter.domain.issue import Issue, Section
from newsletter.domain.mailing import UNTRACKED, Tracking
from newsletter.domain.version import versions
from newsletter.store import batches, candidates, claims, control, schema
from newsletter.store.claims import Terms
from newsletter.store.engine import reading, writing

BOTH = Tracking.OPENS | Tracking.CLICKS
TERMS = Terms(tracking=BOTH)


@pytest.fixture
def readers(engine, people, consent):
    """12 people: 1 to 7 agreed, 8 and 9 said no, the others were never asked."""
    people(engine, 12)
    consent(*range(1, 8))
    consent(8, 9, tracking=False)


@pytest.fixture
def batches_of(engine):
    """(state, tracking, people) of a campaign's batches, in their order."""

    def look(campaign):
        table, mail = schema.batch, schema.delivery
        with reading(engine) as connection:
            rows = connection.execute(
                select(table.c.state, table.c.tracking, mail.c.subscriber_id)
                .join_from(table, mail, mail.c.batch_id == table.c.id)
                .where(table.c.campaign_id == campaign.id, mail.c.ending.is_(None))
                .order_by(table.c.sequence, mail.c.id)
            ).all()
        found = {}
        for state, tracking, person in rows:
            found.setdefault((state, Tracking(tracking)), []).append(person)
        return [(*key, people) for key, people in found.items()]

    return look


@pytest.fixture
def claim(engine, step):
    """Claim the next batch of a campaign, in a transaction of its own."""
    numbers = iter(range(1000))

    def take(campaign, terms=TERMS):
        with writing(engine) as connection:
            return claims.claim(
                connection, campaign, step(), attempt=f"{next(numbers):032}", owner=1, terms=terms
            )

    return take


@pytest.fixture
def sending(engine, step):
    """Let a campaign be sent."""

    def begin(campaign):
        with writing(engine) as connection:
            return control.resume(connection, campaign, step())

    return begin


def numbers(claimed):
    return [person.subscription for person in claimed.deliveries]


def test_the_freeze_parts_who_agreed_from_who_did_not(engine, readers, freeze, batches_of):
    campaign = freeze(engine, tracking=BOTH)
    assert batches_of(campaign) == [
        ("ready", BOTH, [1, 2, 3, 4, 5, 6, 7]),
        ("ready", UNTRACKED, [8, 9, 10, 11, 12]),
    ]


def test_without_tracking_nobody_is_parted(engine, readers, freeze, ledger, batches_of):
    campaign = freeze(engine, size=12)
    assert len(ledger.batches(campaign)) == 1
    assert [tracking for _, tracking, _ in batches_of(campaign)] == [UNTRACKED]


def test_versions_stay_what_they_are(engine, readers, freeze, ledger):
    campaign = freeze(engine, tracking=Tracking.CLICKS)
    assert {row[2] for row in ledger.batches(campaign)} == {"all"}
    with reading(engine) as connection:
        kept = connection.execute(select(schema.rendition.c.version)).scalars().all()
    assert kept == ["all"]


@pytest.mark.parametrize("canary", [1, 4, 9])
def test_the_canary_has_its_size_with_both_kinds_of_people(engine, readers, freeze, ledger, canary):
    campaign = freeze(engine, tracking=BOTH, canary=canary, own_batches=("example.com",))
    with reading(engine) as connection:
        through = connection.execute(select(schema.campaign.c.open_through)).scalar_one()
    sizes = [(row[0] <= through, row[4]) for row in ledger.batches(campaign)]
    assert sum(people for first, people in sizes if first) == canary
    assert sum(people for _, people in sizes) == 12


def test_the_headcount_tells_who_agreed(engine, readers, clock):
    issue = Issue("2026-11-27", date(2026, 11, 27), "Gold", "", (Section("news", "News", ()),))
    with reading(engine) as connection:
        counted = candidates.count_audience(
            connection, issue.slug, "weekly", None, now=clock.now(), versions=versions(issue)
        )
    assert (counted.mailed, counted.versions, counted.tracked) == (12, {"all": 12}, {"all": 7})


def test_what_is_claimed_says_what_may_be_noted(engine, readers, freeze, sending, claim):
    campaign = sending(freeze(engine, size=10, tracking=BOTH))
    first, second = claim(campaign), claim(campaign)
    assert (numbers(first), first.tracking) == ([1, 2, 3, 4, 5, 6, 7], BOTH)
    assert (numbers(second), second.tracking) == ([8, 9, 10, 11, 12], UNTRACKED)
    assert claim(campaign) is None


def test_who_takes_it_back_after_the_freeze_goes_on_untracked(
    engine, readers, freeze, sending, claim, consent, ledger, batches_of
):
    campaign = sending(freeze(engine, size=10, tracking=BOTH))
    consent(2, tracking=False)
    consent(5, tracking=None)
    first = claim(campaign)
    assert batches_of(campaign) == [
        ("submitting", BOTH, [1, 3, 4, 6, 7]),
        ("ready", UNTRACKED, [8, 9, 10, 11, 12, 2, 5]),
    ]
    taken = [first, claim(campaign), claim(campaign)]
    assert [(numbers(one), one.tracking) for one in taken] == [
        ([1, 3, 4, 6, 7], BOTH),
        ([8, 9, 10, 11, 12], UNTRACKED),
        ([2, 5], UNTRACKED),
    ]
    assert claim(campaign) is None
    assert ledger.states(campaign) == {"planned": 12}
    reasons = [reason for *_, reason in ledger.log(campaign) if reason]
    assert reasons == ["2 set apart, for they are not to be tracked any more"]


def test_where_all_take_it_back_their_batch_is_untracked(
    engine, readers, freeze, sending, claim, consent, ledger, batches_of
):
    campaign = sending(freeze(engine, size=10, tracking=BOTH))
    consent(*range(1, 8), tracking=False)
    taken = claim(campaign)
    assert (numbers(taken), taken.tracking) == ([1, 2, 3, 4, 5, 6, 7], UNTRACKED)
    assert len(ledger.batches(campaign)) == 2
    assert batches_of(campaign)[0][:2] == ("submitting", UNTRACKED)


def test_who_left_is_neither_mailed_nor_set_apart(
    engine, readers, freeze, sending, claim, consent, ledger
):
    campaign = sending(freeze(engine, size=10, tracking=BOTH))
    consent(1, 2, tracking=False)
    table = schema.subscription
    with writing(engine) as connection:
        connection.execute(
            update(table).where(table.c.id.in_([2, 3])).values(status="unsubscribed")
        )
    assert [numbers(claim(campaign)) for _ in range(3)] == [[4, 5, 6, 7], [8, 9, 10, 11, 12], [1]]
    assert claim(campaign) is None
    assert ledger.states(campaign) == {"planned": 10, "suppressed": 2}


def test_settings_that_want_less_now_have_the_last_word(
    engine, readers, freeze, sending, claim, batches_of
):
    campaign = sending(freeze(engine, tracking=BOTH))
    opens = claim(campaign, Terms(tracking=Tracking.OPENS))
    nothing = claim(campaign, Terms())
    assert (len(opens.deliveries), opens.tracking) == (5, Tracking.OPENS)
    assert (len(nothing.deliveries), nothing.tracking) == (2, UNTRACKED)
    assert [found[:2] for found in batches_of(campaign)][:2] == [
        ("submitting", Tracking.OPENS),
        ("submitting", UNTRACKED),
    ]


def test_a_campaign_frozen_without_tracking_stays_without(
    engine, readers, freeze, sending, claim, consent
):
    campaign = sending(freeze(engine, size=12))
    consent(*range(1, 13))
    assert claim(campaign).tracking == UNTRACKED


def test_who_is_set_apart_by_an_answer_stays_tracked(
    engine, readers, freeze, sending, claim, step, batches_of
):
    campaign = sending(freeze(engine, size=10, tracking=BOTH))
    taken = claim(campaign)
    half = tuple(person.id for person in taken.deliveries[4:])
    with writing(engine) as connection:
        batches.record(
            connection, campaign, taken, BatchState.READY, step(reason="too large"),
            outcome=Outcome.REJECTED, apart=(Apart(half, BatchState.READY, "too large"),),
        )  # fmt: skip
    assert batches_of(campaign)[0] == ("ready", BOTH, [1, 2, 3, 4, 5, 6, 7])


def test_those_still_to_be_tracked_are_counted(engine, readers, freeze, sending, claim):
    campaign = sending(freeze(engine, tracking=BOTH))
    with reading(engine) as connection:
        assert claims.count_tracked(connection, campaign.id) == 7
    claim(campaign)
    with reading(engine) as connection:
        assert claims.count_tracked(connection, campaign.id) == 2


def test_a_cancelled_campaign_has_nobody_set_apart_left(
    engine, readers, freeze, sending, claim, consent, step, ledger
):
    campaign = sending(freeze(engine, size=10, tracking=BOTH))
    consent(2, tracking=False)
    claim(campaign)
    with writing(engine) as connection:
        control.cancel(connection, campaign, step())
    assert ledger.states(campaign) == {"planned": 6, "cancelled": 6}
