"""What a campaign waits for, from what stands in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.config.sending import Pace, Sending
from newsletter.delivery.pace import limits
from newsletter.domain.campaign import BatchState, Campaign, CampaignState, Envelope, Outcome
from newsletter.domain.mailing import Mailbox
from newsletter.store.pace import Meter
from newsletter.store.progress import BatchLine, Gates
from newsletter.usecases.waits import CUT_OFF, NOBODY, Rules, waiting

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


def at(seconds):
    return NOW + timedelta(seconds=seconds)


def gate(open_through=None, opens_at=None, meters=None, *, attended=True, moved=-600):
    return Gates(open_through, opens_at, meters or {}, attended=attended, moved_at=at(moved))


OPEN = gate(moved=0)


def campaign(state=CampaignState.SENDING, send_at=None):
    envelope = Envelope(Mailbox("editor@example.com", "The Loupe"), None, "<weekly>", "https://x")
    return Campaign(1, "2026-11-27", "weekly", "", state, envelope, "", at(-600), send_at, "")


def line(sequence, state, *, not_before=None, answered=None, send_at=None):
    closed = None if answered is None else at(answered)
    return BatchLine(
        sequence, sequence, state, not_before, "a", closed, closed, Outcome.ACCEPTED, send_at
    )


READY, SUBMITTED = BatchState.READY, BatchState.SUBMITTED


def wait(lines, *, gates=OPEN, state=CampaignState.SENDING, send_at=None, pace=None):
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("UTC")
    rules = Rules(limits(Sending(pace=pace or Pace()), zone), zone)
    return waiting(campaign(state, send_at), lines, gates, rules, NOW)


def test_a_frozen_campaign_waits_for_its_hour_since_its_freeze():
    found = wait([line(0, READY)], state=CampaignState.FROZEN, send_at=at(3600))
    assert (found.since, found.until) == (at(-600), at(3600))


@pytest.mark.parametrize(
    "state", [CampaignState.PAUSED, CampaignState.DONE, CampaignState.LOCKED, CampaignState.MISSED]
)
def test_a_campaign_that_needs_a_person_waits_for_no_moment(state):
    assert wait([line(0, READY)], state=state) is None


def test_while_a_request_is_under_way_it_waits_for_nothing():
    gates = gate(0, at(600), moved=-30)
    assert wait([line(0, BatchState.SUBMITTING), line(1, READY)], gates=gates) is None


def test_behind_the_canary_slice():
    gates = gate(0, at(600), moved=-30)
    found = wait([line(0, SUBMITTED, answered=-30), line(1, READY)], gates=gates)
    assert (found.why, found.since, found.until) == (
        "the canary slice went first",
        at(-30),
        at(600),
    )


def test_a_busy_provider():
    gates = gate(meters={"busy": Meter(at(40), 2)}, moved=-5)
    found = wait([line(0, READY, answered=-5)], gates=gates)
    assert found.why == "the provider takes no request for now"
    assert (found.since, found.until) == (at(-5), at(40))


def test_a_pace_is_named_with_its_number():
    gates = gate(meters={"hour": Meter(at(90))})
    found = wait([line(0, READY, answered=-5)], gates=gates, pace=Pace(per_hour=5000))
    assert (found.why, found.until) == ("the pace of 5,000 an hour", at(90))


def test_the_moments_between_two_batches_of_a_pace_are_no_wait():
    gates = gate(meters={"second": Meter(at(1.5))}, moved=-1)
    assert wait([line(0, READY, answered=-1)], gates=gates, pace=Pace(per_second=100)) is None


def test_the_undo_window():
    kept = [line(n, BatchState.SCHEDULED, answered=-9, send_at=at(60 * n)) for n in (1, 2)]
    found = wait(kept)
    assert (found.why, found.until) == ("the undo window is open", at(120))


@pytest.mark.parametrize(("silent", "told"), [(9, False), (10, True), (3600, True)])
def test_a_campaign_that_nobody_sends_says_so(silent, told):
    found = wait([line(0, SUBMITTED), line(1, READY)], gates=gate(moved=-silent))
    assert (found is not None and found.why == NOBODY) is told


@pytest.mark.parametrize(
    "state", [CampaignState.SENDING, CampaignState.PAUSED, CampaignState.CANCELLED]
)
def test_a_request_of_a_dead_process_is_told_in_every_state(state):
    gates = gate(attended=False, moved=-3)
    found = wait([line(0, BatchState.SUBMITTING), line(1, READY)], gates=gates, state=state)
    assert (found.why, found.since, found.until) == (CUT_OFF, at(-3), None)
