"""Mails to the publication's own people: the proof of a draft, and notices in a few words."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.domain.mailing import Message
from newsletter.domain.notice import NoticeKind
from newsletter.errors import NewsletterError, ProviderError
from newsletter.usecases.checking import check_issue
from newsletter.usecases.rendering import list_id, specimen
from newsletter.usecases.report_letter import report_letter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from newsletter.app import Workspace
    from newsletter.domain.finding import Finding
    from newsletter.domain.notice import Notice
    from newsletter.usecases.rendering import Rendered

LABEL = "notice"

SUBJECTS = {
    NoticeKind.PROOF: "Proof of {issue}",
    NoticeKind.REMINDER: "{issue} waits for its approval",
    NoticeKind.THIN: "No issue this week: {issue}",
    NoticeKind.UNAPPROVED: "{issue} was not sent, for it is not approved",
    NoticeKind.MISSED: "{issue} was missed",
    NoticeKind.FAILED: "{issue} could not be done",
    NoticeKind.TROUBLE: "The send of {issue} needs you",
    NoticeKind.REPORT: "How {issue} did",
}

_BODY = re.compile(r"<body[^>]*>", re.IGNORECASE)
_NOTE = "padding:16px;background:#fff8d6;color:#222;font:15px/1.5 sans-serif;text-align:left"


def notice_message(workspace: Workspace, notice: Notice) -> Message:
    """The mail that tells a notice; ProviderError as the provider raises it."""
    subject = SUBJECTS[notice.kind].format(issue=notice.issue)
    if notice.kind is NoticeKind.REPORT:
        letter = report_letter(workspace, notice.issue)
        return replace(_plain(workspace, subject, letter.text), html=letter.html)
    if notice.kind is not NoticeKind.PROOF:
        return _plain(workspace, subject, notice.text)
    try:
        rendered = check_issue(workspace, notice.issue)
    except ProviderError:
        raise
    except NewsletterError as error:
        return _plain(workspace, subject, f"{notice.text}\n\nIt cannot be rendered yet: {error}")
    return _proof(workspace, subject, notice.text, rendered)


def _plain(workspace: Workspace, subject: str, text: str) -> Message:
    publication = workspace.settings.publication
    return Message(
        campaign=LABEL,
        sender=workspace.sender,
        subject=f"[{publication.name}] {subject}",
        html=f"<!DOCTYPE html><html><body>{_note(text)}</body></html>",
        text=f"{text}\n",
        tokens=(),
        list_id=list_id(workspace, LABEL),
        reply_to=publication.reply_to,
    )


def _proof(workspace: Workspace, subject: str, text: str, rendered: Rendered) -> Message:
    """The issue as its readers get it, in the first of its versions, below what is to be said."""
    first = rendered.renditions[0]
    sample, _ = specimen(workspace, rendered.issue, first)
    words = "\n\n".join([text, *_said(rendered.findings), *_others(rendered)])
    note = _plain(workspace, f"{subject}: {sample.subject or 'no subject yet'}", words)
    return replace(
        note,
        html=_BODY.sub(lambda match: match[0] + _note(words), sample.html, count=1),
        text=f"{words}\n\n{'=' * 40}\n\n{sample.text}",
        tokens=sample.tokens,
    )


def _said(findings: Iterable[Finding]) -> list[str]:
    lines = [f"{one.level}: {one.place}: {one.message}; {one.remedy}" for one in findings]
    return (
        [f"What the checks say:\n{chr(10).join(lines)}"] if lines else ["The checks find nothing."]
    )


def _others(rendered: Rendered) -> list[str]:
    more = [rendition.version for rendition in rendered.renditions[1:]]
    shown = rendered.renditions[0].version
    return [f"This is the version “{shown}”; there are also: {', '.join(more)}."] if more else []


def _note(text: str) -> str:
    """Words above a mail, whatever stands in them."""
    return f'<div style="{_NOTE};white-space:pre-line">{html.escape(text)}</div>'
