"""What a recipient of an accepted request would find in the mailbox (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from newsletter.providers.simulator.tracking import as_read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as its reader gets it. `to` are all addresses that this reader can see."""

    to: tuple[str, ...]
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]


def letters(body: Mapping[str, Any]) -> Iterator[Letter]:
    """One letter per personalization, substitutions made literally, as SendGrid makes them, and
    links and opens tracked where the request says so.
    """
    parts = {part["type"]: part["value"] for part in body.get("content", ())}
    for person in body["personalizations"]:
        tags = person.get("substitutions", {})
        yield Letter(
            to=tuple(member["email"] for member in person["to"]),
            subject=_exchanged(person.get("subject", body.get("subject", "")), tags),
            text=_exchanged(parts.get("text/plain", ""), tags),
            html=as_read(_exchanged(parts.get("text/html", ""), tags), body),
            headers=body.get("headers", {}) | person.get("headers", {}),
        )


def _exchanged(text: str, tags: Mapping[str, str]) -> str:
    for tag, value in tags.items():
        text = text.replace(tag, value)
    return text
