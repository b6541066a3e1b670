"""What fetching remembers: whole, not for too long, and not too much."""

from __future__ import annotations

import threading
from datetime import timedelta

from newsletter.gather import shelf as shelves


def test_what_is_written_is_read_until_it_is_too_old(shelf, clock):
    assert shelf.read("a") is None
    shelf.write("a", {"n": 1})
    assert shelf.read("a")["n"] == 1
    clock.advance(3600)
    assert shelf.read("a", within=timedelta(hours=1)) is None
    assert shelf.read("a")["n"] == 1
    clock.advance(shelves.LONGEST.total_seconds())
    assert shelf.read("a") is None


def test_a_moment_in_the_future_is_not_believed(shelf, clock):
    clock.advance(3600)
    shelf.write("a", {"n": 1})
    clock.advance(-7200)
    assert shelf.read("a") is None


def test_a_file_of_another_key_is_not_taken_for_it(shelf):
    shelf.write("a", {"n": 1})
    shelf._path("a").rename(shelf._path("b"))
    assert shelf.read("b") is None


def test_damage_is_absence(shelf):
    shelf.write("a", {"n": 1})
    for content in (b"", b"{", b"[]", b'{"key":"a"}', b'{"key":"a","at":"never"}', b"\xff"):
        shelf._path("a").write_bytes(content)
        assert shelf.read("a") is None


def test_a_folder_that_refuses_is_no_error(shelf, tmp_path):
    (tmp_path / "fetched").write_text("a file")
    shelf.write("a", {"n": 1})
    assert shelf.read("a") is None
    shelf.tidy()


def test_old_files_and_the_oldest_of_too_many_go(shelf, clock, monkeypatch):
    monkeypatch.setattr(shelves, "MOST", 3)
    shelf.write("old", {})
    clock.advance(shelves.LONGEST.total_seconds() + 1)
    for name in "abcd":
        shelf.write(name, {})
        clock.advance(60)
    shelf.tidy()
    assert [name for name in ("old", *"abcd") if shelf._path(name).exists()] == ["b", "c", "d"]


def test_two_writers_of_a_key_leave_one_whole_file(shelf):
    def write(number):
        for _ in range(50):
            shelf.write("a", {"n": [number] * 500})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(shelf.read("a")["n"])) == 1
    assert len(list(shelf._folder.iterdir())) == 1
