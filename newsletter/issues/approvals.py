"""What is kept of approvals: approval.json; in approvals.jsonl, who gave or took one. Pure.

approved.md beside them is issue.md as it stood when it was approved; `text` is its SHA-256, so that
a copy that was touched is not taken for what was approved.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.errors import IssueError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved which rendered bytes, and when. `parts` are digests by `version/part`; `text` is
    that of approved.md, or ''.
    """

    digest: str
    by: str
    at: datetime
    parts: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


class Verdict(StrEnum):
    """What a person decided about the bytes of an issue."""

    APPROVED = "approved"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Ruling:
    """One line of approvals.jsonl; `digest` is that of the bytes it is about."""

    verdict: Verdict
    digest: str
    by: str
    at: datetime


def approval_file(approval: Approval) -> str:
    """approval.json."""
    record = {
        "digest": approval.digest,
        "by": approval.by,
        "at": approval.at.isoformat(),
        "parts": dict(approval.parts),
        "text": approval.text,
    }
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"


def read_approval(text: str, *, file: str) -> Approval:
    """What `approval_file` wrote; IssueError naming the file where somebody has damaged it."""
    try:
        record = json.loads(text)
        return Approval(
            digest=str(record["digest"]),
            by=str(record["by"]),
            at=datetime.fromisoformat(record["at"]),
            parts=dict(record.get("parts", {})),
            text=str(record.get("text", "")),
        )
    except (ValueError, KeyError, TypeError):
        raise IssueError("is damaged; approve the issue again", file=file) from None


def ruling_line(ruling: Ruling) -> str:
    """One line for the end of approvals.jsonl."""
    record = {
        "verdict": ruling.verdict,
        "digest": ruling.digest,
        "by": ruling.by,
        "at": ruling.at.isoformat(),
    }
    return json.dumps(record, ensure_ascii=False) + "\n"


def read_rulings(text: str) -> tuple[Ruling, ...]:
    """The lines of approvals.jsonl, oldest first; a line that a crash cut off is left out."""
    return tuple(ruling for line in text.split("\n") if (ruling := _ruling(line)))


def _ruling(line: str) -> Ruling | None:
    try:
        record = json.loads(line)
        return Ruling(
            verdict=Verdict(record["verdict"]),
            digest=str(record["digest"]),
            by=str(record["by"]),
            at=datetime.fromisoformat(record["at"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
