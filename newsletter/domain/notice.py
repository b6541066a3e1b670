"""What the program tells its own people unasked: kinds of notices, and by which way they go."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class NoticeKind(StrEnum):
    """Why somebody is told."""

    PROOF = "proof"  # the draft stands: here it is
    REMINDER = "reminder"  # it is not approved yet
    THIN = "thin"  # too little news: there is no issue
    UNAPPROVED = "unapproved"  # its hour has come, and it is not approved
    MISSED = "missed"
    FAILED = "failed"  # a gather or a send could not be done
    TROUBLE = "trouble"  # a campaign was stopped, or has mails in doubt
    REPORT = "report"  # the morning after: what readers did


class Channel(StrEnum):
    """Where a notice goes."""

    EDITORS = "editors"  # by mail
    OPERATORS = "operators"  # by mail
    REPORTS = "reports"  # by mail, to whoever wants to know how an issue did
    WEBHOOK = "webhook"


class NoticeState(StrEnum):
    """Where one notice stands on one channel."""

    DUE = "due"
    TELLING = "telling"  # a process is at it, or has died at it
    TOLD = "told"
    UNCERTAIN = "uncertain"  # it may have been mailed: it is not mailed again
    FAILED = "failed"
    DROPPED = "dropped"  # there were too many that day


CHANNELS: Mapping[NoticeKind, tuple[Channel, ...]] = {
    NoticeKind.PROOF: (Channel.EDITORS,),
    NoticeKind.REMINDER: (Channel.EDITORS,),
    NoticeKind.THIN: (Channel.EDITORS,),
    NoticeKind.UNAPPROVED: (Channel.EDITORS, Channel.WEBHOOK),
    NoticeKind.MISSED: (Channel.EDITORS, Channel.OPERATORS, Channel.WEBHOOK),
    NoticeKind.FAILED: (Channel.OPERATORS, Channel.WEBHOOK),
    NoticeKind.TROUBLE: (Channel.OPERATORS, Channel.WEBHOOK),
    NoticeKind.REPORT: (Channel.REPORTS,),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be told once on one channel; `key` is the same on all of them.

    `endings` tells, by the digest of an address, with whom a mail has ended, and how; `reason` why
    not everybody was told.
    """

    id: int
    key: str
    channel: Channel
    kind: NoticeKind
    issue: str
    text: str
    state: NoticeState
    tries: int
    endings: Mapping[str, str]
    reason: str
