"""What an editor sees of a rendering: through a mail program's eyes, in a scheme, as a reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING

from newsletter.audience.addresses import parse_address
from newsletter.domain.rendition import Part
from newsletter.domain.version import versions
from newsletter.errors import AudienceError, IssueError
from newsletter.issues import folder
from newsletter.issues.files import read_text
from newsletter.providers.mime import MailForm, exchanged
from newsletter.render.checks.markup import HTML_LIMIT, weighed
from newsletter.render.clients import client_named
from newsletter.render.framed import Framing, framed
from newsletter.store import audience, readers
from newsletter.store.candidates import count_audience
from newsletter.store.engine import reading
from newsletter.usecases.audiences import memberships
from newsletter.usecases.rendering import NOBODY, apart, picture_address, specimen
from newsletter.usecases.segments import asked_at, segment_rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from newsletter.app import Workspace
    from newsletter.domain.issue import Issue
    from newsletter.domain.mailing import Message, Recipient
    from newsletter.domain.rendition import Rendition
    from newsletter.usecases.rendering import Rendered

LIMIT = HTML_LIMIT
"""Bytes of HTML, its links rewritten, beyond which Gmail may cut a mail."""

LONGEST = "longest"
"""A reader made of the longest value of each field on the list: the worst that can happen."""


@dataclass(frozen=True, slots=True)
class Lens:
    """Through what a rendition is looked at.

    `version` and `client` are keys, '' the first version and a browser. `reader` is a subscriber's
    number, `longest`, or '' for somebody of whom nothing is known.
    """

    version: str = ""
    client: str = ""
    dark: bool = False
    pictures: bool = True
    reader: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One rendition, made one reader's."""

    rendition: Rendition
    message: Message
    recipient: Recipient

    @property
    def html(self) -> str:
        """The HTML part as this reader gets it."""
        return exchanged(self.message.html, self.message.tokens, self.recipient, Part.HTML)

    @property
    def text(self) -> str:
        """The text part as this reader gets it."""
        return exchanged(self.message.text, self.message.tokens, self.recipient, Part.TEXT)

    @property
    def subject(self) -> str:
        """The subject as this reader gets it."""
        return exchanged(self.message.subject, self.message.tokens, self.recipient, Part.SUBJECT)


def show(workspace: Workspace, rendered: Rendered, lens: Lens) -> Shown:
    """The version a lens names, or its subscriber's own, filled in for its reader.

    IssueError for a version the issue has not, AudienceError for a subscriber who is not there.
    """
    rendition = _rendition(workspace, rendered, lens)
    person = NOBODY._replace(fields=_fields(workspace, rendered.issue, rendition, lens.reader))
    return Shown(rendition, *specimen(workspace, rendered.issue, rendition, person))


def frame(workspace: Workspace, rendered: Rendered, lens: Lens) -> str:
    """The HTML as a frame of the studio shows it through a lens; see `render.framed`."""
    if lens.client:
        client_named(lens.client)
    framing = Framing(
        client=lens.client,
        dark=lens.dark,
        shows_pictures=lens.pictures,
        pictures={
            picture_address(workspace, picture): f"/images/{picture.name}"
            for picture in rendered.pictures.values()
        },
        places=_places(rendered.issue),
    )
    html = show(workspace, rendered, lens).html
    return apart(workspace, rendered.issue, framed, html, framing)


def source(workspace: Workspace, rendered: Rendered, lens: Lens, part: str) -> str:
    """What a mail is made of: its `text`, `html`, `mjml` or `eml`, or the issue's `file`."""
    if part == "file":
        return read_text(folder.find(workspace.issues, rendered.issue.slug).issue_file)
    shown = show(workspace, rendered, lens)
    match part:
        case "text":
            return shown.text
        case "mjml":
            return shown.rendition.mjml
        case "eml":
            return _mail_file(workspace, rendered.issue, shown)
    return shown.html


def weights(workspace: Workspace, rendered: Rendered) -> dict[str, tuple[int, int]]:
    """Version → bytes of its HTML as it is, and with its links rewritten, which `LIMIT` bounds."""
    return {
        rendition.version: apart(workspace, rendered.issue, weighed, rendition.html)
        for rendition in rendered.renditions
    }


def find_reader(workspace: Workspace, address: str) -> int:
    """The number of the subscriber with this address; AudienceError where there is none."""
    with reading(workspace.engine) as connection:
        found = audience.find_subscriber(connection, parse_address(address).canonical)
    if found is None:
        raise AudienceError("no subscriber has this address; `newsletter subscribers` knows them")
    return found.id


def readers_of_versions(workspace: Workspace, issue: Issue) -> dict[str, int] | None:
    """Version → how many of those whom the issue itself says it is for would read it now.

    None where it names no list and the publication has several.
    """
    lists = workspace.settings.lists
    list_key = issue.list_key or (next(iter(lists)) if len(lists) == 1 else None)
    if list_key is None:
        return None
    rule, now = segment_rule(workspace, issue.segment), asked_at(workspace)
    rules, seen = memberships(workspace, issue), versions(issue)
    with reading(workspace.engine) as connection:
        count = count_audience(
            connection, issue.slug, list_key, rule, now=now, versions=seen, memberships=rules
        )
    return {version.key: count.versions.get(version.key, 0) for version in seen}


def _mail_file(workspace: Workspace, issue: Issue, shown: Shown) -> str:
    """The very bytes the outbox would write, dated at noon of the issue's day."""
    noon = datetime.combine(issue.date, time(12), tzinfo=workspace.settings.publication.zone)
    form = MailForm(shown.message)
    return form.filled(shown.recipient, attempt=shown.message.campaign, date=noon).decode()


def _rendition(workspace: Workspace, rendered: Rendered, lens: Lens) -> Rendition:
    there = {rendition.version: rendition for rendition in rendered.renditions}
    wanted = lens.version or next(iter(there))
    if lens.reader.isdecimal() and len(there) > 1:
        wanted = _version_of(workspace, rendered.issue, int(lens.reader))
    if wanted not in there:
        raise IssueError(f"the issue has no version “{wanted}”; it has: {', '.join(there)}")
    return there[wanted]


def _version_of(workspace: Workspace, issue: Issue, subscriber: int) -> str:
    """What this subscriber would read, by the segments they are in."""
    rules = memberships(workspace, issue)
    with reading(workspace.engine) as connection:
        theirs = readers.memberships_of(connection, subscriber, rules, now=asked_at(workspace))
    return next(version.key for version in versions(issue) if theirs in version.memberships)


def _fields(
    workspace: Workspace, issue: Issue, rendition: Rendition, reader: str
) -> Mapping[str, object]:
    """What is known of a reader."""
    if not reader:
        return {}
    with reading(workspace.engine) as connection:
        if reader == LONGEST:
            named = [token.field for token in rendition.tokens]
            names = sorted({name[7:] for name in named if name.startswith("reader.")})
            return readers.longest_values(
                connection, names, list_key=issue.list_key, now=asked_at(workspace)
            )
        found = readers.attributes_of(connection, int(reader)) if reader.isdecimal() else None
    if found is None:
        raise AudienceError("there is no such subscriber any more; look them up by address")
    return found


def _places(issue: Issue) -> tuple[tuple[int, str], ...]:
    """(line, heading) of every section and brief, in reading order."""
    return tuple(
        place
        for section in issue.sections
        for place in (
            (section.line, section.title),
            *((brief.line, brief.headline) for brief in section.briefs),
        )
    )
