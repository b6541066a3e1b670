"""What the links of an issue were clicked, over the issue as it was mailed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from newsletter.delivery.compose import compose_message
from newsletter.domain.rendition import PREFERENCES_URL, UNSUBSCRIBE_URL
from newsletter.errors import DeliveryError
from newsletter.render.framed import Framing, framed
from newsletter.reports.heat import heat, heated
from newsletter.store import campaigns
from newsletter.store.engine import reading

if TYPE_CHECKING:
    from newsletter.app import Workspace
    from newsletter.domain.campaign import Campaign
    from newsletter.domain.rendition import Rendition
    from newsletter.domain.report import IssueReport


@dataclass(frozen=True, slots=True)
class Mailed:
    """One version of an issue as it was mailed, and the campaign that mailed it first."""

    campaign: Campaign
    rendition: Rendition


def mailed_versions(workspace: Workspace, slug: str) -> dict[str, Mailed]:
    """Every version that had readers, by its key; DeliveryError where the issue never left."""
    found: dict[str, Mailed] = {}
    with reading(workspace.engine) as connection:
        for campaign in reversed(campaigns.every(connection, slug)):
            if not campaign.is_correction:
                for version, rendition in campaigns.renditions(connection, campaign.id).items():
                    found.setdefault(version, Mailed(campaign, rendition))
    if not found:
        raise DeliveryError(f"“{slug}” was never sent, so nobody clicked anything")
    return found


def heat_frame(workspace: Workspace, report: IssueReport, version: str) -> str:
    """The HTML of one version, for a sandboxed frame, with its links' clicks."""
    versions = mailed_versions(workspace, report.issue)
    mailed = versions.get(version) or next(iter(versions.values()))
    html = anonymous(mailed)
    return workspace.isolation.run(_hot, html, heat(report.links), _framing(workspace, html))


def anonymous(mailed: Mailed) -> str:
    """The HTML as nobody in particular would get it: fallbacks, and links that lead nowhere."""
    message = compose_message("heat", mailed.campaign.envelope, mailed.rendition)
    page = message.html
    for token in message.tokens:
        link = token.field in (UNSUBSCRIBE_URL, PREFERENCES_URL)
        page = page.replace(token.placeholder, "#" if link else escape(token.fallback))
    return page


def _hot(html: str, clicked: dict[str, int], framing: Framing) -> str:
    return framed(heated(html, clicked), framing)


def _framing(workspace: Workspace, html: str) -> Framing:
    web = workspace.settings.web
    base = web.images or f"{web.base_url}/images"
    names = re.findall(rf'src="{re.escape(base)}/([\w.-]+)"', html)
    return Framing(pictures={f"{base}/{name}": f"/images/{name}" for name in names})
