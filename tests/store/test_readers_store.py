"""What readers write, on both databases: sign-ups, people, preferences, allowances, the archive."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from newsletter.domain.address import Address
from newsletter.domain.audience import Frequency
from newsletter.domain.consent import Proof, Reason
from newsletter.domain.signup import Wish
from newsletter.store import allowances, archive, consent, members, preferences, schema, signups
from newsletter.store.engine import reading, writing

WISH = Wish(Address("Ada@example.com", "ada@example.com"), ("weekly",), "de", "Ada", {"doors": 3})
PROOF = Proof("sign-up form", network="192.0.2.7")
MOST = 3
DAY = timedelta(days=1)


@pytest.fixture
def mailed(mailed):
    """The same, and new people get numbers after theirs on PostgreSQL, too."""

    def write(engine, people):
        mailed(engine, people)
        if engine.dialect.name == "postgresql":
            with writing(engine) as connection:
                for name in ("subscriber", "subscription"):
                    numbers = func.pg_get_serial_sequence(name, "id")
                    connection.execute(select(func.setval(numbers, 1000)))

    return write


@pytest.fixture
def ask(engine, clock):
    def ask(wish=WISH):
        with writing(engine) as connection:
            signups.ask(connection, wish, at=clock.now(), proof=PROOF, most=MOST)

    return ask


@pytest.fixture
def due(engine, clock):
    def due():
        with reading(engine) as connection:
            return [one.id for one in signups.due(connection, clock.now(), most=MOST)]

    return due


def test_a_wish_comes_back_as_it_was_kept(engine, ask, due, clock):
    ask()
    (number,) = due()
    with reading(engine) as connection:
        kept = signups.find(connection, number)
    assert (kept.wish, kept.proof, kept.asked_at) == (WISH, PROOF, clock.now())


def test_one_process_claims_a_confirmation(engine, ask, due, clock):
    ask()
    (number,) = due()

    def claim(_):
        with writing(engine) as connection:
            return signups.claim(connection, number, clock.now(), most=MOST)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(claim, range(8))) == [False] * 7 + [True]
    assert due() == []


def test_a_crash_after_the_claim_has_it_tried_again_a_day_later_and_not_for_ever(
    engine, ask, due, clock
):
    ask()
    tries = 0
    for _ in range(6):
        for number in due():
            with writing(engine) as connection:
                tries += signups.claim(connection, number, clock.now(), most=MOST)
        assert due() == []
        clock.advance(DAY.total_seconds())
    assert tries == MOST


def test_what_was_certainly_not_mailed_costs_nothing(engine, ask, due, clock):
    ask()
    for _ in range(5):
        (number,) = due()
        with writing(engine) as connection:
            assert signups.claim(connection, number, clock.now(), most=MOST)
            signups.put_off(connection, number, until=clock.now() + timedelta(minutes=5))
        assert due() == []
        clock.advance(300)


def test_asking_at_once_from_many_places_is_asking_once(engine, ask, due):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda key: ask(replace(WISH, lists=(key,))), "abcdefgh"))
    (number,) = due()
    with reading(engine) as connection:
        assert set(signups.find(connection, number).wish.lists) == set("abcdefgh")


def test_who_was_mailed_within_a_day_is_not_forgotten_however_short_wishes_are_kept(
    engine, ask, due, clock
):
    ask()
    (number,) = due()
    with writing(engine) as connection:
        signups.claim(connection, number, clock.now(), most=MOST)
        signups.mailed(connection, number)
    clock.advance(7200)
    for expected in (0, 1):
        with writing(engine) as connection:
            kept = timedelta(hours=1)
            assert signups.forget(connection, now=clock.now(), kept=kept, most=10) == expected
        clock.advance(DAY.total_seconds())


def test_welcoming_somebody_known_adds_and_takes_nothing_away(engine, ask, due, mailed, clock):
    mailed(engine, 1)
    with writing(engine) as connection:
        changed = {"name": "Grace", "attributes": {"doors": 9, "role": "designer"}}
        connection.execute(schema.subscriber.update().values(**changed))
    known = Address("reader1@example.com", "reader1@example.com")
    ask(replace(WISH, address=known, lists=("gems",)))
    (number,) = due()
    with writing(engine) as connection:
        signup = signups.find(connection, number, changing=True)
        members.welcome(connection, signup, at=clock.now(), proof=PROOF)
    with reading(engine) as connection:
        _, now = preferences.find(connection, 1)
    assert (now.name, now.language, now.lists) == ("Grace", "de", {"weekly", "gems"})
    assert now.attributes == {"doors": 9, "role": "designer"}


def test_a_form_nobody_confirmed_changes_nothing_of_somebody_known(engine, mailed, clock):
    mailed(engine, 1)
    known = Address("reader1@example.com", "reader1@example.com")
    with writing(engine) as connection:
        left = members.admit(
            connection, replace(WISH, address=known), ["gems"], at=clock.now(), proof=PROOF
        )
    with reading(engine) as connection:
        _, now = preferences.find(connection, 1)
    assert (left, now.name, now.attributes, now.lists) == ((), "", {}, {"weekly", "gems"})


def test_preferences_come_back_as_they_were_chosen(engine, mailed, clock):
    mailed(engine, 1)
    with writing(engine) as connection:
        person, before = preferences.find(connection, 1, changing=True)
        after = replace(
            before,
            name="Ada",
            language="fr",
            frequency=Frequency.WEEKLY,
            tracking=False,
            paused_until=datetime(2026, 12, 24, tzinfo=timezone(timedelta(hours=-5))),
            attributes={"doors": 2.5},
            lists=frozenset({"gems"}),
        )
        preferences.change(connection, person, before, after, at=clock.now(), proof=PROOF)
    with reading(engine) as connection:
        assert preferences.find(connection, 1) == (person, after)
        kinds = list(connection.execute(select(schema.consent.c.kind)).scalars())
    assert kinds == ["joined", "left", "tracking taken"]


def test_an_unsubscribe_that_is_heard_of_late_does_not_undo_coming_back(engine, mailed, clock):
    mailed(engine, 1)
    left_at = clock.now()
    with writing(engine) as connection:
        consent.unsubscribe(connection, 1, at=left_at, delivery=1, reason=Reason.OTHER)
    clock.advance(60)
    with writing(engine) as connection:
        assert consent.take_back(connection, 1, at=clock.now(), proof=PROOF)
        assert not consent.leave(connection, 1, at=left_at)
        assert preferences.find(connection, 1)[1].lists == {"weekly"}


def test_the_chain_tells_which_mail_and_why(engine, mailed, clock):
    mailed(engine, 1)
    with writing(engine) as connection:
        consent.unsubscribe(connection, 1, at=clock.now(), delivery=1, reason=Reason.TOO_OFTEN)
        consent.come_back(connection, 1, at=clock.now() + DAY, delivery=1)
    table = schema.consent
    query = select(table.c.kind, table.c.source, table.c.delivery_id, table.c.reason)
    with reading(engine) as connection:
        assert [tuple(row) for row in connection.execute(query.order_by(table.c.id))] == [
            ("left", "unsubscribe link", 1, "too often"),
            ("returned", "reported by the provider", 1, None),
        ]


def test_wordings_are_kept_once(engine):
    with writing(engine) as connection:
        marks = {consent.remember_wording(connection, text) for text in ("yes", "yes", "oui")}
        kept = set(connection.execute(select(schema.wording.c.text)).scalars())
    assert (len(marks), kept) == (2, {"yes", "oui"})


def test_an_allowance_counts_for_an_hour_and_then_anew(engine, clock):
    counts = []
    for _ in range(4):
        with writing(engine) as connection:
            counts += [allowances.use(connection, name, at=clock.now()) for name in "aab"]
        clock.advance(1500)
    assert counts == [1, 2, 1, 3, 4, 2, 5, 6, 3, 1, 2, 1]


def test_allowances_that_count_no_more_are_forgotten_a_few_at_a_time(engine, clock):
    with writing(engine) as connection:
        for name in "abc":
            allowances.use(connection, name, at=clock.now())
    clock.advance(3600)
    with writing(engine) as connection:
        gone = [allowances.forget(connection, now=clock.now(), most=2) for _ in range(3)]
    assert gone == [2, 1, 0]


def test_the_archive_waits_for_the_first_mail_of_the_undo_window(engine, mailed, clock):
    mailed(engine, 1)
    leaves = clock.now() + timedelta(hours=1)
    entry = archive.Entry("issue-1", "Gold", "", date(2026, 11, 27), "en", leaves)
    with writing(engine) as connection:
        connection.execute(schema.attempt.update().values(send_at=leaves))
        archive.keep(connection, replace(entry, title="Old"), html="old", text="")
        archive.keep(connection, entry, html="page", text="Écrin d’Or")
    for now, shown in ((clock.now(), None), (leaves, "page")):
        asked = {"lists": ("weekly",), "now": now}
        with reading(engine) as connection:
            assert archive.page(connection, "issue-1", **asked) == shown
            found = archive.entries(connection, **asked, words=("ECRIN\0",), most=9)
            assert found == ((entry,) if shown else ())


@given(st.text(), st.text())
def test_what_is_in_a_text_is_found_in_it_however_it_is_written(before, after):
    word = "Ćrémerie"
    assert archive.folded(word.upper()) in archive.folded(f"{before} {word} {after}")
