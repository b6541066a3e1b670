"""The whole way once: gather, draft, render, check, approve, import, freeze, send, events.

Every step is the one the command line takes; only the sources and SendGrid are stand-ins, on
loopback. The simulator's own ledger, not the sender, is asked at the end who was mailed.
"""

from __future__ import annotations

import os
import shlex
import tempfile
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from newsletter.app import SystemClock, SystemRandomness, Workspace
from newsletter.config import SECRET_KEY, SENDGRID_KEY
from newsletter.demo import setting, story
from newsletter.demo.readers import write_readers
from newsletter.demo.sources import serving
from newsletter.errors import ConfigError
from newsletter.issues.blocks import blocks
from newsletter.issues.codec import add_blocks
from newsletter.providers.simulator.server import Simulator
from newsletter.usecases import (
    building,
    editing,
    gathering,
    planning,
    rendering,
    sending,
    subscribers,
)
from newsletter.usecases.events import fold_events
from newsletter.usecases.status import campaign_status
from newsletter.web.public import public_app

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from newsletter.demo.report import Report
    from newsletter.domain.campaign import Campaign
    from newsletter.issues.folder import IssueFolder
    from newsletter.usecases.status import CampaignStatus

SECRET = "demo-secret-known-to-everybody"  # noqa: S105 - it protects nothing
SEGMENT = "trade"


def run(folder: Path | None, report: Report) -> bool:
    """Go the whole way in `folder`, or in a new temporary one; True if everybody is accounted for.

    A second run in the same folder makes an issue of its own. ConfigError where the environment
    would lead it out of that folder, to a database or a provider that is not the demo's.
    """
    _refuse_overrides(os.environ)
    root = folder or Path(tempfile.mkdtemp(prefix="newsletter-demo-"))
    setting.make(root)
    clock, randomness = SystemClock(), SystemRandomness()
    ledger = root / ".newsletter" / "simulator"
    with serving() as site, Simulator(ledger, clock=clock, randomness=randomness) as simulator:
        setting.point(root, site=site, provider=simulator.url)
        environment = {**os.environ, SECRET_KEY: SECRET, SENDGRID_KEY: "SG.demo"}
        workspace = replace(Workspace.open(root), environment=environment)
        slug = _issue(workspace, report)
        _readers(workspace, report)
        campaign = _send(workspace, slug, report)
        status = _events(workspace, campaign, simulator, report)
        complete = _judge(status, campaign, simulator, report)
    report.end(_next_steps(root, slug), complete=complete)
    return complete


def _refuse_overrides(environment: Mapping[str, str]) -> None:
    names = [name for name in environment if name.startswith("NEWSLETTER_") and name != SECRET_KEY]
    if names:
        raise ConfigError(f"the demo stands on its own; unset {', '.join(sorted(names))} first")


def _issue(workspace: Workspace, report: Report) -> str:
    """Gather, draft, render, check, approve."""
    made = editing.new_issue(workspace, _free_slug(workspace))
    with report.step("Gathering", len(workspace.settings.sources)) as advance:
        gathered = gathering.gather(workspace, made.slug, progress=lambda _: advance(1))
    report.gathered(gathered)
    _take_candidates(workspace, made)
    made.write(story.with_subject(made.issue_file.read_text(encoding="utf-8")))
    with report.step("Rendering", 1) as advance:
        rendered = rendering.approve(workspace, made.slug, by="demo")
        files = building.build(workspace, made.slug, workspace.root / "build")
        advance(1)
    report.rendered(rendered, files)
    return made.slug


def _take_candidates(workspace: Workspace, made: IssueFolder) -> None:
    """A second run in one folder drafts nothing, as everything ran before: take it all the same."""
    document = made.read(workspace.section_keys)
    if document.issue.briefs:
        return
    rule, offered = workspace.settings.sections[-1], blocks(made.candidates_text())
    made.write(add_blocks(document, rule.key, rule.title, [f"{block.text}\n" for block in offered]))


def _free_slug(workspace: Workspace) -> str:
    today = workspace.clock.now().date().isoformat()
    taken = {view.slug for view in editing.list_issues(workspace)}
    number = 1
    while (slug := today if number == 1 else f"{today}-{number}") in taken:
        number += 1
    return slug


def _readers(workspace: Workspace, report: Report) -> None:
    people = write_readers(workspace.root / "readers.csv")
    with report.step("Importing", people.stat().st_size) as advance:
        imported = subscribers.import_people(workspace, people, list_keys=(), progress=advance)
    report.imported(imported, subscribers.count_people(workspace))


def _send(workspace: Workspace, slug: str, report: Report) -> Campaign:
    plan = planning.plan_send(workspace, slug, list_key="weekly", segment=SEGMENT)
    campaign = sending.freeze(workspace, plan, at=None, by="demo")
    with report.step("Sending", plan.mailed) as advance:
        ended = sending.dispatch(workspace, campaign, progress=advance)
    report.sent(plan, ended)
    return ended


def _events(
    workspace: Workspace, campaign: Campaign, simulator: Simulator, report: Report
) -> CampaignStatus:
    """The simulator posts signed events, some twice and out of order, to the real webhook."""
    with report.step("Taking events in", 1) as advance, _webhook(workspace, simulator) as url:
        statuses = simulator.emit(url, story.events())
        fold_events(workspace)
        advance(1)
    status = campaign_status(workspace, campaign.id)
    report.events(status, posts=Counter(statuses))
    return status


@contextmanager
def _webhook(workspace: Workspace, simulator: Simulator) -> Iterator[str]:
    """The public pages on a free port, for as long as the block lasts."""
    application = public_app(workspace, webhook_key=simulator.public_key)
    server = uvicorn.Server(
        uvicorn.Config(application, host="127.0.0.1", port=0, log_level="error", lifespan="off")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            workspace.clock.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/events/sendgrid"
    finally:
        server.should_exit = True
        thread.join()


def _judge(
    status: CampaignStatus, campaign: Campaign, simulator: Simulator, report: Report
) -> bool:
    """Hold our sums against the provider's own ledger: nobody twice, nobody lost."""
    mailed = Counter(
        person.address
        for acceptance in simulator.ledger.effective()
        if acceptance.campaign == str(campaign.id)
        for person in acceptance.people
    )
    sums = status.accounting
    facts = {
        "the sums hold": sums.balances,
        "every delivery has ended": sums.settled,
        "the provider took as many as we submitted": mailed.total() == sums.deliveries,
        "nobody was mailed twice": all(often == 1 for often in mailed.values()),
        "the provider reported on every one": not status.arrivals.get("none", 0),
    }
    report.judged(facts)
    return all(facts.values())


def _next_steps(root: Path, slug: str) -> tuple[str, ...]:
    here = shlex.quote(str(root))
    return (
        f"export {SECRET_KEY}={SECRET}   # only for this demo",
        f"newsletter -C {here} show {slug}",
        f"newsletter -C {here} check {slug}",
        f"newsletter -C {here} report {slug}",
        f"newsletter -C {here} subscribers show reader0001@example.com",
        f"{root / 'build' / f'{slug}-all.html'}   # open it in a browser",
    )
