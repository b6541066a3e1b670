"""The morning after an issue began to leave, its report is mailed, once.

A notice is written down for each issue and morning; from there on it goes as notices do
(usecases.notices): claimed before it is mailed, and never mailed again where that is uncertain.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from newsletter.domain.notice import NoticeKind
from newsletter.errors import ConfigError
from newsletter.store import mornings
from newsletter.store.engine import reading, writing
from newsletter.usecases import notices
from newsletter.usecases.heat_map import mailed_versions

if TYPE_CHECKING:
    from newsletter.app import Workspace
    from newsletter.domain.notice import NoticeState

LATE = timedelta(days=1)
"""A report that could not be mailed for so long is of no more use: the next morning has come."""


def note_reports(workspace: Workspace) -> None:
    """Write down the reports whose morning has come; called twice or never, nothing breaks."""
    if not workspace.settings.reports.mail_to:
        return
    now = workspace.clock.now()
    with reading(workspace.engine) as connection:
        found = mornings.begun(connection, now - timedelta(days=3), now)
        due = {
            (issue, morning)
            for issue, began in found
            if (morning := morning_after(workspace, began)) <= now and not is_over(workspace, began)
        }
        new = [one for one in sorted(due) if not mornings.is_noted(connection, _key(*one))]
    for issue, morning in new:
        _note(workspace, issue, f"{issue} {morning:%Y-%m-%d}")


def morning_after(workspace: Workspace, began: datetime) -> datetime:
    """The hour of `reports.at` on the day after, by the publication's clocks."""
    zone = workspace.settings.publication.zone
    day = began.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, workspace.settings.reports.hour, tzinfo=zone)


def is_over(workspace: Workspace, began: datetime) -> bool:
    """Whether the morning after has passed so long ago that only a person has the report mailed."""
    return workspace.clock.now() >= morning_after(workspace, began) + LATE


def mail_again(workspace: Workspace, slug: str) -> None:
    """Mail the report of an issue now, whatever was mailed before; for a person who asks.

    ConfigError where nobody is named, DeliveryError where the issue was never sent.
    """
    if not workspace.settings.reports.mail_to:
        raise ConfigError("nobody is to be mailed reports; name somebody in reports.mail_to")
    mailed_versions(workspace, slug)
    _note(workspace, slug, f"{slug} {workspace.clock.now():%Y-%m-%d %H:%M:%S}")
    notices.tell_notices(workspace)


def report_mails(workspace: Workspace, slug: str) -> tuple[tuple[datetime, NoticeState, str], ...]:
    """When the report of an issue was mailed, what came of it, and why."""
    with reading(workspace.engine) as connection:
        return mornings.report_notices(connection, slug)


def _note(workspace: Workspace, issue: str, key: str) -> None:
    with writing(workspace.engine) as connection:
        text = f"What readers did with {issue}."
        notices.add(workspace, connection, NoticeKind.REPORT, key=key, issue=issue, text=text)


def _key(issue: str, morning: datetime) -> str:
    return f"{NoticeKind.REPORT} {issue} {morning:%Y-%m-%d}"
