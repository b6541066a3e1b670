"""People who change while their issue is on its way."""

import sqlite3
from contextlib import closing

import pytest

from newsletter.usecases.privacy import erase
from tests.proof import stage
from tests.proof.checker import violations

SIZE = 5


@pytest.fixture
def ready(frozen_file, new_simulator, folder):
    """A frozen campaign and its provider."""
    simulator = new_simulator(folder / "provider")
    mine = frozen_file.copy(folder / "workspace")
    mine.configure(host=simulator.url, size=SIZE)
    return mine, simulator, folder / "provider" / "ledger.jsonl"


@pytest.fixture
def change(ready):
    """Say something to the database, as another program would."""

    def say(*statements):
        with closing(sqlite3.connect(ready[0].file)) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    return say


def test_f19_no_address_can_be_in_a_campaign_twice(change):
    row = "SELECT 900, campaign_id, batch_id, 900, 900, address, canonical, digest FROM delivery"
    columns = (
        "id, campaign_id, batch_id, subscriber_id, subscription_id, address, canonical, digest"
    )
    with pytest.raises(sqlite3.IntegrityError, match="canonical"):
        change(f"INSERT INTO delivery ({columns}) {row} LIMIT 1")


def test_f46_who_leaves_while_requests_are_under_way_is_in_none_claimed_later(ready, change, again):
    mine, simulator, ledger = ready
    workspace = mine.workspace()
    submit, left = workspace.provider.submit, []

    def leaving(mailing):
        if not left:
            left.append(True)
            change(
                "UPDATE subscription SET status = 'unsubscribed',"
                f" unsubscribed_at = '{workspace.clock.now():%Y-%m-%d %H:%M:%S.%f}'"
                " WHERE subscriber_id > 50"
            )
        return submit(mailing)

    vars(workspace)["provider"].submit = leaving
    again(workspace)
    workspace.close()
    assert violations(str(mine.file), ledger) == []
    assert sum(len(one.people) for one in simulator.ledger.effective()) == 50


def test_f49_an_address_changed_after_the_freeze_gets_nothing_and_the_old_one_gets_it_once(
    ready, change, again
):
    mine, simulator, ledger = ready
    new = "'new' || id || '@example.com'"
    change(f"UPDATE subscriber SET address = {new}, canonical = {new}")
    workspace = mine.workspace()
    assert again(workspace).state == "done"
    workspace.close()
    mailed = [person.address for one in simulator.ledger.effective() for person in one.people]
    assert sorted(mailed) == sorted(f"reader{number}@example.com" for number in range(1, 101))
    assert violations(str(mine.file), ledger) == []


def test_f50_who_was_erased_in_mid_campaign_is_not_mailed_and_the_sums_hold(ready, start):
    mine, simulator, ledger = ready
    start(stage.send, mine, "record:committed=kill@5").join()
    workspace = mine.workspace()
    for number in range(91, 101):
        erase(workspace, f"reader{number}@example.com", by="Ada")
    workspace.close()
    start(stage.send, mine).join()
    assert violations(str(mine.file), ledger) == []
    mailed = {person.address for one in simulator.ledger.effective() for person in one.people}
    assert mailed.isdisjoint(f"reader{number}@example.com" for number in range(91, 101))
