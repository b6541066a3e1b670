"""What each job comes to: the same use cases that commands and the ticker call."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.config import CONFIG_FILE
from newsletter.domain.campaign import CampaignState
from newsletter.domain.job import Job, JobName, Queue
from newsletter.errors import ConfigError, NewsletterError
from newsletter.store import campaigns, guard
from newsletter.store.engine import reading, writing
from newsletter.store.senders import sending
from newsletter.usecases.flow import keep_rhythm
from newsletter.usecases.notices import tell_notices
from newsletter.usecases.sending import dispatch, is_late, must_wait

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Collection, Iterator

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
            file=CONFIG_FILE,
        )


def join(workspace: Workspace) -> None:
    """Let this machine send from this database, beside those that do already."""
    guard.join(workspace.engine, workspace.state)


def refuse_stranger(workspace: Workspace) -> None:
    """DeliveryError where this machine must not send from this database (store.guard)."""
    with sending(workspace.engine, workspace.state, workspace.clock):
        pass


@contextmanager
def working(
    workspace: Workspace,
    stopping: threading.Event,
    *,
    may: Callable[[], bool],
    queues: Collection[Queue] = (Queue.SENDING,),
    concurrency: int = 1,
) -> Iterator[None]:
    """Do jobs in threads for as long as the block lasts, while `may` says so: what it keeps from
    being done is hinted at again.

    At its end `stopping` is set, so that a send under way ends its requests and goes no further.
    ConfigError at once where the provider has no key.
    """
    log.info("sending what is due through %s", workspace.provider.name)

    def take(job: Job) -> None:
        if may() and not stopping.is_set():
            do(workspace, job, stopping, may)

    with workspace.jobs.working(take, queues=queues, concurrency=concurrency):
        try:
            yield
        finally:
            stopping.set()


def do(workspace: Workspace, job: Job, stopping: threading.Event, may: Callable[[], bool]) -> None:
    """Do what a job hints at, as far as the database says that it is still due."""
    if job.name is JobName.RHYTHM:
        keep_rhythm(workspace, stopping, may)
        tell_notices(workspace, stopping)  # whoever leads may be without the issue to be proved
    else:
        _dispatch(workspace, int(job.subject), stopping)


def queues_here(workspace: Workspace) -> tuple[Queue, ...]:
    """What this machine can do: only where issues lie can they be gathered and frozen, and only
    who joined takes sends, for a stranger would use up the hints of those that may send.
    """
    newsroom = (Queue.NEWSROOM,) if workspace.issues.is_dir() else ()
    return (Queue.SENDING, *newsroom) if _may_send(workspace) else newsroom


def tick_rhythm(workspace: Workspace, stopping: threading.Event, may: Callable[[], bool]) -> None:
    """Do what the schedule says is due, or have a machine do it that has the issues."""
    if workspace.settings.jobs == "local":
        keep_rhythm(workspace, stopping, may)
    elif workspace.settings.schedule:
        with writing(workspace.engine) as connection:
            workspace.jobs.enqueue(Job(JobName.RHYTHM), connection)


def _may_send(workspace: Workspace) -> bool:
    if workspace.settings.jobs == "local":  # nobody else waits for the hints of this process
        return True
    try:
        guard.refuse_stranger(workspace.engine, workspace.state)
    except NewsletterError as error:
        log.warning("no sends are taken here: %s; then start this process again", error)
        return False
    return True


def _dispatch(workspace: Workspace, number: int, stopping: threading.Event) -> None:
    with reading(workspace.engine) as connection:
        campaign = campaigns.get(connection, number)
    if campaign.state not in SENDABLE or must_wait(workspace, campaign):
        return
    if is_late(workspace, campaign):  # the ticker calls it missed
        return
    ended = dispatch(workspace, campaign, stopping=stopping, patience=PATIENCE)
    log.info("campaign %s (%s) is %s", ended.id, ended.issue, ended.state)
