"""What somebody who looks on is shown: one line, or a picture that fits a terminal."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from newsletter.cli.live import line, picture
from newsletter.cli.output import span
from newsletter.domain.campaign import Campaign, CampaignState, DeliveryState, Envelope
from newsletter.domain.mailing import Mailbox
from newsletter.usecases.waits import Waiting
from newsletter.usecases.watching import Progress

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
STATES = {
    DeliveryState.PLANNED: 4_600,
    DeliveryState.SUBMITTED: 15_199,
    DeliveryState.UNKNOWN: 200,
    DeliveryState.REJECTED: 1,
}


def look(state=CampaignState.SENDING, *, rate=1278.4, left=3.6, waiting=None, reason=""):
    envelope = Envelope(Mailbox("editor@example.com", "The Loupe"), None, "<weekly>", "https://x")
    campaign = Campaign(
        1, "2026-11-27", "weekly", "retailers", state, envelope, "", NOW, None, reason
    )
    return Progress(campaign, NOW, 20_000, STATES, 4, rate, left, waiting)


def shown(*looks):
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(picture(looks))
    return console.export_text().splitlines()


def test_a_line_holds_everything():
    assert line(look()) == (
        "09:00:00 UTC  2026-11-27 to weekly / retailers: sending: submitted 15,199, unknown 200, "
        "held 0, rejected 1, errors 4; 1,278 people a second, about 0:04 to go"
    )


def test_the_picture_holds_the_same():
    title, bar, figures, outlook = shown(look())
    assert title.rstrip() == "2026-11-27 to weekly / retailers: sending"
    assert "77%" in bar
    assert "15,400 of 20,000" in bar
    assert " ".join(figures.split()) == "submitted 15,199 unknown 200 held 0 rejected 1 errors 4"
    assert outlook.rstrip() == "1,278 people a second, about 0:04 to go"


def test_several_campaigns_stand_one_below_the_other():
    assert len(shown(look(), look())) == 8


def test_a_wait_says_why_and_until_when():
    until = NOW + timedelta(minutes=20)
    told = line(look(waiting=Waiting("the canary slice went first", None, until)))
    assert told.endswith(
        "; waits until 2026-11-27 09:20:00 UTC, 20:00 from now: the canary slice went first"
    )


def test_a_paused_campaign_says_why():
    assert line(look(CampaignState.PAUSED, reason="paused by Ada")).endswith("; paused by Ada")


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0:00"),
        (0.2, "0:01"),
        (65, "1:05"),
        (3600, "1:00:00"),
        (90_061, "1 day 1:01:01"),
        (172_800, "2 days 0:00:00"),
    ],
)
def test_lengths_of_time(seconds, told):
    assert span(seconds) == told
