"""Files of an issue: a crash leaves the old one or the new one, never half of one."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from newsletter import failpoints
from newsletter.errors import IssueError

if TYPE_CHECKING:
    from pathlib import Path


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write bytes, or text as UTF-8: a temporary neighbour, fsync, rename, fsync of the folder.

    Raises IssueError naming the file when the disk refuses.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, 0o644)  # noqa: PTH101 - mkstemp makes it private; this is a newsroom file
            failpoints.reach("file:written")
            os.replace(temporary, path)  # noqa: PTH105 - pairs with the descriptor above
        except BaseException:
            os.unlink(temporary)  # noqa: PTH108
            raise
        failpoints.reach("file:renamed")
        sync_folder(path.parent)
    except OSError as error:
        raise IssueError(f"cannot be written: {error.strerror}", file=str(path)) from error


def append_line(path: Path, line: str) -> None:
    """Add a line that ends with a line feed, durably. A crash may cut it off, and it alone.

    Raises IssueError naming the file when the disk refuses.
    """
    try:
        whole = not path.exists() or path.read_bytes().endswith(b"\n")
        with path.open("ab") as file:
            file.write(line.encode() if whole else b"\n" + line.encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise IssueError(f"cannot be written: {error.strerror}", file=str(path)) from error


def remove(path: Path) -> None:
    """Take a file away for good; one that is gone is fine. IssueError when the disk refuses."""
    try:
        path.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise IssueError(f"cannot be removed: {error.strerror}", file=str(path)) from error


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, byte for byte. Raises IssueError when it is not one."""
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise IssueError(f"cannot be read: {error.strerror}", file=str(path)) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise IssueError("is not UTF-8; save it as UTF-8", file=str(path), line=line) from None


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
