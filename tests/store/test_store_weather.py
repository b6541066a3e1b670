"""The database fails under each operation of a send: all of it stands, or nothing, and the same
operation passes when it is tried again (F29, F31, F34, F35, F37).
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from sqlalchemy import event, select, text, update

from newsletter.domain.campaign import BatchState, CampaignState, Outcome
from newsletter.errors import StoreError
from newsletter.store import batches, campaigns, claims, control, schema
from newsletter.store.engine import reading, writing


@pytest.fixture
def campaign(engine, people, freeze, step):
    people(engine, 15)
    frozen = freeze(engine)
    with writing(engine) as connection:
        return control.resume(connection, frozen, step())


@pytest.fixture
def operations(engine, campaign, step):
    """What a send writes, in an order that makes sense; each is one transaction."""
    taken = []

    def begin():
        with writing(engine) as connection:
            attempt = f"{len(taken):032}"
            claimed = claims.claim(connection, campaign, step(), attempt=attempt, owner=1)
        taken.append(claimed)

    def answer():
        with writing(engine) as connection:
            batches.record(
                connection,
                campaign,
                taken[-1],
                BatchState.SUBMITTED,
                step(),
                outcome=Outcome.ACCEPTED,
            )

    def abandon():
        with writing(engine) as connection:
            assert batches.abandon(connection, step(), campaign.id) == (campaign.id,)

    def decide():
        with writing(engine) as connection:
            control.decide(connection, campaign, 1, BatchState.READY, step())

    def cancel():
        with writing(engine) as connection:
            control.cancel(connection, campaign, step())

    return (begin, answer, begin, abandon, decide, begin, answer, cancel)


def test_a_connection_that_breaks_before_any_statement_leaves_nothing_half_done(
    engine, operations, ledger, campaign
):
    if engine.dialect.name == "sqlite":
        return
    killer = engine.execution_options(isolation_level="AUTOCOMMIT")
    broken = 0

    def terminate(connection, _cursor):
        pid = connection.connection.driver_connection.info.backend_pid
        with killer.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

    for operation in operations:
        for statement in count():
            known = ledger.everything()
            numbers = count()

            def before(connection, cursor, sql, *_, at=statement, numbers=numbers):
                if "pg_terminate" not in sql and next(numbers) == at:
                    terminate(connection, cursor)

            event.listen(engine, "before_cursor_execute", before)
            try:
                operation()
            except StoreError:
                broken += 1
            else:
                break
            finally:
                event.remove(engine, "before_cursor_execute", before)
            assert ledger.everything() == known
    assert broken > 20
    assert ledger.states(campaign) == {"submitted": 10, "cancelled": 5}


def test_a_disk_that_is_full_at_any_commit_leaves_nothing_half_done(file, people, freeze, step):
    """The file may grow page by page: each operation fails until there is room for it."""
    people(file, 600)
    long_reason = step(reason="x" * 1000)
    campaign = freeze(file, size=20)
    with writing(file) as connection:
        control.resume(connection, campaign, step())
    limit, told = 0, []

    def limited(raw, _record):
        raw.execute(f"PRAGMA max_page_count = {limit}").close()

    event.listen(file, "checkout", lambda raw, record, _proxy: limited(raw, record))
    with file.connect() as connection:
        limit = connection.execute(text("PRAGMA page_count")).scalar_one()
    for number in range(30):
        while True:
            try:
                with writing(file) as connection:
                    attempt = f"{number:032}"
                    one = claims.claim(connection, campaign, long_reason, attempt=attempt, owner=1)
                break
            except StoreError as error:
                told.append(str(error))
                limit += 1
                assert _attempts(file) == number
        assert one is not None
    assert len(told) > 2
    assert all("the disk is full" in one for one in told)
    assert _attempts(file) == 30


def _attempts(engine):
    with reading(engine) as connection:
        return len(connection.execute(select(schema.attempt.c.id)).all())


def test_a_claim_whose_commit_was_not_confirmed_is_given_back_once(engine, campaign, ledger, step):
    with writing(engine) as connection:
        claims.claim(connection, campaign, step(), attempt="a" * 32, owner=1)
    for _ in range(2):
        with writing(engine) as connection:
            batches.give_back(connection, campaign, "a" * 32, step())
        assert ledger.states(campaign) == {"planned": 15}
        assert [row[1] for row in ledger.batches(campaign)] == ["ready"] * 3
    assert [entry[1:3] for entry in ledger.log(campaign)[-2:]] == [
        ("ready", "submitting"),
        ("submitting", "ready"),
    ]


def test_an_answer_is_written_down_once(engine, campaign, ledger, step):
    with writing(engine) as connection:
        one = claims.claim(connection, campaign, step(), attempt="a" * 32, owner=1)
    told = []
    for _ in range(2):
        with writing(engine) as connection:
            told.append(
                batches.record(
                    connection,
                    campaign,
                    one,
                    BatchState.SUBMITTED,
                    step(),
                    outcome=Outcome.ACCEPTED,
                )
            )
    assert told == [True, False]
    assert len(ledger.log(campaign)) == 4


def test_of_two_that_lock_each_other_out_one_is_told_and_the_other_goes_on(
    engine, people, freeze, issue, campaign, ledger, step
):
    """Only PostgreSQL can; SQLite has one writer."""
    if engine.dialect.name == "sqlite":
        return
    other = freeze(engine, issue("2026-12-04"))
    meeting = threading.Barrier(2)

    def touch(first, second):
        table = schema.campaign
        with writing(engine) as connection:
            connection.execute(update(table).where(table.c.id == first.id).values(reason="one"))
            meeting.wait(60)
            connection.execute(update(table).where(table.c.id == second.id).values(reason="two"))

    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(touch, campaign, other), pool.submit(touch, other, campaign)]
        ended = [job.exception() for job in jobs]
    assert [type(one) for one in ended].count(type(None)) == 1
    (told,) = [one for one in ended if one is not None]
    assert isinstance(told, StoreError)
    assert "is in use by another program; try again" in str(told)


def test_a_cancellation_and_the_claims_of_two_senders_never_lock_each_other_out(
    engine, people, freeze, ledger, step
):
    people(engine, 60)
    frozen = freeze(engine, size=1)
    with writing(engine) as connection:
        campaign = control.resume(connection, frozen, step())
    started = threading.Barrier(3)

    def send(name):
        started.wait(60)
        for number in range(40):
            with writing(engine) as connection:
                one = claims.claim(
                    connection, campaign, step(), attempt=f"{name}{number:031}", owner=1
                )
            if one is None:
                return
            with writing(engine) as connection:
                again = number % 3 == 0
                batches.record(
                    connection,
                    campaign,
                    one,
                    BatchState.READY if again else BatchState.SUBMITTED,
                    step(),
                    outcome=Outcome.BUSY if again else Outcome.ACCEPTED,
                )

    def stop():
        started.wait(60)
        with writing(engine) as connection:
            control.cancel(connection, campaigns.get(connection, campaign.id), step())

    with ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(send, "a"), pool.submit(send, "b"), pool.submit(stop)]
    assert [job.exception() for job in jobs] == [None] * 3
    assert ledger.campaign(campaign).state is CampaignState.CANCELLED
    assert set(ledger.states(campaign)) <= {"submitted", "cancelled"}
