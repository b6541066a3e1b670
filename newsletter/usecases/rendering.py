"""What an editor asks of a rendering: check it, approve it; and a specimen of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from newsletter.delivery.compose import compose_message, compose_recipients
from newsletter.domain.campaign import Envelope, PlannedDelivery
from newsletter.domain.finding import Finding, Level
from newsletter.domain.mailing import SPECIMEN
from newsletter.domain.rendition import approved_digest
from newsletter.domain.token import Purpose, derive_key
from newsletter.errors import IsolationError, IssueError, RenderError
from newsletter.issues import folder
from newsletter.issues.approvals import Approval
from newsletter.render import theme as themes
from newsletter.render.checks import check
from newsletter.render.content import Places
from newsletter.render.links import Tagging
from newsletter.render.pipeline import Setting, render
from newsletter.render.tokens import merge_prefix
from newsletter.render.trap import trap_address
from newsletter.usecases.audiences import memberships
from newsletter.usecases.editing import read_issue
from newsletter.usecases.pictures import issue_pictures, theme_pictures
from newsletter.usecases.sponsors import sold_around
from newsletter.usecases.surroundings import Look, levels, recalled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from newsletter.app import Workspace
    from newsletter.config import Links
    from newsletter.domain.issue import Issue
    from newsletter.domain.mailing import Message, Recipient
    from newsletter.domain.picture import Picture
    from newsletter.domain.rendition import Rendition


P = ParamSpec("P")
T = TypeVar("T")

NOBODY = PlannedDelivery(id=0, subscription=0, address="reader@example.com", fields={})
"""A reader of whom nothing is known."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """An issue, its versions, what the checks say, and the digest an approval would stand for.

    `pictures` are its own and its theme's, by the address or file name they were written with.
    """

    issue: Issue
    pictures: Mapping[str, Picture]
    renditions: tuple[Rendition, ...]
    findings: tuple[Finding, ...]
    digest: str

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop an approval."""
        return tuple(finding for finding in self.findings if finding.level is Level.ERROR)

    @property
    def fingerprints(self) -> dict[str, str]:
        """SHA-256 of every part of every version, by `version/part`."""
        return {
            f"{rendition.version}/{part}": fingerprint
            for rendition in self.renditions
            for part, fingerprint in rendition.fingerprints.items()
        }


def render_issue(workspace: Workspace, slug: str, look: Look = recalled) -> Rendered:
    """Render every version of an issue and check it; `look` tells what lies around it."""
    issue = read_issue(workspace, slug)
    memberships(workspace, issue)
    return rendered(workspace, issue, look)


def rendered(workspace: Workspace, issue: Issue, look: Look = recalled) -> Rendered:
    """The same of an issue that stands in no file."""
    settings, sender = workspace.settings, workspace.sender
    pictures = _own_pictures(workspace, issue)
    renditions = apart(workspace, issue, render, issue, setting(workspace, issue, pictures))
    sold = sold_around(workspace, issue)
    return Rendered(
        issue=issue,
        pictures=pictures,
        renditions=renditions,
        findings=apart(
            workspace,
            issue,
            check,
            issue,
            renditions,
            publication=settings.publication,
            known=replace(
                look(workspace, issue, renditions),
                pictures={address: picture.size for address, picture in pictures.items()},
                due=sold.due,
                dead=sold.dead,
            ),
            levels=levels(settings.checks),
        ),
        digest=approved_digest(
            renditions,
            sender=f"{sender.name} <{sender.email}>",
            reply_to=settings.publication.reply_to,
            audience=f"{issue.list_key or ''} / {issue.segment or ''}",
        ),
    )


def apart(
    workspace: Workspace, issue: Issue, work: Callable[P, T], *arguments: P.args, **named: P.kwargs
) -> T:
    """Work on an issue's words and a theme's templates, in a child process: either may be hostile.

    RenderError where it takes more than its share.
    """
    try:
        return workspace.isolation.run(work, *arguments, **named)
    except IsolationError as error:
        raise RenderError(
            f"this issue or its theme costs too much to render, for {error.message}; "
            "undo the latest change to either",
            file=f"issues/{issue.slug}/issue.md",
        ) from None


def _own_pictures(workspace: Workspace, issue: Issue) -> dict[str, Picture]:
    """The pictures of the issue's and the theme's own, prepared for the theme's page."""
    theme = themes.load(workspace.theme, workspace.settings.design)
    own = issue_pictures(workspace, issue, theme.widest_picture)
    return own | theme_pictures(workspace, theme)


def setting(workspace: Workspace, issue: Issue, pictures: Mapping[str, Picture]) -> Setting:
    """What renders an issue beside its own words."""
    settings = workspace.settings
    return Setting(
        publication=settings.publication,
        places=Places(
            base_url=settings.web.base_url,
            web_version=settings.web.archive.replace("{issue}", issue.slug),
            tagging=tagging(settings.links, issue.slug),
            redirect=redirects(workspace, issue.slug) if settings.links.redirect else "",
            trap=trap_address(settings.web.base_url) if settings.reports.honeypot else "",
            pictures={
                address: (picture_address(workspace, picture), picture.width)
                for address, picture in pictures.items()
            },
        ),
        theme=workspace.theme,
        prefix=merge_prefix(workspace.secret, issue.slug),
        design=settings.design,
    )


def picture_address(workspace: Workspace, picture: Picture) -> str:
    """Where readers load a prepared picture from."""
    web = workspace.settings.web
    return f"{web.images or f'{web.base_url}/images'}/{picture.name}"


def redirects(workspace: Workspace, slug: str) -> str:
    """What our own redirects of an issue's links begin with."""
    return f"{workspace.settings.web.base_url}/l/{slug}"


def tagging(links: Links, slug: str) -> Tagging | None:
    """The campaign words of an issue's links, where they carry any."""
    if not links.source:
        return None
    return Tagging(links.source, links.medium, links.campaign.replace("{issue}", slug))


def approve(workspace: Workspace, slug: str, *, by: str, shown: str | None = None) -> Rendered:
    """Record that these very bytes may go out; IssueError while a check finds an error.

    `shown` is the digest a person was looking at: IssueError where the issue is another by now.
    """
    entry = folder.find(workspace.issues, slug)
    document = entry.read(workspace.section_keys)
    rendered = render_issue(workspace, slug)
    if rendered.digest != (shown or rendered.digest) or rendered.issue != document.issue:
        raise IssueError(
            f"“{slug}” is not approved: it has changed since you were shown it; look at it again"
        )
    if rendered.errors:
        first = rendered.errors[0]
        raise IssueError(
            f"“{slug}” cannot be approved: {first.place}: {first.message}; "
            f"`newsletter check {slug}` lists every error"
        )
    record = Approval(
        digest=rendered.digest,
        by=by,
        at=workspace.clock.now(),
        parts=rendered.fingerprints,
    )
    entry.approve(record, document.text)
    return rendered


def specimen(
    workspace: Workspace, issue: Issue, rendition: Rendition, person: PlannedDelivery = NOBODY
) -> tuple[Message, Recipient]:
    """The message and one reader; of nobody fallbacks for all fields, links that open nothing."""
    message = compose_message(SPECIMEN, envelope(workspace, issue.list_key or ""), rendition)
    key = derive_key(workspace.secret, Purpose.UNSUBSCRIBE)
    (reader,) = compose_recipients(
        message.tokens, [person], base_url=workspace.settings.web.base_url, key=key
    )
    return message, reader


def envelope(workspace: Workspace, list_key: str) -> Envelope:
    """What every mail to a list shares beside its rendition."""
    settings = workspace.settings
    chosen = settings.lists.get(list_key)
    return Envelope(
        sender=workspace.sender,
        reply_to=settings.publication.reply_to,
        list_id=list_id(workspace, list_key or SPECIMEN),
        base_url=settings.web.base_url,
        list_title=chosen.title if chosen else "",
    )


def list_id(workspace: Workspace, list_key: str) -> str:
    """The List-Id of a list (RFC 2919): its title, and its key in the sender's domain."""
    domain = workspace.sender.email.rpartition("@")[2]
    return f"<{list_key}.{domain}>"
