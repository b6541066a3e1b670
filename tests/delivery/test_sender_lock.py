"""One sender a campaign; and where the lock is lost all the same, nobody is mailed twice."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from newsletter.domain.campaign import CampaignState
from newsletter.errors import DeliveryError, StoreError
from newsletter.store.engine import open_store, writing
from newsletter.store.locks import sender_lock


@pytest.fixture
def file(tmp_path, sqlite_template, clock, randomness):
    """A SQLite store, where the file itself matters."""
    path = tmp_path / "store" / "newsletter.db"
    path.parent.mkdir()
    shutil.copy(sqlite_template, path)
    engine = open_store(f"sqlite:///{path}", clock=clock, randomness=randomness)
    yield engine
    engine.dispose()


def lose_lock(engine):
    """Somebody deletes the lock's file, or the connection that has it breaks."""
    if engine.dialect.name == "sqlite":
        for path in Path(engine.url.database).parent.glob("*.lock"):
            path.unlink()
    else:
        ends = select(func.pg_terminate_backend(text("pid"))).select_from(text("pg_locks"))
        with writing(engine) as connection:
            connection.execute(ends.where(text("locktype = 'advisory'")))


def test_a_sender_that_lost_its_lock_ends_well(
    engine, subscribe, freeze, dispatch, new_door, everybody
):
    subscribe(engine, 15)
    campaign = freeze(engine)
    door = new_door(lambda _mailing: lose_lock(engine))
    assert dispatch(door).run(campaign).state is CampaignState.DONE
    assert door.people() == everybody(15)
    with sender_lock(engine, campaign.id):
        pass


def test_two_senders_that_both_believe_in_their_lock_mail_nobody_twice(
    engine, subscribe, freeze, dispatch, books, new_door, everybody
):
    subscribe(engine, 30)
    campaign, door, ends = freeze(engine), new_door(), []

    def second_sender(_mailing):
        lose_lock(engine)
        ends.append(dispatch(door).run(campaign).state)

    door.answers = [None, second_sender]
    ends.append(dispatch(door).run(campaign).state)
    assert door.people() == everybody(30)
    assert books.states(campaign) == {"submitted": 30}
    # The second gave up the batch under way; its answer came after all.
    assert ends == [CampaignState.UNSETTLED, CampaignState.DONE]
    assert books.log_is_whole(campaign)


def test_a_database_with_two_names_has_one_lock(file, subscribe, freeze, clock, randomness):
    subscribe(file, 1)
    campaign = freeze(file)
    link = Path(file.url.database).parent.parent / "link.db"
    link.symlink_to(file.url.database)
    again = open_store(f"sqlite:///{link}", clock=clock, randomness=randomness)
    locked = pytest.raises(DeliveryError, match="another process")
    with sender_lock(file, campaign.id), locked, sender_lock(again, campaign.id):
        pass
    again.dispose()


def test_a_lock_that_cannot_be_made_is_told_in_one_sentence(
    file, subscribe, freeze, dispatch, new_door
):
    subscribe(file, 1)
    campaign = freeze(file)
    Path(f"{file.url.database}.campaign-{campaign.id}.lock").mkdir()
    with pytest.raises(StoreError, match=r"cannot lock .*: Is a directory; check"):
        dispatch(new_door(), engine=file).run(campaign)


def test_a_program_started_during_the_send_does_not_keep_the_lock(file, subscribe, freeze):
    subscribe(file, 1)
    campaign = freeze(file)
    command = [sys.executable, "-c", "print(flush=True); input()"]
    pipe = subprocess.PIPE
    with sender_lock(file, campaign.id):
        child = subprocess.Popen(command, stdin=pipe, stdout=pipe, close_fds=False)
        assert child.stdout.readline() == b"\n"
    with sender_lock(file, campaign.id):
        assert child.poll() is None
    child.communicate(b"\n")
