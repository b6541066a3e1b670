"""What a check can only be told, because it lies outside the issue; empty where nobody looked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from newsletter.claims import Source
    from newsletter.domain.sponsor import Due, Slot
    from newsletter.domain.story import Ran


@dataclass(frozen=True, slots=True)
class Answer:
    """What a link answered: the status and the last address, or why there was no answer.

    `gone` where the host or page is not there, `reason` in words where `status` is None.
    """

    status: int | None
    url: str
    reason: str = ""
    gone: bool = False


@dataclass(frozen=True, slots=True)
class SpamScore:
    """What SpamAssassin says of the mail: its score, the score it calls spam, and the reasons."""

    score: float
    limit: float
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """The facts around an issue.

    `lacking` counts, for each attribute the issue asks for, the readers without it. `subjects` are
    those of earlier issues with their names. `answers` is None where links were not looked at and
    nobody wanted them to be; `unvisited` counts those left out. `mails` are whole messages by
    version. `shares` are the publication's own figures of mail programs. `pictures` are the issue's
    own, prepared: address in issue.md → bytes. `sources` hold what was kept of
    the items that briefs were cut from, by their ids. `ran` says, by the line of a brief, where its
    story ran before. `due` are the paid pieces it must hold, `dead` slots sold for days without an
    issue.
    """

    attributes: tuple[str, ...] = ()
    readers: int = 0
    lacking: Mapping[str, int] = field(default_factory=dict)
    subjects: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    unvisited: int = 0
    mails: Mapping[str, bytes] = field(default_factory=dict)
    spam: SpamScore | None = None
    spam_filter_missing: bool = False
    shares: Mapping[str, float] = field(default_factory=dict)
    pictures: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    ran: Mapping[int, Ran] = field(default_factory=dict)
    due: tuple[Due, ...] = ()
    dead: tuple[Slot, ...] = ()
