"""What SQLite has synced of its files, and nothing else: the disk as a power cut would leave it.

`power_cut.py DATABASE FOLDER SYNCHRONOUS` claims and answers four batches of campaign 1, and puts
into FOLDER/N what was synced when claim N had returned: then its request would leave. A shim
around SQLite's own file layer notes each sync, https://www.sqlite.org/c3ref/io_methods.html.
"""

import _sqlite3
import ctypes
import sys
from datetime import UTC, datetime
from pathlib import Path

POINTERS = "xOpen xDelete xAccess xFullPathname xDlOpen xDlError xDlSym xDlClose xRandomness xSleep"
# The name as a pointer: SQLite reads it as long as the file is open, and a copy would be gone.
OPEN = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_int,
    ctypes.c_void_p,
)
SYNC = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)


class Vfs(ctypes.Structure):
    """sqlite3_vfs; what is not changed is copied by the size of the whole."""

    _fields_ = (
        ("iVersion", ctypes.c_int),
        ("szOsFile", ctypes.c_int),
        ("mxPathname", ctypes.c_int),
        ("pNext", ctypes.c_void_p),
        ("zName", ctypes.c_char_p),
        ("pAppData", ctypes.c_void_p),
        *((name, ctypes.c_void_p) for name in POINTERS.split()),
        *((f"later{number}", ctypes.c_void_p) for number in range(8)),
    )


class Methods(ctypes.Structure):
    """sqlite3_io_methods of version 3."""

    _fields_ = (
        ("iVersion", ctypes.c_int),
        *((name, ctypes.c_void_p) for name in ("xClose", "xRead", "xWrite", "xTruncate", "xSync")),
        *((f"later{number}", ctypes.c_void_p) for number in range(13)),
    )


class Disk:
    """Every file of SQLite as it was at its last sync."""

    def __init__(self):
        self.synced = {}
        self._files = {}
        self._kept = []  # what C code points at must not be collected
        self._methods = {}
        self._library = ctypes.CDLL(_sqlite3.__file__)
        self._library.sqlite3_vfs_find.restype = ctypes.POINTER(Vfs)
        self._original = self._library.sqlite3_vfs_find(None)
        self._open = ctypes.cast(self._original.contents.xOpen, OPEN)

    def watch(self):
        """Let every database that is opened from here on go through the shim."""
        mine = Vfs()
        ctypes.memmove(ctypes.byref(mine), self._original, ctypes.sizeof(Vfs))
        mine.zName, mine.pNext = b"watched", None
        opened = OPEN(self._opened)
        mine.xOpen = ctypes.cast(opened, ctypes.c_void_p)
        self._kept += [mine, opened]
        assert self._library.sqlite3_vfs_register(ctypes.byref(mine), 1) == 0

    def keep(self, folder):
        """Put what was synced so far into a folder, under the files' own names."""
        folder.mkdir()
        for path, content in self.synced.items():
            (folder / path.name).write_bytes(content)

    def _opened(self, _vfs, name, file, flags, out):
        code = self._open(self._original, name, file, flags, out)
        if code == 0 and name:
            self._files[file] = Path(ctypes.string_at(name).decode())
            slot = ctypes.cast(file, ctypes.POINTER(ctypes.c_void_p))
            slot[0] = ctypes.addressof(self._watched(slot[0]))
        return code

    def _watched(self, methods):
        """A file's methods, with a sync that is noted."""
        if methods not in self._methods:
            copy = Methods.from_buffer_copy(Methods.from_address(methods))
            sync = ctypes.cast(copy.xSync, SYNC)

            def synced(file, flags):
                code = sync(file, flags)
                path = self._files[file]
                self.synced[path] = path.read_bytes()
                return code

            noted = SYNC(synced)
            copy.xSync = ctypes.cast(noted, ctypes.c_void_p)
            self._kept.append(noted)
            self._methods[methods] = copy
        return self._methods[methods]


class Clock:
    def now(self):
        return datetime.now(UTC)


def main(database, folder, synchronous):
    disk = Disk()
    disk.watch()
    from sqlalchemy import event

    from newsletter.domain.campaign import BatchState, Outcome, Step
    from newsletter.store import batches, campaigns, claims
    from newsletter.store.engine import connect, writing

    disk.synced[Path(database)] = Path(database).read_bytes()
    engine = connect(f"sqlite:///{database}")
    if synchronous != "as we set it":
        event.listen(
            engine, "connect", lambda raw, _: raw.execute(f"PRAGMA synchronous = {synchronous}")
        )
    for number in range(4):
        with writing(engine) as connection:
            campaign = campaigns.get(connection, 1)
            step = Step(Clock().now(), "sender")
            attempt = f"{number:032}"
            claimed = claims.claim(connection, campaign, step, attempt=attempt, owner=1)
        disk.keep(Path(folder, str(number)))
        with writing(engine) as connection:
            accepted = BatchState.SUBMITTED
            batches.record(connection, campaign, claimed, accepted, step, outcome=Outcome.ACCEPTED)
    engine.dispose()


main(*sys.argv[1:])
