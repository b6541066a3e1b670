"""The window of a request: from the look at the suppressions to its first byte (F46)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from newsletter.providers.simulator.faults import Fault, FaultKind
from newsletter.store import progress, schema
from newsletter.store.engine import reading
from newsletter.usecases.status import Window, window


@pytest.fixture
def clock(clock):
    """A millisecond passes with every look at it."""

    def now():
        clock.advance(0.001)
        return clock.moment

    clock.now = now
    return clock


@pytest.fixture
def frozen(engine, subscribe, freeze):
    subscribe(engine, 12)
    return freeze(engine)


def test_every_accepted_request_tells_when_its_first_byte_left(engine, frozen, sender):
    sender.run(frozen)
    table = schema.attempt
    with reading(engine) as connection:
        rows = connection.execute(
            select(table.c.created_at, table.c.begun_at, table.c.closed_at)
        ).all()
        lines = progress.lines(connection, frozen.id)
    assert len(rows) == 3
    assert all(claimed < begun < answered for claimed, begun, answered in rows)
    assert window(lines).median_ms >= 1


def test_the_window_is_told_of_those_requests_that_tell_it(engine, frozen, sender, simulator):
    simulator.faults.add(Fault(FaultKind.ERROR_500_AFTER))
    sender.run(frozen)
    with reading(engine) as connection:
        lines = progress.lines(connection, frozen.id)
    assert [line.begun_at is None for line in lines] == [True, False, False]
    (one, other) = (line for line in lines if line.begun_at)
    assert window([one, other]).p99_ms == max(window([one]).p99_ms, window([other]).p99_ms)


def test_there_is_no_window_where_nothing_was_accepted(engine, frozen):
    with reading(engine) as connection:
        assert window(progress.lines(connection, frozen.id)) is None


def test_the_middle_and_the_worst_of_a_hundred_are_told(engine, frozen, sender):
    sender.run(frozen)
    with reading(engine) as connection:
        line = progress.lines(connection, frozen.id)[0]
    late = [timedelta(milliseconds=10 * number) for number in reversed(range(101))]
    lines = [line._replace(begun_at=line.created_at + one) for one in late]
    assert window(lines) == Window(median_ms=500.0, p99_ms=990.0)
