"""What fetching remembers between runs: small JSON files, each whole, none for too long."""

from __future__ import annotations

import hashlib
import os
import threading
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from newsletter.ports import Clock

LONGEST = timedelta(days=30)
MOST = 5_000


class Shelf:
    """A folder with a file for each key; what is missing, damaged or lost is only read anew.

    Safe to share between threads and processes: the last one to write a key wins.
    """

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def read(self, key: str, *, within: timedelta = LONGEST) -> Mapping[str, Any] | None:
        """What was written for `key`, if that was no longer ago, and its `age`."""
        try:
            value: dict[str, Any] = orjson.loads(self._path(key).read_bytes())
            age = self._clock.now() - datetime.fromisoformat(value["at"])
        except (OSError, ValueError, TypeError, KeyError):
            return None
        known = value.get("key") == key and timedelta(0) <= age < within
        return {**value, "age": age} if known else None

    def write(self, key: str, value: Mapping[str, object]) -> None:
        """Keep `value`, of what JSON can hold; a disk that refuses only costs the memory of it."""
        now = self._clock.now()
        content = orjson.dumps({"key": key, "at": now.isoformat(), **value})
        with suppress(OSError):
            try:
                self._put(self._path(key), content, now.timestamp())
            except FileNotFoundError:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._put(self._path(key), content, now.timestamp())

    def tidy(self) -> None:
        """Remove what is too old, and the oldest of what is too much."""
        with suppress(OSError):
            oldest = (self._clock.now() - LONGEST).timestamp()
            files = [(one.stat().st_mtime, one.path) for one in os.scandir(self._folder)]
            files.sort(reverse=True)
            for place, (written, path) in enumerate(files):
                if place >= MOST or written < oldest:
                    with suppress(OSError):
                        os.unlink(path)  # noqa: PTH108 - scandir gives strings

    def _put(self, path: Path, content: bytes, at: float) -> None:
        """Whole or not at all. No fsync: a file that a crash takes away is read anew."""
        unfinished = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
        with unfinished.open("wb", buffering=0) as file:
            file.write(content)
            os.utime(file.fileno(), (at, at))
        unfinished.replace(path)

    def _path(self, key: str) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
