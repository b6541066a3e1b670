"""The proof of a draft for its editors: as a mail, and as a page for each of its versions."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from newsletter.domain.finding import Level
from newsletter.domain.notice import NoticeKind
from newsletter.domain.prose import counted
from newsletter.domain.rendition import Part
from newsletter.domain.token import Purpose
from newsletter.errors import NewsletterError, ProviderError
from newsletter.providers.mime import exchanged
from newsletter.store import notices
from newsletter.store.engine import reading
from newsletter.usecases.checking import check_issue
from newsletter.usecases.notice_letters import letter, note
from newsletter.usecases.rendering import specimen

if TYPE_CHECKING:
    from newsletter.app import Workspace
    from newsletter.domain.mailing import Message
    from newsletter.domain.notice import Notice
    from newsletter.domain.rendition import Rendition
    from newsletter.usecases.rendering import Rendered

OPENS_FOR = timedelta(days=30)
"""How long the link of a proof opens its page."""

_BODY = re.compile(r"<body[^>]*>", re.IGNORECASE)


def proof(workspace: Workspace, subject: str, notice: Notice) -> Message:
    """The issue as its readers get it, in the first of its versions, below what is to be said; the
    words alone while it cannot be rendered. Every link of the issue is visited for it.

    ProviderError where the provider cannot be used at all.
    """
    try:
        rendered = check_issue(workspace, notice.issue)
    except ProviderError:
        raise
    except NewsletterError as error:
        told = f"{notice.text}\n\nIt cannot be rendered yet: {error}"
        return letter(workspace, subject, told)
    sample, _ = specimen(workspace, rendered.issue, rendered.renditions[0])
    words = _words(workspace, notice, rendered)
    return replace(
        letter(workspace, f"{subject}: {sample.subject or 'no subject yet'}", words),
        html=_below(note(workspace, words), sample.html),
        text=f"{words}\n\n{'=' * 40}\n\n{sample.text}",
        tokens=sample.tokens,
    )


def proof_page(workspace: Workspace, word: str, version: str) -> str | None:
    """The issue as it stands now, in a version ('' is the first), for whoever has the link of its
    proof; None for any other word or version. NewsletterError while it cannot be rendered.
    """
    opened = workspace.keys.opened_at(
        Purpose.PROOF, word, now=workspace.clock.now(), lasts=OPENS_FOR
    )
    if opened is None:
        return None
    with reading(workspace.engine) as connection:
        notice = notices.find(connection, opened[0])
    if notice is None or notice.kind is not NoticeKind.PROOF:
        return None
    rendered = check_issue(workspace, notice.issue, offline=True)
    versions = {one.version: one for one in rendered.renditions}
    shown = versions.get(version) if version else rendered.renditions[0]
    if shown is None:
        return None
    sample, reader = specimen(workspace, rendered.issue, shown)
    said = f"{notice.issue}, {shown.version}: {sample.subject or 'no subject yet'}"
    words = "\n\n".join([said, _links(workspace, word, rendered, shown), _said(rendered)])
    filled = exchanged(sample.html, sample.tokens, reader, Part.HTML)
    return _below(note(workspace, words), filled)


def _words(workspace: Workspace, notice: Notice, rendered: Rendered) -> str:
    word = workspace.keys.sign_at(Purpose.PROOF, notice.id, workspace.clock.now())
    links = _links(workspace, word, rendered, rendered.renditions[0])
    return "\n\n".join([notice.text, links, _said(rendered)])


def _links(workspace: Workspace, word: str, rendered: Rendered, shown: Rendition) -> str:
    """Where each version is shown in a browser, and which of them is `shown` below."""
    page = f"{workspace.settings.web.base_url}/proof/{word}"
    versions = [one.version for one in rendered.renditions]
    if len(versions) == 1:
        return f"In the browser: {page}"
    lines = [
        f"{version}{' (below)' * (version == shown.version)}: {page}?version={quote(version)}"
        for version in versions
    ]
    return "\n".join(["There are several versions; in the browser:", *lines])


def _said(rendered: Rendered) -> str:
    """Errors and warnings in full; notes are for whoever asks."""
    lines = [
        f"{one.level}: {one.message} ({one.place}). {one.remedy}"
        for one in rendered.findings
        if one.level is not Level.NOTE
    ]
    notes = len(rendered.findings) - len(lines)
    said = "\n".join(["What the checks say:", *lines]) if lines else "The checks find no mistake."
    if not notes:
        return said
    more = counted(notes, "note")
    return f"{said}\nAnd {more}, which `newsletter check {rendered.issue.slug}` tells."


def _below(words: str, mail: str) -> str:
    return _BODY.sub(lambda match: match[0] + words, mail, count=1)
