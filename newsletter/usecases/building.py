"""An issue as files a person can open, and the proof that it still renders as it was approved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING

from newsletter.domain.rendition import Part
from newsletter.errors import IssueError
from newsletter.issues import folder
from newsletter.issues.files import write_atomically
from newsletter.providers.mime import MailForm, exchanged
from newsletter.render.clients import as_shown, client_named
from newsletter.render.pipeline import render_page
from newsletter.usecases.pictures import images_folder
from newsletter.usecases.rendering import apart, render_issue, setting, specimen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from newsletter.app import Workspace
    from newsletter.domain.issue import Issue
    from newsletter.domain.mailing import Message, Recipient
    from newsletter.domain.rendition import Rendition
    from newsletter.issues.approvals import Approval


@dataclass(frozen=True, slots=True)
class Comparison:
    """An approval, and the parts (`version/part`) that render otherwise now."""

    approval: Approval
    differing: tuple[str, ...]


def build(
    workspace: Workspace, slug: str, out: Path, *, clients: tuple[str, ...] = ()
) -> tuple[Path, ...]:
    """Write html, txt, mjml and eml of every version, and the web page, into `out`.

    With `clients`, also the html as each of these mail programs shows it. Returns the files.
    IssueError, and nothing written, while the subject is empty; RenderError for an unknown client.
    """
    chosen = [client_named(name).key for name in clients]
    rendered = render_issue(workspace, slug)
    issue = rendered.issue
    if not issue.subject:
        raise IssueError(
            "the subject is empty; write `subject:`", file=f"issues/{slug}/issue.md", line=1
        )
    here = setting(workspace, issue, rendered.pictures)
    page = apart(workspace, issue, render_page, issue, here)
    contents: dict[str, str | bytes] = {f"{slug}-web.html": page}
    for rendition in rendered.renditions:
        stem = f"{slug}-{rendition.version}"
        forms = dict(_forms(workspace, issue, rendition))
        contents |= {f"{stem}.{ending}": content for ending, content in forms.items()}
        for client in chosen:
            contents[f"{stem}-{client}.html"] = as_shown(forms["html"], client)
    for picture in rendered.pictures.values():
        contents[f"images/{picture.name}"] = (images_folder(workspace) / picture.name).read_bytes()
    for name, content in contents.items():
        write_atomically(out / name, content)
    return tuple(out / name for name in contents)


def compare(workspace: Workspace, slug: str) -> Comparison:
    """Render an approved issue again and hold it against what was approved, part by part."""
    approval = folder.find(workspace.issues, slug).approval()
    if approval is None:
        raise IssueError(f"“{slug}” was never approved, so there is nothing to compare it with")
    rendered = render_issue(workspace, slug)
    now = rendered.fingerprints
    names = dict.fromkeys([*approval.parts, *now])
    differing = tuple(name for name in names if approval.parts.get(name) != now.get(name))
    if not differing and rendered.digest != approval.digest:
        differing = ("sender, reply address, list or segment",)
    return Comparison(approval, differing)


def _forms(workspace: Workspace, issue: Issue, rendition: Rendition) -> Iterator[tuple[str, str]]:
    """File ending → content, as a reader sees it of whom nothing is known."""
    sample, reader = specimen(workspace, issue, rendition)
    yield "html", exchanged(sample.html, sample.tokens, reader, Part.HTML)
    yield "txt", exchanged(sample.text, sample.tokens, reader, Part.TEXT)
    yield "mjml", rendition.mjml
    yield "eml", _mail_file(sample, reader, date=_noon(workspace, issue))


def _mail_file(message: Message, reader: Recipient, *, date: datetime) -> str:
    """The very bytes the outbox would write."""
    return MailForm(message).filled(reader, attempt=message.campaign, date=date).decode()


def _noon(workspace: Workspace, issue: Issue) -> datetime:
    """A moment of the issue's day, so that the same issue builds the same bytes on any day."""
    return datetime.combine(issue.date, time(12), tzinfo=workspace.settings.publication.zone)
