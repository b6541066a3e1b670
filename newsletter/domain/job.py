"""Jobs: work that any process of the right kind may do, and that may be done twice or never.

A job is a hint. What is due stands in the database, and is found there again when a hint is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Queue(StrEnum):
    """Which machines may take a job."""

    SENDING = "sending"  # any that reaches the database
    NEWSROOM = "newsroom"  # one that has the issues on its disk


class JobName(StrEnum):
    """What is to be done."""

    DISPATCH = "dispatch"  # submit what is ready of a campaign
    RHYTHM = "rhythm"  # do what the schedule says is due: gather, remind, freeze


QUEUE_OF = {JobName.DISPATCH: Queue.SENDING, JobName.RHYTHM: Queue.NEWSROOM}


@dataclass(frozen=True, slots=True)
class Job:
    """One hint. `subject` is what it is about: a campaign's number, or ''.

    Of jobs that are equal one waits at a time, and one runs at a time, on any number of hosts;
    `share` tells those apart that may well run side by side.
    """

    name: JobName
    subject: str = ""
    share: int = 0

    @property
    def queue(self) -> Queue:
        """Where it waits."""
        return QUEUE_OF[self.name]

    @property
    def key(self) -> str:
        """The same for equal jobs only."""
        return f"{self.name}:{self.subject}:{self.share}"
