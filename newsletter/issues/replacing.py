"""Changing a file that others may be changing: nothing they save in between is ever overwritten.

Who changes an issue takes its lock. Editors outside know nothing of locks, so the new file changes
places with the old one in one step where the system can do that, and what came out is looked at: if
it is not what was read, it goes back.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.errors import IssueError
from newsletter.issues.files import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = -100  # AT_FDCWD of Linux
_EXCHANGE = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS
_UNABLE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder's lock, across threads and processes; waits for whoever has it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise IssueError(f"cannot be opened: {error.strerror}", file=str(folder)) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def replaced(path: Path, old: str | None, new: str) -> bool:
    """Write a text over another one, durably; False, and nothing is changed, where the file does
    not hold `old` to the byte, or is there at all where `old` is None.

    IssueError naming the file where the disk refuses, or somebody saved twice in one moment: then
    both of their versions are kept.
    """
    try:
        spare = _written_beside(path, new)
        try:
            done = _linked(spare, path) if old is None else _swapped(spare, path, old, new)
        finally:
            spare.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise IssueError(f"cannot be written: {error.strerror}", file=str(path)) from error
    return done


def _written_beside(path: Path, text: str) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(text.encode())
        file.flush()
        os.fchmod(file.fileno(), 0o644)
        os.fsync(file.fileno())
    return Path(name)


def _linked(spare: Path, path: Path) -> bool:
    """Give a new file its name, unless something has it."""
    try:
        os.link(spare, path)
    except FileExistsError:
        return False
    return True


def _swapped(spare: Path, path: Path, old: str, new: str) -> bool:
    if not _holds(path, old):
        return False
    try:
        stepped = exchange(spare, path)
    except FileNotFoundError:
        return False
    if not stepped:
        spare.replace(path)
        return True
    if _holds(spare, old):
        return True
    exchange(spare, path)  # somebody saved between the look and the step
    if not _holds(spare, new):
        kept = path.with_name(f"{path.stem}-saved-meanwhile{path.suffix}")
        spare.replace(kept)
        raise IssueError(f"was saved twice while it was being changed; {kept.name} is the later")
    return False


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except FileNotFoundError:
        return False  # some editors move the old file away before they save the new one


def exchange(one: Path, other: Path) -> bool:
    """Let two files change places in one step; False where the system cannot.

    renameat2(2) of Linux, renamex_np(2) of macOS. Raises OSError where one is missing.
    """
    library = ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(one), os.fsencode(other)
    if sys.platform == "darwin":
        failed = library.renamex_np(*names, _EXCHANGE)
    elif hasattr(library, "renameat2"):
        failed = library.renameat2(_HERE, names[0], _HERE, names[1], _EXCHANGE)
    else:
        return False
    if not failed:
        return True
    number = ctypes.get_errno()
    if number in _UNABLE:
        return False
    raise OSError(number, os.strerror(number), str(one))
