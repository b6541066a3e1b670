"""Who must not be mailed: suppressed by hand, let in again, counted."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from newsletter.audience.addresses import parse_address
from newsletter.domain.address import address_digest
from newsletter.domain.campaign import Step
from newsletter.domain.suppression import Reason, obstacle
from newsletter.errors import AudienceError
from newsletter.store import provider_lists, suppressions
from newsletter.store.engine import pepper, reading, writing
from newsletter.store.provider_lists import Told
from newsletter.usecases.provider_lists import lists_of, patiently

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.app import Workspace
    from newsletter.store.suppressions import Suppressed


def suppress(workspace: Workspace, address: str, *, reason: str, by: str) -> bool:
    """Never mail an address again, whoever has it, and log why; False where that was so already."""
    canonical = parse_address(address).canonical
    step = Step(workspace.clock.now(), by, reason)
    with writing(workspace.engine) as connection:
        digest = address_digest(pepper(connection), canonical)
        if suppressions.reason_of(connection, digest):
            return False
        return suppressions.put(connection, digest, Reason.BY_HAND, step)


def liftable(workspace: Workspace, address: str, *, force: bool) -> str:
    """The reason an address is suppressed for, '' for none; AudienceError where it must stay so."""
    canonical = parse_address(address).canonical
    with reading(workspace.engine) as connection:
        digest = address_digest(pepper(connection), canonical)
        reason = suppressions.reason_of(connection, digest)
    why_not = obstacle(reason, force=force)
    if why_not is not None:
        raise AudienceError(why_not)
    return reason


def lift(workspace: Workspace, address: str, *, reason: str, by: str, force: bool = False) -> str:
    """Let an address be mailed again, here and at SendGrid; returns why it was suppressed, '' for
    not at all. AudienceError where that must stay so.

    A second time only tells SendGrid again, for the first time may not have reached it.
    """
    canonical = parse_address(address).canonical
    before = liftable(workspace, address, force=force)
    with writing(workspace.engine) as connection:
        digest = address_digest(pepper(connection), canonical)
        if suppressions.reason_of(connection, digest) != before:
            raise AudienceError("somebody has just changed this suppression; look at it again")
        suppressions.lift(connection, digest, Step(workspace.clock.now(), by, reason))
    if workspace.settings.sending.provider == "sendgrid":
        patiently(workspace, partial(lists_of(workspace).forget, canonical))
        with writing(workspace.engine) as connection:
            provider_lists.mark_told(connection, (Told(digest, canonical),), at=None)
    return before


def count_suppressed(workspace: Workspace) -> dict[str, int]:
    """How many addresses are suppressed, by reason."""
    with reading(workspace.engine) as connection:
        return suppressions.counts(connection)


def stream_suppressed(workspace: Workspace, reason: str | None) -> Iterator[Suppressed]:
    """All suppressions, or those of one reason, the newest first."""
    with reading(workspace.engine) as connection:
        yield from suppressions.stream(connection, reason)
