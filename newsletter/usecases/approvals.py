"""Whether an issue stands approved as it renders now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.errors import ConfigError, DeliveryError, NewsletterError
from newsletter.issues import folder
from newsletter.store import campaigns
from newsletter.store.engine import reading
from newsletter.usecases.rendering import render_issue

if TYPE_CHECKING:
    from newsletter.app import Workspace
    from newsletter.usecases.editing import IssueView
    from newsletter.usecases.rendering import Rendered


def judged(workspace: Workspace, view: IssueView) -> IssueView:
    """The view, `changed` where the issue does not render any more as it was approved.

    Once a campaign has frozen the approved bytes, later changes are of no account.
    """
    if view.approval is None or _is_frozen(workspace, view.slug):
        return view
    try:
        changed = render_issue(workspace, view.slug).digest != view.approval.digest
    except ConfigError:  # without the workspace secret nobody can tell
        return view
    except NewsletterError:
        changed = True
    return replace(view, changed=changed)


def _is_frozen(workspace: Workspace, slug: str) -> bool:
    with reading(workspace.engine) as connection:
        return bool(campaigns.every(connection, slug))


def approved_rendering(workspace: Workspace, slug: str) -> Rendered:
    """The rendering, if it is byte for byte what was approved; DeliveryError otherwise."""
    approval = folder.find(workspace.issues, slug).approval()
    if approval is None:
        raise DeliveryError(
            f"“{slug}” is not approved; look at it, then `newsletter approve {slug}`"
        )
    rendered = render_issue(workspace, slug)
    if rendered.digest != approval.digest:
        raise DeliveryError(
            f"“{slug}” has changed since {approval.by} approved it on {approval.at:%Y-%m-%d}; "
            f"look at it again, then `newsletter approve {slug}`"
        )
    return rendered


def refuse_revoked(workspace: Workspace, slug: str, digest: str) -> None:
    """DeliveryError where these bytes do not stand approved any more."""
    approval = folder.find(workspace.issues, slug).approval()
    if approval is None or approval.digest != digest:
        raise DeliveryError(f"the approval of “{slug}” was taken back meanwhile; nothing was sent")
