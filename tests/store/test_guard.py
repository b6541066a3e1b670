"""A database that was copied to another machine, or brought back from a backup, does not send
before a person has decided (F27, F28).
"""

import shutil
import socket
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from newsletter.domain.campaign import CampaignState, Step
from newsletter.errors import DeliveryError, StoreError
from newsletter.store import campaigns, claims, control, guard, schema
from newsletter.store.engine import connect, reading, writing
from newsletter.store.senders import Sender, sending


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state"


@pytest.fixture
def run(state, clock, step):
    """A sending run that claims so many batches of a campaign; `during` follows the first."""

    def claim(engine, campaign, count, during=lambda: None):
        with sending(engine, state, clock) as sender:
            with writing(engine) as connection:
                current = campaigns.get(connection, campaign.id)
                if current.state is CampaignState.FROZEN:
                    campaigns.move(connection, current, CampaignState.SENDING, step())
            for number in range(count):
                attempt = f"{sender.number():016}{number:016}"
                with writing(engine) as connection:
                    one = claims.claim(
                        connection, campaign, step(), attempt=attempt, owner=sender.number()
                    )
                sender.claimed(one.entry)
                if number == 0:
                    during()

    return claim


def backup(engine, path):
    """As an operator makes one, while a send is under way."""
    with sqlite3.connect(engine.url.database) as source, sqlite3.connect(path) as target:
        source.backup(target)
    source.close()
    target.close()


def restore(engine, path):
    """The backup takes the database's place; the program starts again."""
    engine.dispose()
    database = Path(engine.url.database)
    for file in database.parent.glob("*.db-*"):
        file.unlink()
    shutil.copy(path, database)
    return connect(f"sqlite:///{database}")


def lose_history(engine, after):
    """What a restore does, done by hand where there is no file to put back."""
    with writing(engine) as connection:
        connection.execute(delete(schema.transition).where(schema.transition.c.id > after))
        connection.execute(update(schema.workspace).values(generation=1))


def states(engine):
    with reading(engine) as connection:
        return {one.issue: one.state.value for one in campaigns.every(connection)}


def test_a_backup_of_last_night_opens_locked(
    file, people, freeze, issue, run, state, clock, tmp_path
):
    people(file, 15)
    ended = freeze(file, issue("2026-11-20"))
    campaign = freeze(file)
    with writing(file) as connection:
        control.cancel(connection, ended, _step(clock))
    run(file, campaign, 1)
    backup(file, tmp_path / "backup.db")
    run(file, campaign, 2)
    restored = restore(file, tmp_path / "backup.db")
    with pytest.raises(DeliveryError, match=r"all that could still send \(1\) is locked"):
        Sender(restored, state, clock)
    assert states(restored) == {"2026-11-20": "cancelled", "2026-11-27": "locked"}
    with writing(restored) as connection:
        locked = campaigns.get(connection, campaign.id)
        assert "older than what was sent from it" in locked.reason
        assert claims.claim(connection, locked, _step(clock), attempt="f" * 32, owner=9) is None
    restored.dispose()


def test_a_backup_made_in_the_middle_of_the_same_run_is_noticed_too(
    file, people, freeze, run, state, clock, tmp_path
):
    people(file, 15)
    campaign = freeze(file)
    run(file, campaign, 2, during=lambda: backup(file, tmp_path / "backup.db"))
    restored = restore(file, tmp_path / "backup.db")
    with pytest.raises(DeliveryError, match="restored from a backup"):
        Sender(restored, state, clock)
    assert states(restored) == {"2026-11-27": "locked"}
    restored.dispose()


def test_a_backup_that_lacks_nothing_sends_on(file, people, freeze, run, state, clock, tmp_path):
    people(file, 15)
    campaign = freeze(file)
    run(file, campaign, 2)
    backup(file, tmp_path / "backup.db")
    restored = restore(file, tmp_path / "backup.db")
    run(restored, campaign, 1)
    restored.dispose()


def test_a_campaign_frozen_after_the_restore_is_locked_with_the_others(
    file, people, freeze, issue, run, state, clock, tmp_path
):
    """The issue may have gone out already, by a campaign that the backup lacks."""
    people(file, 15)
    backup(file, tmp_path / "backup.db")
    run(file, freeze(file, issue("2026-11-27")), 3)
    restored = restore(file, tmp_path / "backup.db")
    freeze(restored, issue("2026-11-27"))
    with pytest.raises(DeliveryError, match="newsletter unlock"):
        Sender(restored, state, clock)
    assert states(restored) == {"2026-11-27": "locked"}
    restored.dispose()


def test_a_person_unlocks_and_the_send_goes_on(engine, people, freeze, run, state, clock, ledger):
    people(engine, 15)
    campaign = freeze(engine)
    run(engine, campaign, 1)
    known = ledger.log(campaign)
    run(engine, campaign, 2)
    lose_history(engine, len(known))
    with pytest.raises(DeliveryError, match="restored"):
        Sender(engine, state, clock)
    with writing(engine) as connection:
        locked = campaigns.get(connection, campaign.id)
        assert locked.state is CampaignState.LOCKED
        paused = control.unlock(connection, locked, _step(clock, "ada"))
        control.resume(connection, paused, _step(clock, "ada"))
    Sender(engine, state, clock).release()
    assert ledger.log(campaign)[-3:-1] == [
        ("guard", "sending", "locked", guard.RESTORED),
        ("ada", "locked", "paused", ""),
    ]


def test_the_lock_is_not_lost_when_the_process_dies_before_the_mark_is_renewed(
    engine, people, freeze, run, state, clock, ledger, monkeypatch
):
    people(engine, 15)
    campaign = freeze(engine)
    run(engine, campaign, 2)
    lose_history(engine, 2)

    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("newsletter.store.marks.MarkFile.set", die)
    with pytest.raises(KeyboardInterrupt):
        Sender(engine, state, clock)
    monkeypatch.undo()
    assert ledger.campaign(campaign).state is CampaignState.LOCKED
    Sender(engine, state, clock).release()
    assert ledger.campaign(campaign).state is CampaignState.LOCKED


def test_a_machine_without_a_mark_sends_only_what_was_never_sent(
    engine, people, freeze, run, state, clock
):
    people(engine, 15)
    campaign = freeze(engine)
    Sender(engine, state, clock).release()
    for path in _marks(engine, state):
        path.unlink()
    with pytest.raises(DeliveryError, match="last used for sending from another place"):
        Sender(engine, state, clock)
    assert states(engine) == {campaign.issue: "frozen"}


def test_a_database_file_of_another_machine_is_refused_until_it_is_taken_over(
    file, people, freeze, run, state, clock, monkeypatch, step
):
    people(file, 15)
    campaign = freeze(file)
    run(file, campaign, 1)
    monkeypatch.setattr(socket, "gethostname", lambda: "the-other-one")
    with pytest.raises(DeliveryError, match=r"on the machine .*unlock --taken-over"):
        Sender(file, state, clock)
    assert states(file) == {campaign.issue: "sending"}
    locked = guard.take_over(file, state, step("ada", "the old laptop is gone"))
    assert [one.id for one in locked] == [campaign.id]
    with reading(file) as connection:
        assert connection.execute(select(schema.workspace.c.host)).scalar_one() == "the-other-one"
    assert states(file) == {campaign.issue: "locked"}
    Sender(file, state, clock).release()


def test_a_copy_without_its_mark_is_refused_on_the_same_machine(
    file, people, freeze, run, state, clock, tmp_path, step
):
    people(file, 15)
    campaign = freeze(file)
    run(file, campaign, 1)
    backup(file, tmp_path / "copy.db")
    copy = connect(f"sqlite:///{tmp_path / 'copy.db'}")
    with pytest.raises(DeliveryError, match="a copy must not send what the original sends"):
        Sender(copy, state, clock)
    guard.take_over(copy, state, step("ada"))
    Sender(copy, state, clock).release()
    copy.dispose()


def test_any_number_of_machines_send_from_postgresql(
    engine, people, freeze, run, state, clock, step
):
    if engine.dialect.name == "sqlite":
        return
    people(engine, 15)
    campaign = freeze(engine)
    run(engine, campaign, 1)
    with pytest.raises(DeliveryError, match="another place"):
        Sender(engine, state.with_name("second"), clock)
    guard.take_over(engine, state.with_name("second"), step("ada"))
    for place in (state, state.with_name("second"), state):
        Sender(engine, place, clock).release()


def test_a_machine_that_joins_sends_beside_the_others_and_locks_nothing(
    engine, people, freeze, run, state, clock
):
    if engine.dialect.name == "sqlite":
        return
    people(engine, 15)
    campaign = freeze(engine)
    run(engine, campaign, 1)
    second = state.with_name("second")
    for _ in range(2):
        guard.join(engine, second)
        Sender(engine, second, clock).release()
    with reading(engine) as connection:
        assert campaigns.get(connection, campaign.id).state is not CampaignState.LOCKED


def test_joining_does_not_hide_that_the_database_was_restored(
    engine, people, freeze, run, state, clock
):
    if engine.dialect.name == "sqlite":
        return
    people(engine, 15)
    run(engine, freeze(engine), 1)
    with writing(engine) as connection:
        connection.execute(update(schema.workspace).values(generation=0))
    guard.join(engine, state)
    with pytest.raises(DeliveryError, match="restored from a backup"):
        Sender(engine, state, clock)


def test_a_damaged_mark_is_told_in_one_sentence(engine, state, clock):
    Sender(engine, state, clock).release()
    (path,) = _marks(engine, state)
    path.write_text("garbage", encoding="utf-8")
    with pytest.raises(StoreError, match=r"\.mark is damaged; look whether"):
        Sender(engine, state, clock)


def test_a_new_database_in_the_place_of_an_old_one_begins_anew(
    file, state, clock, sqlite_template, randomness
):
    Sender(file, state, clock).release()
    with writing(file) as connection:
        connection.execute(update(schema.workspace).values(pepper=b"another", generation=0))
    Sender(file, state, clock).release()
    assert len(_marks(file, state)) == 2


def _marks(engine, state):
    folder = state
    if engine.dialect.name == "sqlite":
        folder = Path(engine.url.database).parent
    return list(folder.glob("*.mark"))


def _step(clock, actor="test"):
    return Step(clock.now(), actor)
