"""The outbox: all of a batch or nothing of it, once per attempt, the same bytes every time."""

from __future__ import annotations

import fcntl
import os
import resource
import subprocess
import sys

import pytest

from newsletter.errors import Busy, Refusal, Rejected, Uncertain
from newsletter.providers.outbox import OutboxProvider


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "outbox"


@pytest.fixture
def outbox(folder, clock):
    return OutboxProvider(folder, clock)


def files(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_batch_becomes_a_folder_named_after_its_attempt(outbox, folder, make_mailing):
    receipt = outbox.submit(make_mailing(2))
    assert receipt.reference == "c41/" + "a" * 32
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.eml"))
    place = "c41/" + "a" * 32
    assert names == [f"{place}/0000-1000.eml", f"{place}/0001-1001.eml"]


def test_same_attempt_again_writes_nothing(outbox, folder, make_mailing, clock):
    first = outbox.submit(make_mailing(3))
    before = files(folder)
    clock.sleep(60)
    assert outbox.submit(make_mailing(3)) == first
    assert files(folder) == before


def test_what_a_killed_process_left_aside_is_removed_by_the_next_batch(
    outbox, folder, make_mailing
):
    left = folder / "c41" / f".{'b' * 32}.partial"
    left.mkdir(parents=True)
    (left / "0000-999.eml").write_bytes(b"half a ma")
    outbox.submit(make_mailing(2))
    assert not left.exists()


def test_what_a_living_process_is_writing_is_left_alone(outbox, folder, make_mailing):
    theirs = folder / "c41" / f".{'b' * 32}.partial"
    theirs.mkdir(parents=True)
    handle = os.open(theirs, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        outbox.submit(make_mailing(2))
        assert theirs.exists()
    finally:
        os.close(handle)


def test_leftover_of_a_killed_process_is_replaced(outbox, folder, make_mailing):
    partial = folder / "c41" / f".{'a' * 32}.partial"
    partial.mkdir(parents=True)
    (partial / "0000-999.eml").write_bytes(b"half a ma")
    outbox.submit(make_mailing(2))
    assert sorted(files(folder)) == ["0000-1000.eml", "0001-1001.eml"]


# Forks a process for each step that the submission takes in the file system, and kills it there.
SUBMIT_AND_BE_KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from newsletter.domain.mailing import Mailbox, Mailing, Message, Recipient
from newsletter.providers.outbox import OutboxProvider

class Clock:
    def now(self):
        return datetime(2026, 11, 27, tzinfo=UTC)

message = Message("c1", Mailbox("desk@example.com"), "Gold", "<p>", "x", (), "<w.example.com>")
people = tuple(
    Recipient(str(n), f"r{n}@example.org", (), f"https://example.com/{n}") for n in range(3)
)

def submit(step):
    left = step

    def die_when_it_is_time(event, arguments):
        nonlocal left
        if event == "open" or event.startswith(("os.", "shutil.")):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(die_when_it_is_time)
    outbox = OutboxProvider(Path(sys.argv[1], str(step)), Clock())
    outbox.submit(Mailing("attempt", message, people))
    os._exit(0)

for step in range(100):
    child = os.fork()
    if child == 0:
        submit(step)
    if os.waitpid(child, 0)[1] == 0:
        break
print(step)
"""


def test_kill_at_any_step_leaves_all_or_nothing(folder):
    command = [sys.executable, "-c", SUBMIT_AND_BE_KILLED, str(folder)]
    steps = int(subprocess.run(command, check=True, capture_output=True).stdout)
    found = [
        len(list((folder / str(step) / "c1" / "attempt").glob("*.eml")))
        for step in range(steps + 1)
    ]
    assert steps > 5
    assert set(found) == {0, 3}
    assert found == sorted(found)


def test_full_disk_is_busy_and_leaves_nothing(outbox, folder, make_mailing):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, hard))
    try:
        with pytest.raises(Busy, match="make room"):
            outbox.submit(make_mailing(3))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert files(folder) == {}
    assert outbox.submit(make_mailing(3)).status == 202


def test_folder_that_is_a_file_is_busy(folder, outbox, make_mailing):
    folder.write_text("in the way")
    with pytest.raises(Busy):
        outbox.submit(make_mailing())


def test_failure_after_the_rename_is_uncertain(outbox, folder, make_mailing, monkeypatch):
    fsync = os.fsync
    place = folder / "c41" / ("a" * 32)

    def failing(handle):
        if place.is_dir():
            raise OSError(5, "Input/output error")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(Uncertain):
        outbox.submit(make_mailing())
    assert place.is_dir()


@pytest.mark.parametrize("attempt", ["../../escape", ".hidden", "", "a/b"])
def test_names_cannot_leave_the_folder(outbox, folder, make_mailing, attempt):
    with pytest.raises(Rejected) as caught:
        outbox.submit(make_mailing(attempt=attempt))
    assert caught.value.refusal is Refusal.MESSAGE
    assert not folder.exists()


def test_delivery_id_cannot_leave_the_folder(outbox, make_mailing, make_recipient):
    people = [make_recipient(0), make_recipient(1, delivery="../x")]
    with pytest.raises(Rejected) as caught:
        outbox.submit(make_mailing(recipients=people))
    assert caught.value.positions == (1,)
