"""SIGKILL wherever it hurts, through real processes and HTTP: nobody twice, nobody lost."""

import shutil
import signal

import pytest

from newsletter import failpoints
from newsletter.store.engine import reading
from tests.proof import stage
from tests.proof.checker import Books, doubted, violations

BATCHES, SIZE = 20, 5

# A kill at each step leaves at most one batch in doubt: this one, or a neighbour, for a record and
# the next claim share one commit. Step → (does it concern the batch, had its mails left).
STEPS = {
    "claim:taken": (lambda batch: batch > 1, True),
    "claim:committed": (lambda _: True, False),
    "post:ready": (lambda _: True, False),
    "post:accepted": (lambda _: True, True),
    "record:ready": (lambda _: True, True),
    "record:committed": (lambda batch: batch < BATCHES, False),
}


@pytest.mark.parametrize("step", STEPS)
def test_f03_a_kill_at_any_step_of_any_batch(
    step, frozen_file, start, new_simulator, folder, hear, again
):
    concerns, had_left = STEPS[step]
    for batch in range(1, BATCHES + 1):
        simulator = new_simulator(folder / f"provider{batch}")
        ledger = folder / f"provider{batch}" / "ledger.jsonl"
        mine = frozen_file.copy(folder / f"workspace{batch}")
        mine.configure(host=simulator.url, size=SIZE)
        victim = start(stage.send, mine, f"{step}=kill@{batch}")
        victim.join()
        assert victim.exitcode == -signal.SIGKILL
        assert violations(str(mine.file), ledger, ended=False) == []
        workspace = mine.workspace()
        again(workspace)
        mails = SIZE if concerns(batch) else 0
        assert violations(str(mine.file), ledger) == []
        assert doubted(str(mine.file)) == mails
        hear(workspace, simulator)
        ended = again(workspace)
        assert violations(str(mine.file), ledger) == []
        assert doubted(str(mine.file)) == (0 if had_left else mails)
        assert ended.state == ("unsettled" if mails and not had_left else "done")
        posts = len(simulator.ledger.acceptances())
        again(workspace)
        workspace.close()
        assert len(simulator.ledger.acceptances()) == posts


@pytest.fixture
def unfrozen(folder, sqlite_template):
    """So many readers, and no campaign."""

    def make(people):
        mine = stage.Stage(folder / "unfrozen")
        mine.configure(host="http://127.0.0.1:9", size=SIZE)
        shutil.copy(sqlite_template, mine.file)
        stage.fill(f"sqlite:///{mine.file}", people)
        return mine

    return make


def frozen(books):
    """How many rows of each kind a freeze has left."""
    return [len(rows) for rows in (books.campaigns, books.batches, books.deliveries, books.log)]


@pytest.mark.parametrize("point", ["freeze:begun", "freeze:people", "freeze:whole"])
def test_f01_a_kill_before_the_freeze_is_committed_leaves_nothing(point, unfrozen, start):
    mine = unfrozen(50)
    victim = start(stage.freeze_alone, mine, SIZE, f"{point}=kill")
    victim.join()
    assert victim.exitcode == -signal.SIGKILL
    assert frozen(Books(str(mine.file))) == [0, 0, 0, 0]
    done = start(stage.freeze_alone, mine, SIZE)
    done.join()
    assert frozen(Books(str(mine.file))) == [1, 10, 50, 1]


def test_f02_a_kill_in_the_middle_of_a_large_freeze_leaves_all_or_nothing(unfrozen, start):
    mine = unfrozen(20_000)
    killed = 0
    for thousands in range(
        1, 1500, 75
    ):  # steps of SQLite's machine; the freeze takes about so many
        victim = start(stage.freeze_alone, mine, 500, "", thousands)
        victim.join()
        killed += victim.exitcode == -signal.SIGKILL
        if victim.exitcode == 0:
            break
        assert frozen(Books(str(mine.file))) == [0, 0, 0, 0]
    assert killed >= 10
    if victim.exitcode:
        start(stage.freeze_alone, mine, 500).join()
    assert frozen(Books(str(mine.file))) == [1, 40, 20_000, 1]


@pytest.mark.parametrize("point", ["recovery:taken", "recovery:committed", "claim:taken"])
def test_f05_recovery_may_be_killed_ten_times_in_a_row(
    point, frozen_file, start, new_simulator, folder, hear, again
):
    simulator = new_simulator(folder / "provider")
    ledger = folder / "provider" / "ledger.jsonl"
    mine = frozen_file.copy(folder / "workspace")
    mine.configure(host=simulator.url, size=SIZE)
    for plan in ["post:accepted=kill@3"] + [f"{point}=kill"] * 10:
        victim = start(stage.send, mine, plan)
        victim.join()
        assert victim.exitcode == -signal.SIGKILL
        assert violations(str(mine.file), ledger, ended=False) == []
    workspace = mine.workspace()
    again(workspace)
    hear(workspace, simulator)
    assert stage.the_campaign(workspace).state == "done"
    assert violations(str(mine.file), ledger) == []
    workspace.close()


@pytest.mark.parametrize("point", ["event:appended", "event:committed"])
def test_f59_events_survive_a_kill_between_any_two_steps(
    point, frozen_file, start, new_simulator, folder, hear, again
):
    simulator = new_simulator(folder / "provider")
    mine = frozen_file.copy(folder / "workspace")
    mine.configure(host=simulator.url, size=SIZE)
    start(stage.send, mine, "post:accepted=kill@2").join()
    told = stage.told_by(simulator)
    victim = start(stage.receive, mine, told, f"{point}=kill")
    victim.join()
    assert victim.exitcode == -signal.SIGKILL
    workspace = mine.workspace()
    hear(workspace, simulator)  # the provider had no answer, and tells it all again
    again(workspace)
    hear(workspace, simulator)
    assert stage.the_campaign(workspace).state == "done"
    assert violations(str(mine.file), folder / "provider" / "ledger.jsonl") == []
    with reading(workspace.engine) as connection:
        keys = connection.exec_driver_sql("SELECT count(*), count(DISTINCT key) FROM event").one()
    workspace.close()
    assert keys[0] == keys[1] > 0


def test_every_point_stands_in_the_code_once_or_more_and_no_other_does(repository):
    called = {
        line.split('failpoints.reach("')[1].split('"')[0]
        for path in (repository / "newsletter").rglob("*.py")
        for line in path.read_text().splitlines()
        if 'failpoints.reach("' in line
    }
    assert called == failpoints.POINTS.keys()


def test_without_the_variable_nothing_is_armed():
    assert failpoints.reach is failpoints.armed("")


@pytest.mark.parametrize("text", ["claim", "claim:taken=sleep", "claim:taken=kill@x", "x:y=kill"])
def test_a_point_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="NEWSLETTER_FAILPOINTS"):
        failpoints.armed(text)
