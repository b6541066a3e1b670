"""What an editor asks of a rendering: build it, check it, approve it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING

from newsletter.delivery.compose import compose_recipients
from newsletter.domain.campaign import PlannedDelivery
from newsletter.domain.finding import Finding, Level
from newsletter.domain.mailing import Message
from newsletter.domain.rendition import Part, Rendition, approved_digest
from newsletter.domain.token import Purpose, derive_key
from newsletter.errors import IssueError
from newsletter.issues import folder
from newsletter.issues.files import write_atomically
from newsletter.issues.folder import Approval
from newsletter.providers.mime import email_message, exchanged
from newsletter.render.checks import check
from newsletter.render.pipeline import Setting, render
from newsletter.render.tokens import merge_prefix
from newsletter.usecases.audiences import memberships
from newsletter.usecases.editing import read_issue

if TYPE_CHECKING:
    from pathlib import Path

    from newsletter.app import Workspace
    from newsletter.domain.issue import Issue
    from newsletter.domain.mailing import Recipient


@dataclass(frozen=True, slots=True)
class Rendered:
    """An issue, its versions, what the checks say, and the digest an approval would stand for."""

    issue: Issue
    renditions: tuple[Rendition, ...]
    findings: tuple[Finding, ...]
    digest: str

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop an approval."""
        return tuple(finding for finding in self.findings if finding.level is Level.ERROR)


def render_issue(workspace: Workspace, slug: str) -> Rendered:
    """Render every version of an issue and check it."""
    issue = read_issue(workspace, slug)
    memberships(workspace, issue)
    settings, sender = workspace.settings, workspace.sender
    renditions = render(issue, setting(workspace, issue))
    return Rendered(
        issue=issue,
        renditions=renditions,
        findings=check(issue, renditions, publication=settings.publication),
        digest=approved_digest(
            renditions,
            sender=f"{sender.name} <{sender.email}>",
            reply_to=settings.publication.reply_to,
        ),
    )


def setting(workspace: Workspace, issue: Issue) -> Setting:
    """What renders an issue beside its own words."""
    return Setting(
        publication=workspace.settings.publication,
        base_url=workspace.settings.web.base_url,
        theme=workspace.theme,
        prefix=merge_prefix(workspace.secret, issue.slug),
    )


def build(workspace: Workspace, slug: str, out: Path) -> tuple[Path, ...]:
    """Write html, txt, mjml and eml of every version into `out`; returns the files.

    IssueError, and nothing written, while the subject is empty.
    """
    rendered = render_issue(workspace, slug)
    if not rendered.issue.subject:
        raise IssueError(
            "the subject is empty; write `subject:`",
            file=f"issues/{slug}/issue.md",
            line=1,
        )
    files: list[Path] = []
    for rendition in rendered.renditions:
        stem = out / f"{slug}-{rendition.version}"
        sample, reader = specimen(workspace, rendition)
        contents = {
            "html": exchanged(rendition.html, rendition.tokens, reader, Part.HTML),
            "txt": exchanged(rendition.text, rendition.tokens, reader, Part.TEXT),
            "mjml": rendition.mjml,
            "eml": _mail_file(sample, reader, date=_noon(workspace, rendered.issue)),
        }
        for ending, content in contents.items():
            path = stem.with_suffix(f".{ending}")
            write_atomically(path, content)
            files.append(path)
    return tuple(files)


def approve(workspace: Workspace, slug: str, *, by: str) -> Rendered:
    """Record that these very bytes may go out; IssueError while a check finds an error."""
    rendered = render_issue(workspace, slug)
    if rendered.errors:
        first = rendered.errors[0]
        raise IssueError(
            f"“{slug}” cannot be approved: {first.place}: {first.message}; "
            f"`newsletter check {slug}` lists every error"
        )
    record = Approval(digest=rendered.digest, by=by, at=workspace.clock.now())
    folder.find(workspace.issues, slug).approve(record)
    return rendered


def specimen(workspace: Workspace, rendition: Rendition) -> tuple[Message, Recipient]:
    """The message and a reader who is nobody: fallbacks for all fields, a link that opens none."""
    settings = workspace.settings
    message = Message(
        campaign="specimen",
        sender=workspace.sender,
        reply_to=settings.publication.reply_to,
        subject=rendition.subject,
        html=rendition.html,
        text=rendition.text,
        tokens=rendition.tokens,
        list_id=list_id(workspace, "specimen"),
    )
    nobody = PlannedDelivery(id=0, subscription=0, address="reader@example.com", fields={})
    key = derive_key(workspace.secret, Purpose.UNSUBSCRIBE)
    (reader,) = compose_recipients(
        rendition.tokens, [nobody], base_url=settings.web.base_url, key=key
    )
    return message, reader


def list_id(workspace: Workspace, list_key: str) -> str:
    """The List-Id of a list (RFC 2919): its title, and its key in the sender's domain."""
    domain = workspace.sender.email.rpartition("@")[2]
    return f"<{list_key}.{domain}>"


def _mail_file(message: Message, reader: Recipient, *, date: datetime) -> str:
    """The very bytes the outbox would write; `as_string` would encode the body once more."""
    return email_message(message, reader, date=date).as_bytes().decode()


def _noon(workspace: Workspace, issue: Issue) -> datetime:
    """A moment of the issue's day, so that the same issue builds the same bytes on any day."""
    return datetime.combine(issue.date, time(12), tzinfo=workspace.settings.publication.zone)
