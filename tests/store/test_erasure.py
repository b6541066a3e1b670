"""An erased person is in no table any more, and nothing that must hold is lost with them."""

from __future__ import annotations

import pytest
from sqlalchemy import LargeBinary, func, insert, select, update

from newsletter.domain.address import Address, address_digest
from newsletter.domain.campaign import BatchState, Outcome, Step
from newsletter.domain.event import Event, EventKind
from newsletter.domain.suppression import Reason
from newsletter.events.ingest import ingest
from newsletter.store import accounting, batches, campaigns, claims, erasure, holdings, schema
from newsletter.store.engine import pepper, reading, writing

ADA = Address("reader1@example.com", "reader1@example.com")
CANARY = "zaffre"  # stands in every text held of the person

IMPERSONAL = frozenset(
    {"allowance", "archived", "attempt", "batch", "bookmark", "campaign", "dead_letter", "link"}
    | {"pace", "rendition", "tally", "transition", "wording", "workspace"}
    | {"brief", "correction", "notice", "occurrence", "redirect", "subject", "subject_trial"}
    | {"wave"}
)
"""Tables in which nobody is named: of the issue, of requests, of the machine; keyed digests that
nobody can turn back; and posts nobody could read, which an erasure searches."""


@pytest.fixture
def step(clock):
    return Step(clock.now(), "Bea", "the person was erased")


@pytest.fixture
def person(engine, mailed, clock):
    """A person with a row in every table that can have one, beside two others."""
    mailed(engine, 3)
    now = clock.now()
    with writing(engine) as connection:
        digest = address_digest(pepper(connection), ADA.canonical)
        connection.execute(
            update(schema.subscriber)
            .where(schema.subscriber.c.id == 1)
            .values(name=CANARY, attributes={"city": CANARY})
        )
        connection.execute(
            update(schema.delivery)
            .where(schema.delivery.c.id == 1)
            .values(fields={"first_name": CANARY}, reason=f"no {ADA.mailed.upper()} here")
        )
        for table, row in {
            schema.tag: {"name": CANARY, "subscriber_id": 1},
            schema.wording: {"hash": "0" * 64, "text": "I agree to weekly mail."},
            schema.consent: {
                "subscriber_id": 1,
                "digest": digest,
                "list_key": "weekly",
                "kind": "joined",
                "at": now,
                "source": "form",
                "wording": "0" * 64,
                "network": "192.0.2.77",
            },
            schema.signup: {
                "address": ADA.mailed,
                "canonical": ADA.canonical,
                "name": CANARY,
                "lists": ["gems"],
                "attributes": {},
                "source": "form",
                "asked_at": now,
            },
            schema.event: {
                "key": "k1",
                "kind": "bounced",
                "at": now,
                "received_at": now,
                "delivery_id": 1,
                "reason": f"550 <{ADA.mailed}> unknown",
                "url": f"https://example.com/{CANARY}",
            },
            schema.exclusion: {"campaign_id": 1, "subscriber_id": 1, "reason": "test"},
            schema.dead_letter: {
                "received_at": now,
                "digest": "d1",
                "reason": "odd",
                "body": b'[{"email": "READER1@example.com"}, {"email": "reader2@example.com"}]',
            },
        }.items():
            connection.execute(insert(table).values(row))  # fmt: skip
    return digest


def erase(engine, step, address=ADA):
    with writing(engine) as connection:
        return erasure.erase(connection, address, step)


def everything(engine):
    """Table.column → the text of every value."""
    with reading(engine) as connection:
        return {
            f"{table.name}.{column.name}": [
                value.decode() if isinstance(column.type, LargeBinary) else str(value)
                for value in connection.execute(select(column)).scalars()
                if value is not None and column.name != "pepper"
            ]
            for table in schema.metadata.sorted_tables
            for column in table.c
        }


def naming(engine):
    """Where the person is still named."""
    words = (ADA.canonical, CANARY, "192.0.2.77")
    return [
        place
        for place, values in everything(engine).items()
        if any(word in value.lower() for value in values for word in words)
    ]


def test_nothing_in_any_table_names_an_erased_person(engine, person, step):
    assert len(naming(engine)) > 10
    erased = erase(engine, step)
    assert naming(engine) == []
    assert (erased.subscribers, erased.subscriptions, erased.tags, erased.signups) == (1, 1, 1, 1)
    assert (erased.consents, erased.deliveries, erased.events, erased.dead_letters) == (1, 1, 1, 1)


def test_others_keep_everything(engine, person, step):
    erase(engine, step)
    assert everything(engine)["subscriber.canonical"] == [
        "reader2@example.com", "reader3@example.com",
    ]  # fmt: skip
    assert sorted(everything(engine)["delivery.address"]) == [
        "", "reader2@example.com", "reader3@example.com",
    ]  # fmt: skip
    assert everything(engine)["dead_letter.body"] == [
        '[{"email": "erased"}, {"email": "reader2@example.com"}]'
    ]


def test_a_second_time_finds_nothing_more(engine, person, step):
    erase(engine, step)
    after = everything(engine)
    assert erase(engine, step) == erasure.Erased()
    assert everything(engine) == after


def test_the_digest_stays_as_a_suppression_and_in_the_chain_of_consent(engine, person, step):
    erase(engine, step)
    with reading(engine) as connection:
        left = holdings.held(connection, ADA.canonical)
    assert [(row["digest"], row["reason"]) for row in left["suppression"]] == [(person, "erased")]
    (link,) = left["consent"]
    assert (link["subscriber_id"], link["network"]) == (None, None)
    assert (link["kind"], link["words"]) == ("joined", "I agree to weekly mail.")
    (change,) = left["suppression_log"]
    assert (change["actor"], change["before"], change["after"]) == ("Bea", "", "erased")
    assert [row["issue"] for row in left["delivery"]] == ["issue-1"]
    assert {"subscriber", "subscription", "tag", "signup"}.isdisjoint(left)


def test_an_erasure_takes_the_place_of_another_reason(engine, person, step, clock):
    with writing(engine) as connection:
        connection.execute(
            insert(schema.suppression).values(
                digest=person, reason=Reason.COMPLAINED, at=clock.now()
            )
        )
    erase(engine, step)
    assert everything(engine)["suppression.reason"] == ["erased"]


def test_sums_hold_and_nobody_is_mailed_twice(engine, person, step):
    with reading(engine) as connection:
        before = accounting.account(connection, 1)
    erase(engine, step)
    with reading(engine) as connection:
        assert accounting.account(connection, 1) == before
        query = select(func.count(schema.delivery.c.canonical.distinct()))
        assert connection.execute(query).scalar_one() == 3


def test_an_event_that_comes_later_changes_nothing_and_is_not_kept(engine, person, step, clock):
    erase(engine, step)
    late = Event("k2", EventKind.CLICKED, clock.now(), ADA.canonical, 1, reason=ADA.canonical)
    assert ingest(engine, [late], clock=clock).foreign == 1
    assert naming(engine) == []


def planned(engine, mailed, state):
    """A campaign under way, its one batch in this state."""
    mailed(engine, 2, state="sending", batch=state)


def test_a_mail_that_was_not_submitted_never_leaves(engine, mailed, step, clock):
    planned(engine, mailed, "ready")
    erased = erase(engine, step)
    assert (erased.unsent, erased.leaving) == (1, 0)
    with writing(engine) as connection:
        campaign = campaigns.get(connection, 1)
        claim = claims.claim(connection, campaign, step, attempt="f" * 32, owner=1)
        assert [one.address for one in claim.deliveries] == ["reader2@example.com"]
        assert accounting.account(connection, 1).balances


@pytest.mark.parametrize("state", ["submitting", "scheduled", "unknown", "held", "cancelling"])
def test_a_mail_the_provider_may_have_is_told_and_its_state_kept(engine, mailed, step, state):
    planned(engine, mailed, state)
    erased = erase(engine, step)
    assert (erased.unsent, erased.leaving, erased.deliveries) == (0, 1, 1)
    assert everything(engine)["delivery.ending"] == []


def test_a_batch_that_comes_back_after_the_erasure_leaves_the_person_out(
    engine, mailed, step, clock
):
    planned(engine, mailed, "ready")
    with writing(engine) as connection:
        campaign = campaigns.get(connection, 1)
        claim = claims.claim(connection, campaign, step, attempt="f" * 32, owner=1)
        assert len(claim.deliveries) == 2
    erase(engine, step)
    with writing(engine) as connection:
        batches.record(connection, campaign, claim, BatchState.READY, step, outcome=Outcome.BUSY)
        again = claims.claim(connection, campaign, step, attempt="e" * 32, owner=1)
    assert [one.address for one in again.deliveries] == ["reader2@example.com"]


def test_somebody_nobody_knows_is_suppressed_all_the_same(engine, step):
    stranger = Address("new@example.org", "new@example.org")
    assert erase(engine, step, stranger) == erasure.Erased()
    assert everything(engine)["suppression.reason"] == ["erased"]


def test_every_table_that_can_name_a_person_is_handed_out(engine, person):
    """A table nobody thought of here would be neither handed out nor erased."""
    with reading(engine) as connection:
        shown = set(holdings.held(connection, ADA.canonical))
    known = shown | {"suppression", "suppression_log"} | IMPERSONAL
    assert {table.name for table in schema.metadata.sorted_tables} == known
