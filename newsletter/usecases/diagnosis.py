"""doctor: is this workspace fit to gather, render and send, and if not, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.config import WEBHOOK_KEY
from newsletter.domain.diagnosis import Diagnosis
from newsletter.domain.finding import Level
from newsletter.domain.issue import Issue
from newsletter.domain.segment import fields
from newsletter.errors import NewsletterError
from newsletter.render.pipeline import render
from newsletter.store import audience
from newsletter.store.engine import reading
from newsletter.usecases.authentication import authentication
from newsletter.usecases.events import concerns
from newsletter.usecases.rendering import setting
from newsletter.usecases.segments import named_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from newsletter.app import Workspace
    from newsletter.providers.dns import Ask


def diagnose(workspace: Workspace, ask: Ask | None = None) -> tuple[Diagnosis, ...]:
    """Look at everything a send needs; never raises for what it finds.

    With `ask`, also at what the DNS says of the sender's domain, if mail leaves at all.
    """
    looks: tuple[tuple[str, Callable[[Workspace], str]], ...] = (
        ("workspace secret", _secret),
        ("theme", _theme),
        ("segments", _segments),
        ("database", _database),
        ("provider", _provider),
    )
    found = (*(_look(workspace, what, look) for what, look in looks), *_hints(workspace))
    if ask is None or workspace.settings.sending.provider == "outbox":
        return found
    return (*found, *authentication(workspace, ask))


def _look(workspace: Workspace, what: str, look: Callable[[Workspace], str]) -> Diagnosis:
    try:
        return Diagnosis(what, None, look(workspace))
    except NewsletterError as error:
        return Diagnosis(what, Level.ERROR, str(error))


def _secret(workspace: Workspace) -> str:
    former = len(workspace.keys.secrets) - 1
    return f"{len(workspace.secret)} characters" + (f", and {former} former ones" * (former > 0))


def _theme(workspace: Workspace) -> str:
    today = workspace.clock.now().date()
    issue = Issue("doctor", today, "Subject", "Preheader", sections=())
    render(issue, setting(workspace, issue, {}))
    return f"{workspace.settings.theme} renders"


def _segments(workspace: Workspace) -> str:
    for name in workspace.settings.segments:
        named_rule(workspace, name)
    return f"{len(workspace.settings.segments)} understood"


def _database(workspace: Workspace) -> str:
    with reading(workspace.engine):
        return workspace.engine.dialect.name


def _provider(workspace: Workspace) -> str:
    return workspace.provider.name


def _hints(workspace: Workspace) -> Iterator[Diagnosis]:
    """What works, but not well."""
    settings = workspace.settings
    if not settings.web.base_url.startswith("https://"):
        yield Diagnosis(
            "web.base_url",
            Level.WARNING,
            "is not https; mailbox providers ignore such unsubscribe links (RFC 8058)",
        )
    if settings.sending.provider == "sendgrid" and not workspace.environment.get(WEBHOOK_KEY):
        yield Diagnosis(
            "event webhook",
            Level.WARNING,
            f"the environment has no {WEBHOOK_KEY}; bounces and complaints do not come back",
        )
    yield from _strange_attributes(workspace)
    yield from _unheard(workspace)


def _unheard(workspace: Workspace) -> Iterator[Diagnosis]:
    """Campaigns of which the provider reports too little or too much."""
    try:
        found = concerns(workspace)
    except NewsletterError:
        return  # told above
    for one in found:
        yield Diagnosis(f"events of {one.campaign.issue}", Level.WARNING, one.message)


def _strange_attributes(workspace: Workspace) -> Iterator[Diagnosis]:
    """A misspelt attribute in a segment is no mistake in itself: it finds nobody, silently."""
    try:
        with reading(workspace.engine) as connection:
            known = audience.attribute_names(connection)
        asked = {name: fields(named_rule(workspace, name)) for name in workspace.settings.segments}
    except NewsletterError:
        return  # told above
    for name, attributes in asked.items():
        strange = ", ".join(sorted(attributes.difference(known)))
        if known and strange:
            yield Diagnosis(
                f"segments.{name}",
                Level.WARNING,
                f"no subscriber has an attribute {strange}; it finds too few",
            )
