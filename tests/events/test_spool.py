"""A post is on the disk before it is acknowledged, and what waits has a bound (F54, F59)."""

from __future__ import annotations

import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from newsletter.events import spool as spools
from newsletter.events.spool import Backlog, Spool


@pytest.fixture
def spool(tmp_path, clock, randomness):
    return Spool(tmp_path / "events", clock, randomness)


def bodies(spool):
    return [post.path.read_bytes() for post in spool.waiting()]


def test_posts_wait_in_the_order_they_came(spool, clock):
    for word in (b"[1]", b"[2]", b"[3]"):
        assert spool.append(word)
        clock.advance(1)
    assert bodies(spool) == [b"[1]", b"[2]", b"[3]"]
    assert spool.backlog() == Backlog(3, 9, clock.now() - timedelta(seconds=3))


def test_another_process_finds_them_and_only_this_user_reads_them(spool, clock, randomness):
    spool.append(b"[1]")
    again = Spool(spool.folder, clock, randomness)
    assert bodies(again) == [b"[1]"]
    (post,) = again.waiting()
    assert stat.S_IMODE(post.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(spool.folder.stat().st_mode) == 0o700


def test_beyond_the_bound_nothing_is_taken_until_something_is_folded(tmp_path, clock, randomness):
    spool = Spool(tmp_path / "events", clock, randomness, most_bytes=10, most_posts=3)
    assert [spool.append(b"12345") for _ in range(3)] == [True, True, False]
    spool.remove(spool.waiting()[0])
    assert spool.waiting()
    assert [spool.append(b"1") for _ in range(3)] == [True, True, False]
    assert Spool(spool.folder, clock, randomness, most_posts=3).append(b"1") is False


def test_the_bound_holds_for_threads_that_come_at_once(tmp_path, clock, randomness):
    spool = Spool(tmp_path / "events", clock, randomness, most_posts=20)
    barrier = threading.Barrier(8)

    def come(_):
        barrier.wait(60)
        return sum(spool.append(b"[]") for _ in range(5))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(come, range(8))) == 20
    assert len(spool.waiting()) == 20


def test_a_post_that_the_disk_refuses_is_not_counted(spool, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            spool.append(b"[1]")
    assert spool.backlog() == Backlog()
    assert list(spool.folder.iterdir()) == []
    assert spool.append(b"[2]")


def test_what_a_killed_process_was_writing_is_never_read_and_swept_in_time(spool, clock):
    part = spool.folder / f"{1:020}-3-{'a' * 32}.part"
    part.write_bytes(b"[1")
    now = clock.now().timestamp()
    os.utime(part, (now, now))
    spool.append(b"[2]")
    spool.sweep()
    assert part.exists()
    assert bodies(spool) == [b"[2]"]
    clock.advance(2 * 3600)
    spool.sweep()
    assert not part.exists()
    assert bodies(spool) == [b"[2]"]


def test_posts_that_pour_in_are_noticed_until_they_stop_or_too_many_wait(
    tmp_path, clock, randomness, monkeypatch
):
    monkeypatch.setattr(spools, "QUIET", 60)
    spool = Spool(tmp_path / "events", clock, randomness, most_posts=8)
    assert not spool.is_busy
    spool.append(b"[1]")
    assert spool.is_busy
    spool.append(b"[2]")  # a quarter of the room is taken
    assert not spool.is_busy
    spool.remove(spool.waiting()[0])
    spool.waiting()
    assert spool.is_busy
    monkeypatch.setattr(spools, "QUIET", 0)
    assert not spool.is_busy
