"""What each job comes to: the same use cases that commands and the ticker call."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.domain.campaign import CampaignState
from newsletter.domain.job import Job, JobName, Queue
from newsletter.errors import ConfigError
from newsletter.store import campaigns, guard
from newsletter.store.engine import reading
from newsletter.usecases.events import fold_events
from newsletter.usecases.gathering import gather
from newsletter.usecases.sending import dispatch, is_late, must_wait

if TYPE_CHECKING:
    import threading
    from collections.abc import Collection, Iterator

    from newsletter.app import Workspace

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=30)
"""A campaign that must wait for longer is left to a later hint, so that other jobs go on."""

SENDABLE = (CampaignState.FROZEN, CampaignState.SENDING)


def refuse_lone(workspace: Workspace) -> None:
    """ConfigError where no other process could ever hand a worker anything."""
    if workspace.settings.jobs == "local":
        raise ConfigError(
            "jobs: local are done by `newsletter serve` itself; for workers set "
            "jobs: procrastinate and a PostgreSQL database",
            file="config.yaml",
        )


def join(workspace: Workspace) -> None:
    """Let this machine send from this database, beside those that do already."""
    guard.join(workspace.engine, workspace.state)


@contextmanager
def working(
    workspace: Workspace,
    stopping: threading.Event,
    *,
    queues: Collection[Queue] = (Queue.SENDING,),
    concurrency: int = 1,
) -> Iterator[None]:
    """Do jobs in threads for as long as the block lasts.

    At its end `stopping` is set, so that a send under way ends its requests and goes no further.
    ConfigError at once where the provider has no key.
    """
    if Queue.SENDING in queues:
        log.info("sending through %s", workspace.provider.name)

    def take(job: Job) -> None:
        do(workspace, job, stopping)

    with workspace.jobs.working(take, queues=queues, concurrency=concurrency):
        try:
            yield
        finally:
            stopping.set()


def do(workspace: Workspace, job: Job, stopping: threading.Event) -> None:
    """Do what a job hints at, as far as the database says that it is still due."""
    if job.name is JobName.GATHER:
        gather(workspace, job.subject)
    elif job.name is JobName.FOLD:
        fold_events(workspace)
    else:
        _dispatch(workspace, int(job.subject), stopping)


def _dispatch(workspace: Workspace, number: int, stopping: threading.Event) -> None:
    with reading(workspace.engine) as connection:
        campaign = campaigns.get(connection, number)
    too_soon_or_late = must_wait(workspace, campaign) or is_late(workspace, campaign)
    if campaign.state not in SENDABLE or too_soon_or_late or stopping.is_set():
        return
    ended = dispatch(workspace, campaign, stopping=stopping, patience=PATIENCE)
    log.info("campaign %s (%s) is %s", ended.id, ended.issue, ended.state)
