"""After the send: a link that leads elsewhere, and a correction for those who received an item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from newsletter.domain.campaign import Campaign, CampaignState
from newsletter.domain.correction import Correction, CorrectionKind, occurrence_of
from newsletter.domain.issue import Brief, Issue, Section
from newsletter.domain.rendition import Part
from newsletter.errors import DeliveryError
from newsletter.providers.mime import exchanged
from newsletter.render.addresses import is_link
from newsletter.render.links import tagged
from newsletter.render.pages.notes import bare, item_note, link_note, links_to
from newsletter.store import campaigns, corrections, freezing, redirects
from newsletter.store.engine import reading, writing
from newsletter.usecases.archive import kept_page
from newsletter.usecases.pages import reader_pages
from newsletter.usecases.planning import largest_batch
from newsletter.usecases.rendering import apart, envelope, rendered, specimen, tagging
from newsletter.usecases.rendering import redirects as redirects_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from newsletter.app import Workspace
    from newsletter.render.pages.words import Words
    from newsletter.store.corrections import MailedBrief
    from newsletter.usecases.rendering import Rendered

OVER = frozenset({CampaignState.DONE, CampaignState.UNSETTLED, CampaignState.CANCELLED})
"""States in which no more mails of an issue leave by themselves."""


@dataclass(frozen=True, slots=True)
class LinkCorrected:
    """How many links in mails lead elsewhere now, and whether the archived page does, too; `since`
    is when somebody did just that before, and nothing was left to change.
    """

    mailed: int
    archived: bool
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """What a correction of an item would do. `shown` is its text part as nobody reads it; `lists`
    holds, by list, how many are to be mailed and how many who received the item are not, by reason;
    `begun` the campaigns that mail it already.
    """

    issue: str
    item: MailedBrief
    text: str
    occurrence: str
    rendered: Rendered
    shown: str
    lists: Mapping[str, tuple[int, Mapping[str, int]]]
    begun: tuple[Campaign, ...]

    @property
    def subject(self) -> str:
        """The subject of the mail."""
        return self.rendered.issue.subject

    @property
    def people(self) -> int:
        """How many would be mailed by campaigns that are not begun yet."""
        begun = {campaign.list_key for campaign in self.begun}
        return sum(count for key, (count, _) in self.lists.items() if key not in begun)


def list_corrections(workspace: Workspace, slug: str) -> tuple[Correction, ...]:
    """What was put right in an issue, the oldest first."""
    with reading(workspace.engine) as connection:
        return corrections.of_issue(connection, slug)


def correct_link(workspace: Workspace, slug: str, old: str, new: str, *, by: str) -> LinkCorrected:
    """Let every link of an issue that leads to `old` lead to `new`: in mails where it went through
    our own redirect, and in the archive, with a dated note. Repeated, it changes nothing.

    DeliveryError for an address no reader can open, or where neither has such a link.
    """
    _refuse_target(workspace, slug, new)
    page = kept_page(workspace, slug)
    archived = page is not None and links_to(page, old)
    with reading(workspace.engine) as connection:
        known = redirects.of_issue(connection, slug)
        before = corrections.of_issue(connection, slug)
    wrong = [one for one in known if bare(one.target) == bare(old)]
    if not wrong and not archived:
        done = next((one for one in reversed(before) if _is_of(one, old, new)), None)
        if done is not None:
            return LinkCorrected(0, archived=False, since=done.at)
        raise _no_such_link(slug, old, redirected=bool(known))
    words = tagging(workspace.settings.links, slug)
    correction = Correction(
        issue=slug,
        kind=CorrectionKind.LINK,
        at=workspace.clock.now(),
        actor=by,
        before=old,
        after=new,
        note=link_note(_said(workspace), _today(workspace), bare(new)),
    )
    with writing(workspace.engine) as connection:
        for one in wrong:
            redirects.lead(connection, slug, one.key, tagged(new, words, one.brief))
        corrections.record(connection, correction)
    return LinkCorrected(len(wrong), archived)


def plan_correction(workspace: Workspace, slug: str, item: str, text: str) -> ItemPlan:
    """What a mail on an item would be, and who would get it; nothing is written.

    `item` is the headline as it was mailed, the beginning of it, or the brief's id; `text` is
    Markdown. DeliveryError where the issue has not left, or still leaves, or had no such item, and
    where a check finds an error in the mail.
    """
    if not text.strip():
        raise DeliveryError("the correction is empty; write what is right")
    with reading(workspace.engine) as connection:
        every = campaigns.every(connection, slug)
        mailed = corrections.briefs(connection, slug)
    _refuse_leaving(slug, every)
    brief = mailed_brief(slug, item, mailed)
    occurrence = occurrence_of(brief.brief, text)
    with reading(workspace.engine) as connection:
        lists = corrections.receivers(
            connection, slug, brief.brief, occurrence=occurrence, now=workspace.clock.now()
        )
    mail = rendered(workspace, _correction_issue(workspace, slug, brief, text))
    if mail.errors:
        first = mail.errors[0]
        raise DeliveryError(f"the correction cannot go out: {first.place}: {first.message}")
    begun = tuple(one for one in every if one.occurrence == occurrence)
    return ItemPlan(
        issue=slug,
        item=brief,
        text=text,
        occurrence=occurrence,
        rendered=mail,
        shown=_shown(workspace, mail),
        lists=lists,
        begun=begun,
    )


def freeze_correction(workspace: Workspace, plan: ItemPlan, *, by: str) -> tuple[Campaign, ...]:
    """Fix who gets these bytes, list by list, and record the correction; whoever repeats it gets
    the campaigns frozen before. DeliveryError where nobody would be mailed.
    """
    if not plan.people and not plan.begun:
        raise DeliveryError(
            f"nobody who can be mailed received “{plan.item.headline}”; nothing was changed"
        )
    frozen = {campaign.list_key: campaign for campaign in plan.begun}
    for list_key, (people, _) in plan.lists.items():
        if people and list_key not in frozen:
            frozen[list_key] = _frozen(workspace, plan, list_key, by=by)
    return tuple(frozen.values())


def _frozen(workspace: Workspace, plan: ItemPlan, list_key: str, *, by: str) -> Campaign:
    now = workspace.clock.now()
    campaign = Campaign(
        id=0,
        issue=plan.issue,
        list_key=list_key,
        segment="",
        state=CampaignState.FROZEN,
        envelope=envelope(workspace, list_key),
        digest=plan.rendered.digest,
        frozen_at=now,
        send_at=None,
        reason="",
    )
    note = _noted(workspace, plan, by=by)
    people = corrections.audience(
        plan.issue, plan.item.brief, list_key, occurrence=plan.occurrence, now=now
    )
    try:
        with writing(workspace.engine) as connection:
            campaign_id = freezing.freeze(
                connection,
                campaign,
                occurrence=plan.occurrence,
                renditions=plan.rendered.renditions,
                rule=None,
                largest_batch=largest_batch(workspace),
                actor=by,
                own_batches=tuple(workspace.settings.sending.pace.domains),
                audience=people,
                tracking=workspace.settings.sending.noted,
            )
            corrections.record(connection, note)
            return campaigns.get(connection, campaign_id)
    except IntegrityError:  # another process has just begun the same
        with reading(workspace.engine) as connection:
            begun = campaigns.find(connection, plan.issue, list_key, "", plan.occurrence)
        if begun is None:
            raise
        return begun


def _noted(workspace: Workspace, plan: ItemPlan, *, by: str) -> Correction:
    headline, said, today = plan.item.headline, _said(workspace), _today(workspace)
    issue = plan.rendered.issue
    return Correction(
        issue=plan.issue,
        kind=CorrectionKind.ITEM,
        at=workspace.clock.now(),
        actor=by,
        before=headline,
        after=plan.text,
        note=apart(workspace, issue, item_note, said, today, headline, plan.text),
        occurrence=plan.occurrence,
    )


def _correction_issue(workspace: Workspace, slug: str, item: MailedBrief, text: str) -> Issue:
    """The mail as a small issue of its own: one section with one brief."""
    said = _said(workspace)
    subject = said.say("correction_subject", headline=item.headline)
    brief = Brief(headline=item.headline, text=text)
    section = Section("correction", said.say("correction_title"), (brief,))
    return Issue(slug, _today(workspace), subject, "", (section,))


def _shown(workspace: Workspace, mail: Rendered) -> str:
    message, reader = specimen(workspace, mail.issue, mail.renditions[0])
    return exchanged(message.text, message.tokens, reader, Part.TEXT)


def mailed_brief(slug: str, item: str, mailed: tuple[MailedBrief, ...]) -> MailedBrief:
    """The one brief a person means, by its headline, the beginning of it, or its id; DeliveryError
    where there is none, or several.
    """
    wanted = " ".join(item.split()).casefold()
    exact = [one for one in mailed if wanted in (one.brief, one.headline.casefold())]
    found = exact or [one for one in mailed if one.headline.casefold().startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        titles = ", ".join(f"{one.brief} “{one.headline}”" for one in found)
        raise DeliveryError(f"“{item}” may be several items of “{slug}”: {titles}; name one by id")
    raise DeliveryError(
        f"no mail of “{slug}” had an item “{item}”; write its headline as it was mailed"
    )


def _refuse_leaving(slug: str, every: tuple[Campaign, ...]) -> None:
    issue = [campaign for campaign in every if not campaign.is_correction]
    if not issue:
        raise DeliveryError(f"“{slug}” has not left yet; correct it in issue.md")
    leaving = next((one for one in issue if one.state not in OVER), None)
    if leaving is not None:
        raise DeliveryError(
            f"“{slug}” ({leaving.audience}) is {leaving.state}, so more people may get the item; "
            f"let it end, or `newsletter cancel {slug}` first"
        )


def _refuse_target(workspace: Workspace, slug: str, url: str) -> None:
    if not url.lower().startswith(("http://", "https://")) or not is_link(url):
        raise DeliveryError(f"“{url}” is no web address; write one such as https://example.com/a")
    if url.startswith(redirects_of(workspace, slug)):
        raise DeliveryError(f"{url} is a redirect of this very issue; name the page itself")


def _is_of(correction: Correction, old: str, new: str) -> bool:
    return correction.kind is CorrectionKind.LINK and (correction.before, correction.after) == (
        old,
        new,
    )


def _no_such_link(slug: str, old: str, *, redirected: bool) -> DeliveryError:
    if redirected:
        return DeliveryError(f"no link of “{slug}” leads to {old}; write it as issue.md has it")
    return DeliveryError(
        f"no link of “{slug}” that leads to {old} can be changed: its mails link directly, for "
        "links.redirect was not on, and the archive has no such link"
    )


def _said(workspace: Workspace) -> Words:
    language = workspace.settings.publication.language
    return reader_pages(workspace).dictionary.best([language])


def _today(workspace: Workspace) -> date:
    return workspace.clock.now().astimezone(workspace.settings.publication.zone).date()
