"""What the simulator accepted, on disk: one JSON line a fact, flushed before it is answered.

The ledger is the independent witness of a rehearsal: what is in it was accepted, whatever the
sender believes. Lines are only ever added; a torn last line was never answered and is cut off.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from newsletter.domain.mailing import SPECIMEN
from newsletter.errors import NewsletterError
from newsletter.providers.sendgrid.payload import ATTEMPT, CAMPAIGN, DELIVERY
from newsletter.providers.simulator.problems import FURTHEST_SEND_AT
from newsletter.providers.simulator.tracking import notes_opens, seen_links

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

MOST_STOPPED = 10
"""Batches that may be paused or cancelled at one time."""

TOO_LATE = 600
"""Seconds before mail leaves within which a stop comes too late."""


class Person(NamedTuple):
    """One recipient of an accepted request."""

    address: str
    delivery: str


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One accepted request. Times are Unix seconds.

    `lost` is true where `batch_id` was never given out: the service takes such mail and sends
    none of it. `opens` tells whether opens are noted, `links` are those whose clicks are.
    """

    message_id: str
    at: int
    attempt: str
    campaign: str
    batch_id: str
    send_at: int | None
    categories: tuple[str, ...]
    people: tuple[Person, ...]
    lost: bool = False
    opens: bool = False
    links: tuple[str, ...] = ()


class Ledger:
    """The acceptances, batch ids and stops of one folder; safe to share among threads."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._acceptances: list[Acceptance] = []
        self._batches: set[str] = set()
        self._stopped: dict[str, str] = {}
        self._stopped_at: dict[str, int] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        for fact in _facts(path):
            self._learn(fact)
        self._file = path.open("ab")

    def close(self) -> None:
        """Close the file; the ledger answers questions still."""
        self._file.close()

    def accept(self, body: Mapping[str, Any], *, message_id: str, at: int) -> Acceptance:
        """Book a request that keeps the rules."""
        shared = body.get("custom_args", {})
        with self._lock:
            batch_id = body.get("batch_id", "")
            fact = {
                "fact": "accepted",
                "message_id": message_id,
                "at": at,
                "attempt": shared.get(ATTEMPT, ""),
                "campaign": shared.get(CAMPAIGN, ""),
                "batch_id": batch_id,
                "send_at": body.get("send_at"),
                "categories": body.get("categories", []),
                "people": _people(body["personalizations"]),
                "lost": bool(batch_id) and batch_id not in self._batches,
                "opens": notes_opens(body),
                "links": seen_links(body),
            }
            self._write(fact)
            return self._acceptances[-1]

    def give_batch(self, batch_id: str) -> None:
        """Book a batch id given out."""
        with self._lock:
            self._write({"fact": "batch", "batch_id": batch_id})

    def knows_batch(self, batch_id: str) -> bool:
        """Whether this id was given out here."""
        with self._lock:
            return batch_id in self._batches

    def stop(self, batch_id: str, status: str, *, at: int = 0) -> bool:
        """Book `cancel` or `pause`; False when ten other batches, whose mail has not passed its
        moment, are stopped already.
        """
        with self._lock:
            if batch_id not in self._stopped:
                open_ = sum(self._last_moment(other) > at for other in self._stopped)
                if open_ >= MOST_STOPPED:
                    return False
                fact = {"fact": "stop", "batch_id": batch_id, "status": status, "at": at}
                self._write(fact)
            return True

    def resume(self, batch_id: str) -> bool:
        """Take a stop back; False when there was none."""
        with self._lock:
            if batch_id not in self._stopped:
                return False
            self._write({"fact": "resume", "batch_id": batch_id})
            return True

    def stopped(self) -> dict[str, str]:
        """Batch id → `cancel` or `pause`."""
        with self._lock:
            return dict(self._stopped)

    def acceptances(self) -> tuple[Acceptance, ...]:
        """Everything ever accepted, in order."""
        with self._lock:
            return tuple(self._acceptances)

    def effective(self) -> tuple[Acceptance, ...]:
        """What reaches people: neither lost nor in a batch that is stopped."""
        with self._lock:
            return tuple(
                one for one in self._acceptances if not one.lost and not self._discarded(one)
            )

    def duplicates(self) -> dict[tuple[str, str], int]:
        """(campaign, lower-case address) → mails, for everyone who gets more than one of a
        campaign; who tests an issue of two versions gets two, as they asked.
        """
        counts = Counter(
            (one.campaign, person.address.lower())
            for one in self.effective()
            if one.campaign != SPECIMEN
            for person in one.people
        )
        return {who: mails for who, mails in counts.items() if mails > 1}

    def summary(self) -> dict[str, Any]:
        """The sums a person looks at; no addresses."""
        everything, effective = self.acceptances(), self.effective()
        campaigns: Counter[str] = Counter()
        for one in effective:
            campaigns[one.campaign] += len(one.people)
        recipients = sum(len(one.people) for one in everything)
        return {
            "requests": len(everything),
            "recipients": recipients,
            "lost": sum(len(one.people) for one in everything if one.lost),
            "stopped": recipients
            - sum(campaigns.values())
            - sum(len(one.people) for one in everything if one.lost),
            "duplicates": len(self.duplicates()),
            "campaigns": dict(campaigns),
        }

    def _discarded(self, one: Acceptance) -> bool:
        """Whether it is stopped, and was in time; late mail of a stopped batch always is."""
        stopped_at = self._stopped_at.get(one.batch_id)
        if stopped_at is None:
            return False
        return one.send_at is None or stopped_at <= one.send_at - TOO_LATE or one.at > stopped_at

    def _last_moment(self, batch_id: str) -> int:
        """When the last mail of a batch would leave; of an empty one, as late as any could."""
        moments = [one.send_at or one.at for one in self._acceptances if one.batch_id == batch_id]
        return max(moments, default=self._stopped_at[batch_id] + FURTHEST_SEND_AT)

    def _write(self, fact: Mapping[str, Any]) -> None:
        self._file.write(orjson.dumps(fact, option=orjson.OPT_APPEND_NEWLINE))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._learn(fact)

    def _learn(self, fact: Mapping[str, Any]) -> None:
        match fact["fact"]:
            case "accepted":
                self._acceptances.append(_acceptance(fact))
            case "batch":
                self._batches.add(fact["batch_id"])
            case "stop":
                self._stopped[fact["batch_id"]] = fact["status"]
                self._stopped_at[fact["batch_id"]] = fact.get("at", 0)
            case "resume":
                self._stopped.pop(fact["batch_id"], None)
                self._stopped_at.pop(fact["batch_id"], None)


def _facts(path: Path) -> Iterable[dict[str, Any]]:
    """The facts on disk; a last line without its end is cut off the file."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        os.truncate(path, len(whole))
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            yield orjson.loads(line)
        except orjson.JSONDecodeError:
            raise NewsletterError(
                "is no line of a simulator's ledger; move the file away to begin anew",
                file=str(path),
                line=number,
            ) from None


def _people(personalizations: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    return [
        [member["email"], str(person.get("custom_args", {}).get(DELIVERY, ""))]
        for person in personalizations
        for group in ("to", "cc", "bcc")
        for member in person.get(group, ())
    ]


def _acceptance(fact: Mapping[str, Any]) -> Acceptance:
    return Acceptance(
        message_id=fact["message_id"],
        at=fact["at"],
        attempt=fact["attempt"],
        campaign=fact["campaign"],
        batch_id=fact["batch_id"],
        send_at=fact["send_at"],
        categories=tuple(fact["categories"]),
        people=tuple(Person(*person) for person in fact["people"]),
        lost=fact["lost"],
        opens=fact.get("opens", False),
        links=tuple(fact.get("links", ())),
    )
