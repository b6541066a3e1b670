"""What tests of the use cases share: an approved issue, and a stand-in for SendGrid."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING

import pytest

from newsletter.config import SENDGRID_KEY, Notices, Schedule, Source
from newsletter.providers.simulator.server import Simulator
from newsletter.usecases import planning, rendering

if TYPE_CHECKING:
    from pathlib import Path

SLUG = "2026-11-20"


@pytest.fixture
def approved(workspace):
    """The sample's issue, approved as it stands."""
    rendering.approve(workspace, SLUG, by="Ada")
    return SLUG


@pytest.fixture
def plan(workspace, approved):
    """Plan a send of the approved issue to the list it names."""

    def make(at=None, *, here=workspace, segment=None, list_key=None):
        return planning.plan_send(here, approved, list_key=list_key, segment=segment)

    return make


@pytest.fixture
def simulator(tmp_path, clock, randomness):
    with Simulator(tmp_path / "simulator", clock=clock, randomness=randomness) as running:
        yield running


@pytest.fixture
def through_sendgrid(open_workspace, sample, simulator):
    """The workspace once its config.yaml names SendGrid, at the stand-in's address."""
    config = sample / "config.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(
        text.replace(
            "sending: {provider: outbox, batch_size: 500}",
            f"sending: {{provider: sendgrid, sendgrid: {{host: '{simulator.url}'}}}}",
        ),
        encoding="utf-8",
    )
    return open_workspace(**{SENDGRID_KEY: "SG.test"})


@pytest.fixture
def files():
    """Every file of a folder with its bytes."""

    def read(folder: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    return read


@pytest.fixture
def weekly(open_workspace, sample, clock):
    """Open the sample with a schedule for Fridays at 08:00 in New York, two editors, and one note
    to be gathered; what is given changes the schedule. It is Monday, the 23rd, at noon in UTC.
    """
    clock.moment = datetime(2026, 11, 23, 12, tzinfo=UTC)
    (sample / "inbox").mkdir(exist_ok=True)
    note = "# A bench is free in Basel\n\nAsk at the school before Friday.\n"
    (sample / "inbox" / "bench.md").write_text(note, encoding="utf-8")

    def make(notices=(), **schedule):
        settings = open_workspace().settings
        rule = {"gather": "thursday 06:00", "remind": "thursday 15:00", "send": "friday 08:00"}
        changed = settings.model_copy(
            update={
                "schedule": {"weekly": Schedule(**{**rule, **schedule})},
                "editors": ("ada@example.com", "bob@example.org"),
                "notices": Notices(**dict(notices)),
                "sources": (Source(name="Desk", folder="inbox"),),
            }
        )
        return replace(open_workspace(), settings=changed)

    made = []

    def kept(**changes):
        made.append(make(**changes))
        return made[-1]

    yield kept
    for workspace in made:
        workspace.close()


@pytest.fixture
def outbox(sample):
    """Every mail of the outbox in the order it was written: to whom, subject, text."""

    def read():
        paths = sorted((sample / ".newsletter" / "outbox").rglob("*.eml"), key=os.path.getmtime)
        mails = [message_from_bytes(path.read_bytes(), policy=default) for path in paths]
        return [
            (mail["To"], mail["Subject"], mail.get_body(("plain",)).get_content()) for mail in mails
        ]

    return read
