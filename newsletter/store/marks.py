"""A mark outside the database: how far this machine knows that sending has come.

A backup of the database does not bring the mark back, so a database that is behind it was restored.
"""

from __future__ import annotations

import fcntl
import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Mark:
    """`generation` counts the runs that sent; `entry` is the last claim in the log of moves."""

    generation: int
    entry: int

    def __or__(self, other: Mark) -> Mark:
        """The later of both."""
        return Mark(max(self.generation, other.generation), max(self.entry, other.entry))


NO_MARK = Mark(0, 0)


class MarkFile:
    """The file of one machine and database; its processes and threads share it."""

    def __init__(self, path: str) -> None:
        """Open or make it; StoreError where the folder does not let us."""
        self.path = path
        self._using = threading.Lock()
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unwritable(path, error) from None

    def read(self) -> Mark | None:
        """The mark, or None where this machine has never made one."""
        with self._locked():
            return self._read()

    def reach(self, entry: int) -> None:
        """A batch was claimed. Not synced: only a power cut forgets it, and then no older database
        has been put in place.
        """
        with self._locked():
            known = self._read()
            if known is not None and entry > known.entry:
                self._write(Mark(known.generation, entry))

    def set(self, mark: Mark) -> None:
        """Make this the mark, durably."""
        with self._locked():
            self._write(mark)
            os.fsync(self._descriptor)

    def raise_to(self, mark: Mark) -> None:
        """Make the later of this and the known mark the mark, durably."""
        with self._locked():
            known = self._read()
            self._write(mark if known is None else mark | known)
            os.fsync(self._descriptor)

    def close(self) -> None:
        """Let go of the file; repeatable."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._using:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX)
                yield
            except OSError as error:
                raise _unwritable(self.path, error) from None
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def _read(self) -> Mark | None:
        words = os.pread(self._descriptor, 100, 0).split()
        if not words:
            return None
        try:
            generation, entry = map(int, words)
        except ValueError:
            raise StoreError(
                f"{self.path} is damaged; look whether mails have left that the database does not "
                "know of, then delete it"
            ) from None
        return Mark(generation, entry)

    def _write(self, mark: Mark) -> None:
        # Of one length, so that no write leaves a part of the one before.
        os.pwrite(self._descriptor, b"%019d %019d\n" % (mark.generation, mark.entry), 0)


def _unwritable(path: str, error: OSError) -> StoreError:
    return StoreError(
        f"the send cannot keep its mark in {path}: {error.strerror}; check the folder, its rights "
        "and its disk"
    )
