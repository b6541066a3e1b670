"""What tests of the use cases share: an approved issue, and a stand-in for SendGrid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from newsletter.config import SENDGRID_KEY
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
