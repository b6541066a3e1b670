"""Posts of events that are acknowledged and not yet folded: one file each, as it came.

Files and not rows, so that an answer never waits for a database that is slow, locked or away. A
post is written under another name, synced, renamed, and its folder synced, before it is
acknowledged. The name tells the moment, the size and a chance word, so that nothing need be opened
to know what waits.
"""

from __future__ import annotations

import math
import os
import re
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from newsletter import failpoints

if TYPE_CHECKING:
    from pathlib import Path

    from newsletter.ports import Clock, Randomness

MOST_BYTES = 256 * 1024 * 1024
MOST_POSTS = 20_000
"""What may wait; beyond it the provider is asked to come again."""

QUIET = 0.1
"""Seconds without a post after which no more are taken to be on their way."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAME = re.compile(r"(\d{20})-(\d{1,12})-[0-9a-f]{32}\.post\Z")
_LEFT_OVER = timedelta(hours=1)  # no write takes as long; its process was killed


@dataclass(frozen=True, slots=True)
class Post:
    """One request of the provider, durable."""

    path: Path
    received_at: datetime
    size: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits, and since when the first of it."""

    posts: int = 0
    size: int = 0
    oldest: datetime | None = None


@dataclass(slots=True)
class Spool:
    """The folder where posts wait; several threads and processes may add to it and take from it.

    What waits is counted when `waiting` looks, and kept up to date here in between: another
    process's posts are seen at the next look.
    """

    folder: Path
    clock: Clock
    randomness: Randomness
    most_bytes: int = MOST_BYTES
    most_posts: int = MOST_POSTS
    _counting: threading.Lock = field(default_factory=threading.Lock)
    _posts: int = 0
    _bytes: int = 0
    _came_at: float = -math.inf  # by the clock that never jumps

    def __post_init__(self) -> None:
        """Make the folder, for this user only, and count what waits from before."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.waiting()

    def append(self, body: bytes) -> bool:
        """Keep a post, durably once this returns; False where too much waits already.

        Raises OSError where the disk refuses.
        """
        if not self._room_for(len(body)):
            return False
        moment = (self.clock.now() - _EPOCH) // timedelta(microseconds=1)
        path = self.folder / f"{moment:020}-{len(body)}-{self.randomness.token()}.post"
        try:
            _write(path, body)
        except OSError:
            self.waiting()  # counts anew, without this one
            raise
        self._came_at = time.monotonic()
        failpoints.reach("event:spooled")
        return True

    @property
    def is_busy(self) -> bool:
        """Whether a post came just now to this process, and there is room for many more."""
        just_now = time.monotonic() - self._came_at < QUIET
        return just_now and self._posts < self.most_posts // 4

    def waiting(self) -> list[Post]:
        """Every post that waits, the first to come first."""
        with self._counting:
            found = filter(None, map(_post, self.folder.iterdir()))
            posts = sorted(found, key=lambda post: post.path.name)
            self._posts, self._bytes = len(posts), sum(post.size for post in posts)
        return posts

    def backlog(self) -> Backlog:
        """What waits now."""
        posts = self.waiting()
        return Backlog(self._posts, self._bytes, posts[0].received_at if posts else None)

    def _room_for(self, size: int) -> bool:
        """Whether a post of this size fits; it is counted from now on if so."""
        with self._counting:
            if self._posts >= self.most_posts or self._bytes + size > self.most_bytes:
                return False
            self._posts += 1
            self._bytes += size
            return True

    def remove(self, post: Post) -> None:
        """It is folded; another process may have removed it already."""
        post.path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what killed processes were still writing: nobody was told that it was kept."""
        for path in self.folder.glob("*.part"):
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            if written < self.clock.now() - _LEFT_OVER:
                path.unlink(missing_ok=True)


def _post(path: Path) -> Post | None:
    """What a file's name tells; None for what is still being written."""
    told = _NAME.match(path.name)
    if told is None:
        return None
    return Post(path, _EPOCH + timedelta(microseconds=int(told[1])), int(told[2]))


def _write(path: Path, body: bytes) -> None:
    """All of it under its name, or nothing; on the disk when this returns."""
    part = path.with_suffix(".part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
