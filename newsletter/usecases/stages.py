"""How far each issue is, what its checks find and whom it reached: the list of issues.

Rendering tells the findings, and whether an approval still stands; so each issue is looked at on
its own, when somebody sees its line, and again only after its files have changed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from newsletter.domain.campaign import CampaignState, DeliveryState
from newsletter.errors import NewsletterError
from newsletter.issues import folder
from newsletter.store import accounting, campaigns
from newsletter.store.engine import reading
from newsletter.usecases.previews import mark
from newsletter.usecases.rendering import render_issue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from newsletter.app import Workspace
    from newsletter.domain.finding import Finding
    from newsletter.usecases.previews import Preview

DRAFT, APPROVED, CHANGED = "draft", "approved", "changed"

WORDS = {
    DRAFT: "draft",
    APPROVED: "approved",
    CHANGED: "changed since approved",
    CampaignState.UNSETTLED: "not settled",
}
"""What people read where the key alone would not do."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How many mails the provider took, of how many that were to go."""

    submitted: int
    deliveries: int


@dataclass(frozen=True, slots=True)
class Stage:
    """`key` is `draft`, `approved`, `changed` or the state of the issue's newest campaign.

    `findings` counts them by level; `mistake` says why the issue cannot be rendered.
    """

    key: str
    findings: Mapping[str, int]
    mistake: str = ""
    reach: Reach | None = None

    @property
    def words(self) -> str:
        """The stage as people read it."""
        return WORDS.get(self.key, self.key)


@dataclass(frozen=True, slots=True)
class _Look:
    """What one rendering said: the state of the files, the digest, the findings, or a mistake."""

    mark: str
    digest: str
    findings: Mapping[str, int]
    mistake: str = ""


class Stages:
    """Remembers what each issue's last rendering said; safe between threads, one at a time."""

    def __init__(self) -> None:
        self._seen: dict[str, _Look] = {}
        self._turn = Lock()

    def of(self, workspace: Workspace, slug: str, preview: Preview | None = None) -> Stage:
        """One issue's stage; IssueError if there is no such issue. Where somebody has the issue's
        `preview` at hand, it is not rendered once more.
        """
        approval = folder.find(workspace.issues, slug).approval()
        with self._turn:
            now = mark(workspace, slug)
            if slug not in self._seen or self._seen[slug].mark != now:
                self._seen[slug] = _looked(workspace, slug, now, preview)
            look = self._seen[slug]
        sent = _campaign(workspace, slug)
        if sent:
            return Stage(sent[0], look.findings, look.mistake, sent[1])
        key = DRAFT if approval is None else APPROVED if approval.digest == look.digest else CHANGED
        return Stage(key, look.findings, look.mistake)


def counted(findings: tuple[Finding, ...]) -> dict[str, int]:
    """Level → how many."""
    return dict(Counter(finding.level.value for finding in findings))


def _looked(workspace: Workspace, slug: str, now: str, preview: Preview | None) -> _Look:
    good = preview if preview and preview.mark == now and not preview.mistake else None
    try:
        rendered = (good and good.rendered) or render_issue(workspace, slug)
    except NewsletterError as mistake:
        return _Look(now, "", {}, str(mistake))
    return _Look(now, rendered.digest, counted(rendered.findings))


def _campaign(workspace: Workspace, slug: str) -> tuple[str, Reach] | None:
    """The state of the newest campaign that was not cancelled, and the reach of all of them."""
    with reading(workspace.engine) as connection:
        begun = [
            campaign
            for campaign in campaigns.every(connection, slug)
            if campaign.state is not CampaignState.CANCELLED
        ]
        sums = [accounting.account(connection, campaign.id) for campaign in begun]
    if not begun:
        return None
    submitted = sum(one.states.get(DeliveryState.SUBMITTED, 0) for one in sums)
    return begun[0].state.value, Reach(submitted, sum(one.deliveries for one in sums))
