"""Hints for those who wait for work: what has just become due, told with the rows it stands in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.domain.job import Job, JobName
from newsletter.store.engine import writing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from newsletter.app import Workspace
    from newsletter.domain.campaign import Campaign

SHARES = {"local": 1, "procrastinate": 8}
"""How many processes may join in one campaign at once; the first takes up to all of it."""


def hint_dispatch(workspace: Workspace, connection: Connection, campaign: Campaign) -> None:
    """Let whoever is free submit what is ready of a campaign, once the transaction is committed."""
    for share in range(SHARES[workspace.settings.jobs]):
        workspace.jobs.enqueue(Job(JobName.DISPATCH, str(campaign.id), share), connection)


def call_workers(workspace: Workspace, due: Sequence[Campaign]) -> None:
    """Ask workers to join in what is due; where jobs are local, there are none."""
    if due and workspace.settings.jobs != "local":
        with writing(workspace.engine) as connection:
            for campaign in due:
                hint_dispatch(workspace, connection, campaign)
