"""Occurrences and notices on both databases: unique, and moved once whoever asks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from newsletter.domain.notice import Channel, NoticeKind, NoticeState
from newsletter.domain.occurrence import OCCURRENCE_MOVES, Occurrence, OccurrenceState, Slot
from newsletter.store import notices, occurrences
from newsletter.store.engine import reading, writing

DAY = date(2026, 11, 27)
AT = datetime(2026, 11, 27, 13, tzinfo=UTC)
ONE = Occurrence(AT, "weekly", DAY, Slot.SEND)


@pytest.fixture
def planned(engine):
    with writing(engine) as connection:
        assert occurrences.plan(connection, [(ONE, "2026-11-27")]) == 1
    return engine


def record(engine):
    with reading(engine) as connection:
        (only,) = occurrences.since(connection, DAY)
    return only


def test_a_day_and_slot_is_planned_once_at_whatever_hour(planned):
    later = replace(ONE, at=AT + timedelta(hours=1))
    with writing(planned) as connection:
        assert occurrences.plan(connection, [(later, "2026-11-27")]) == 0
    assert record(planned).occurrence == ONE


def test_of_many_who_take_it_at_once_one_does(planned):
    def take(_):
        with writing(planned) as connection:
            return occurrences.take(connection, ONE, AT, AT + timedelta(minutes=10))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(16))) == 1


def test_what_a_dead_process_took_may_be_taken_once_its_time_is_over(planned):
    minutes = timedelta(minutes=1)

    def take(at):
        with writing(planned) as connection:
            return occurrences.take(connection, ONE, at, at + 10 * minutes)

    assert [take(AT), take(AT + 9 * minutes), take(AT + 10 * minutes)] == [True, False, True]
    with writing(planned) as connection:
        occurrences.hold(connection, ONE, AT + 30 * minutes)
    assert not take(AT + 25 * minutes)


@pytest.mark.parametrize(("before", "after"), [*product(OccurrenceState, OccurrenceState)])
def test_only_the_moves_of_the_table_are_made(planned, before, after):
    with writing(planned) as connection:
        connection.execute(occurrences._TABLE.update().values(state=before))
        moved = occurrences.move(connection, ONE, after, at=AT, reason="so")
    assert moved == (after in OCCURRENCE_MOVES[before])
    assert record(planned).state is (after if moved else before)


def test_an_hour_that_moves_twice_remembers_the_first_and_one_that_moves_back_none(planned):
    for hours, remembered in ((1, AT), (2, AT), (0, None)):
        with writing(planned) as connection:
            occurrences.put_off(connection, record(planned), AT + timedelta(hours=hours))
        assert record(planned).moved_from == remembered
        assert record(planned).occurrence.at == AT + timedelta(hours=hours)


def test_what_has_begun_is_not_forgotten(planned):
    with writing(planned) as connection:
        occurrences.take(connection, ONE, AT, AT)
        occurrences.forget(connection, ONE)
    assert record(planned).state is OccurrenceState.TAKEN


def test_a_notice_is_kept_once_a_channel_and_claimed_by_one(engine):
    def note(channel):
        with writing(engine) as connection:
            return notices.add(
                connection,
                channel,
                NoticeKind.MISSED,
                key="missed weekly",
                issue="2026-11-27",
                text="It was missed.",
                state=NoticeState.DUE,
                at=AT,
            )

    assert [note(Channel.EDITORS), note(Channel.EDITORS), note(Channel.WEBHOOK)] == [1, 0, 1]
    with reading(engine) as connection:
        first, second = notices.due(connection, AT)
        assert notices.due(connection, AT - timedelta(seconds=1)) == ()

    def claim(_):
        with writing(engine) as connection:
            return notices.claim(connection, first, AT, AT + timedelta(minutes=10))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(claim, range(8))) == 1
    with writing(engine) as connection:
        notices.settle(connection, first, NoticeState.TOLD)
        notices.settle(connection, second, NoticeState.TOLD)  # was not claimed
    with reading(engine) as connection:
        assert [one.id for one in notices.due(connection, AT + timedelta(days=1))] == [second.id]
