"""What is held on one person: shown, handed out, proven, and erased."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from newsletter.audience.addresses import parse_address
from newsletter.domain.audience import Standing
from newsletter.domain.campaign import Step
from newsletter.domain.suppression import Reason
from newsletter.errors import AudienceError
from newsletter.store import audience, erasure, holdings
from newsletter.store.engine import reading, writing
from newsletter.usecases.events import fold_events

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from newsletter.app import Workspace
    from newsletter.domain.address import Address
    from newsletter.domain.audience import Subscriber
    from newsletter.store.erasure import Erased
    from newsletter.store.holdings import Rows

ERASED = "erased"

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Person:
    """Who has an address, and where they stand: a word of `domain.audience.Standing`, or `erased`.

    `held` is everything the database holds on them, table → rows. Without a subscriber, what is
    held is a sign-up, a suppression, or what an erasure left.
    """

    address: str
    standing: str
    subscriber: Subscriber | None
    held: dict[str, Rows]


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was taken out, what had to stay and why, and the workspace's files that still name the
    person.
    """

    erased: Erased
    kept: tuple[str, ...]
    files: tuple[str, ...]


def look_up(workspace: Workspace, address: str) -> Person:
    """Everything held on the person with this address; AudienceError where nothing is."""
    parsed = parse_address(address)
    with reading(workspace.engine) as connection:
        held = holdings.held(connection, parsed.canonical)
        subscriber = audience.find_subscriber(connection, parsed.canonical)
    if not held:
        raise AudienceError("nobody has this address; `newsletter subscribers import` adds people")
    standing = (
        _without_subscriber(held)
        if subscriber is None
        else subscriber.standing(workspace.clock.now()).value
    )
    known = parsed.mailed if subscriber is None else subscriber.address.mailed
    return Person(known, standing, subscriber, held)


def _without_subscriber(held: dict[str, Rows]) -> str:
    if any(row["reason"] == Reason.ERASED for row in held.get("suppression", ())):
        return ERASED
    return Standing.SUPPRESSED if "suppression" in held else Standing.PENDING


def hand_out(workspace: Workspace, address: str) -> dict[str, Any]:
    """Everything held on a person, for them: every column of every row, and where it is from.

    GDPR, articles 15 and 20. AudienceError where nothing is held.
    """
    person = look_up(workspace, address)
    return {
        "publication": workspace.settings.publication.name,
        "made_at": workspace.clock.now(),
        "address": person.address,
        "standing": person.standing,
        "held": person.held,
        "files": _files_naming(workspace, parse_address(address)),
    }


def prove_consent(workspace: Workspace, address: str) -> Rows:
    """The chain of a person's consent, oldest first, each link with the words that were shown."""
    return look_up(workspace, address).held.get("consent", [])


def erase(workspace: Workspace, address: str, *, by: str) -> Erasure:
    """Take a person out of the database for good; a second time finds nothing more.

    Events that wait to be folded are folded first, for they name people. An address nobody has is
    suppressed all the same, so that nobody is brought in under it.
    """
    parsed = parse_address(address)
    fold_events(workspace)
    with writing(workspace.engine) as connection:
        erasure.overwrite_removed(connection)
        step = Step(workspace.clock.now(), by, "the person was erased")
        erased = erasure.erase(connection, parsed, step)
    erasure.empty_log(workspace.engine)
    files = _files_naming(workspace, parsed)
    return Erasure(erased, tuple(_kept(workspace, erased)), files)


def _kept(workspace: Workspace, erased: Erased) -> Iterator[str]:
    yield "a digest of the address, as a suppression, so that no file brings the person back"
    if erased.deliveries:
        yield (
            "deliveries without address and attributes, so that sums stay right and nobody is "
            "mailed twice"
        )
    if erased.consents:
        yield "the chain of consent without name and network, as the proof that mail was wanted"
    if erased.leaving:
        yield (
            f"{erased.leaving} mails that the provider has or may have: they may still arrive, "
            "unless their campaign is called back"
        )
    if workspace.settings.sending.provider == "sendgrid":
        yield "what SendGrid keeps: ask it for its part with its Recipients' Data Erasure"
    yield "backups made until now: they hold the person for as long as you keep them"


def _files_naming(workspace: Workspace, address: Address) -> tuple[str, ...]:
    """Files of the machine's folder that hold the address, as paths from the workspace; but for
    the database, whose free pages may.
    """
    names = {address.canonical, address.mailed}
    wanted = re.compile(b"|".join(re.escape(name.encode()) for name in names), re.IGNORECASE)
    return tuple(
        str(path.relative_to(workspace.root))
        for path in sorted(workspace.state.rglob("*"))
        if path.is_file() and not path.name.startswith("newsletter.db") and _holds(path, wanted)
    )


def _holds(path: Path, wanted: re.Pattern[bytes]) -> bool:
    """Read in parts, which overlap by more than an address is long."""
    before = b""
    with path.open("rb") as file:
        while part := file.read(_CHUNK):
            if wanted.search(before + part):
                return True
            before = part[-300:]
    return False
