"""Points where a test may kill or freeze this process; the environment alone can arm them.

`NEWSLETTER_FAILPOINTS="claim:committed=kill@3"` kills the process with SIGKILL the third time it
comes to that point; `stop` in place of `kill` freezes it until somebody sends SIGCONT. Several are
parted by commas. Without the variable nothing is counted and nothing happens.
"""

from __future__ import annotations

import os
import signal
import threading
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

VARIABLE = "NEWSLETTER_FAILPOINTS"

POINTS = {
    "freeze:begun": "the campaign's row is there, nobody of its audience",
    "freeze:people": "the deliveries are there, the exclusions are not",
    "freeze:whole": "all is there, and not committed",
    "claim:taken": "a batch is claimed, and not committed",
    "claim:committed": "the claim is durable, and nothing is composed",
    "post:ready": "the mailing is composed, and no byte has left",
    "post:written": "every byte is handed to the kernel",
    "post:accepted": "the provider has accepted, and its answer is not read",
    "record:ready": "the answer is known, and not written down",
    "record:committed": "the answer is durable",
    "trial:chosen": "the best subject is chosen, and those who wait for it are not let go",
    "recovery:taken": "what a dead sender left is in doubt, and not committed",
    "recovery:committed": "what a dead sender left is durably in doubt",
    "event:spooled": "a post of events is durable, and not acknowledged",
    "event:appended": "acknowledged events are folded, and not committed",
    "event:committed": "they are folded for good, and their post is still there",
    "move:whole": "PostgreSQL has every row, and nothing is committed",
    "move:committed": "PostgreSQL has every row for good, and the old file may still send",
    "occurrence:taken": "a gather of the schedule is taken, and nothing is made",
    "occurrence:drafted": "the draft is written, and not told to be done",
    "occurrence:frozen": "the scheduled campaign is frozen, and its occurrence not done",
    "notice:claimed": "a notice is claimed, and nothing is submitted",
    "notice:told": "the provider has accepted a notice, and nobody has written that down",
    "file:written": "the new file is on the disk under another name",
    "file:renamed": "the new file has its name, and its folder is not synced",
}
"""Every point, and how the world stands there."""

_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


def armed(wanted: str) -> Callable[[str], None]:
    """What to call at each point, for a text such as `claim:committed=kill@3`.

    Raises ValueError for a point or an action that is not known.
    """
    if not wanted:
        return _pass
    parsed = dict(_parsed(entry) for entry in wanted.split(","))
    passed = {point: count(1) for point in parsed}

    def reach(point: str) -> None:
        if point in parsed:
            sent, at = parsed[point]
            if next(passed[point]) == at:
                # To this thread: one sent to the process lets it run on until another has taken it.
                signal.pthread_kill(threading.get_ident(), sent)

    return reach


def _pass(_point: str) -> None:
    """Go on."""


def _parsed(entry: str) -> tuple[str, tuple[signal.Signals, int]]:
    point, _, rest = entry.strip().partition("=")
    action, _, number = rest.partition("@")
    if point not in POINTS or action not in _SIGNALS or not (number or "1").isdigit():
        raise ValueError(f"{VARIABLE} holds “{entry}”; write POINT=kill@N or POINT=stop@N")
    return point, (_SIGNALS[action], int(number or 1))


reach = armed(os.environ.get(VARIABLE, ""))
