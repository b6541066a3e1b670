"""The outbox: all of a batch or nothing of it, once per attempt, the same bytes every time."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

import pytest

from newsletter.domain.mailing import Mailbox
from newsletter.errors import Busy, Refusal, Rejected, Uncertain
from newsletter.providers.mime import email_message, exchanged
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


def test_mail_is_the_golden_one(make_message, make_recipient, clock, golden):
    sender = Mailbox("desk@example.com", "Écrin, Bank <x@example.net>")
    mail = email_message(make_message(sender=sender), make_recipient(7), date=clock.now())
    golden("mail.eml", mail.as_bytes())


def test_long_unsubscribe_link_stays_in_one_plain_line(make_message, make_recipient, clock):
    url = "https://example.com/u/" + "w" * 400
    mail = email_message(make_message(), make_recipient(1, unsubscribe_url=url), date=clock.now())
    assert f"List-Unsubscribe: <{url}>\r\n".encode() in mail.as_bytes()


def test_html_of_one_endless_line_is_kept_whole(make_message, make_recipient, clock):
    message = make_message(html="<p>Überfluss</p>" * 500)
    mail = email_message(message, make_recipient(1), date=clock.now())
    assert mail.get_body(("html",)).get_content().strip() == message.html
    assert max(map(len, mail.as_bytes().split(b"\r\n"))) <= 998


def test_value_that_looks_like_a_placeholder_stays_a_value(make_message, make_recipient):
    tokens = make_message().tokens
    recipient = make_recipient(1, values=("-q7x3name-", "u", "-q7x1html-", "s"))
    text = exchanged("-q7x1html- -q7x3name-", tokens, recipient, tokens[0].part)
    assert text == "-q7x3name- -q7x1html-"


def test_same_attempt_again_writes_nothing(outbox, folder, make_mailing, clock):
    first = outbox.submit(make_mailing(3))
    before = files(folder)
    clock.sleep(60)
    assert outbox.submit(make_mailing(3)) == first
    assert files(folder) == before


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
