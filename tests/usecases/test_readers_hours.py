"""Sends by the clocks of readers: what is planned, when it leaves, and what never does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from newsletter.domain.campaign import CampaignState
from newsletter.errors import ConfigError
from newsletter.store import schema
from newsletter.store.engine import writing
from newsletter.usecases import control, planning, rendering, sending
from newsletter.usecases.control import Choice
from newsletter.usecases.due import send_due
from newsletter.usecases.status import statuses
from newsletter.usecases.waves import headstart

SLUG = "2026-11-20"
HOUR = datetime(2026, 11, 28, 13, tzinfo=UTC)  # a Saturday; in New York, where the sample is, 08:00
TOKYO = datetime(2026, 11, 27, 23, tzinfo=UTC)
BERLIN = datetime(2026, 11, 28, 7, tzinfo=UTC)
AT_NIGHT = datetime(2026, 11, 28, 4, tzinfo=UTC)
ZONES = {"Asia/Tokyo": range(1, 4), "Europe/Berlin": range(4, 6)}


@pytest.fixture
def settle(open_workspace, sample):
    """Open the workspace with more settings of how mail leaves."""

    def make(words):
        path = sample / "config.yaml"
        text = path.read_text(encoding="utf-8")
        plain = "sending: {provider: outbox, batch_size: 500}"
        assert plain in text
        more = plain.replace("}", f", {words}}}")
        path.write_text(text.replace(plain, more), encoding="utf-8")
        return open_workspace()

    return make


@pytest.fixture
def everywhere(subscribe, workspace):
    """3 in Tokyo, 2 in Berlin, 4 of whom nothing is known."""
    subscribe(9)
    table = schema.subscriber
    with writing(workspace.engine) as connection:
        for zone, ids in ZONES.items():
            connection.execute(update(table).where(table.c.id.in_(ids)).values(time_zone=zone))


def begin(workspace, at=HOUR, **options):
    rendering.approve(workspace, SLUG, by="Ada")
    plan = planning.plan_send(workspace, SLUG, list_key=None, segment=None, at=at)
    return plan, sending.freeze(workspace, plan, at=at, by="Ada", **options)


def mailed(workspace):
    (one,) = statuses(workspace, SLUG)
    return one.accounting.states.get("submitted", 0)


def test_each_reader_is_mailed_when_their_clocks_show_the_hour(settle, everywhere, clock):
    workspace = settle("reader_time: true")
    plan, campaign = begin(workspace)
    assert [(wave.at, count) for wave, count in plan.waves] == [(TOKYO, 3), (BERLIN, 2), (HOUR, 4)]
    assert campaign.send_at == TOKYO
    for moment, people in (
        (TOKYO - timedelta(minutes=1), 0),
        (TOKYO, 3),
        (BERLIN - timedelta(minutes=1), 3),
        (BERLIN, 5),
        (HOUR - timedelta(minutes=1), 5),
        (HOUR, 9),
    ):
        clock.moment = max(moment, clock.now())
        send_due(workspace)
        assert mailed(workspace) == people
    (one,) = statuses(workspace, SLUG)
    assert one.campaign.state is CampaignState.DONE


def test_status_says_what_waits_until_when(settle, everywhere, clock):
    workspace = settle("reader_time: true")
    begin(workspace)
    clock.moment = TOKYO
    send_due(workspace)
    (one,) = statuses(workspace, SLUG)
    assert [(wave.at, wave.people, dict(wave.states)) for wave in one.waves] == [
        (TOKYO, 3, {"submitted": 3}),
        (BERLIN, 2, {"planned": 2}),
        (HOUR, 4, {"planned": 4}),
    ]
    assert (one.waiting.why, one.waiting.until) == (
        "the hour of the next readers has not come",
        BERLIN,
    )


def test_waves_pause_and_cancel_as_any_batch(settle, everywhere, clock):
    workspace = settle("reader_time: true")
    begin(workspace)
    clock.moment = TOKYO
    send_due(workspace)
    control.pause(workspace, Choice(SLUG), by="Ada")
    clock.moment = HOUR
    send_due(workspace)
    assert mailed(workspace) == 3
    (cancelled,) = control.cancel(workspace, Choice(SLUG), by="Ada")
    assert (cancelled.states["submitted"], cancelled.states["cancelled"]) == (3, 6)


def test_the_same_hour_again_is_the_same_campaign_and_another_moves_it(settle, everywhere):
    workspace = settle("reader_time: true")
    _, campaign = begin(workspace)
    again = planning.plan_send(workspace, SLUG, list_key=None, segment=None)
    assert sending.freeze(workspace, again, at=HOUR, by="Ada") == campaign
    later = sending.freeze(workspace, again, at=HOUR + timedelta(hours=2), by="Ada")
    assert later.send_at == TOKYO + timedelta(hours=2)
    (one,) = statuses(workspace, SLUG)
    assert one.waves[-1].at == HOUR + timedelta(hours=2)


def test_a_freeze_at_the_hour_is_late_for_some_within_grace_and_for_some_a_day(
    settle, everywhere, clock
):
    workspace = settle("reader_time: true")
    clock.moment = HOUR
    begin(workspace, hour=HOUR)
    send_due(workspace)
    assert mailed(workspace) == 6  # in Berlin it is 14:00; in Tokyo 22:00
    clock.moment = TOKYO + timedelta(days=1)
    send_due(workspace)
    assert mailed(workspace) == 9


def test_now_is_now_for_everybody(settle, everywhere):
    workspace = settle("reader_time: true")
    plan, campaign = begin(workspace, at=None)
    assert plan.waves == ()
    assert sending.dispatch(workspace, campaign).state is CampaignState.DONE


def test_who_freezes_by_the_head_start_is_late_for_nobody(settle):
    workspace = settle("reader_time: true")
    assert HOUR - headstart(workspace, HOUR) == datetime(2026, 11, 27, 18, tzinfo=UTC)


def test_without_readers_time_no_head_start_is_needed(workspace):
    assert headstart(workspace, HOUR) == timedelta()


def test_nothing_leaves_in_quiet_hours(settle, subscribe, clock):
    subscribe(3)
    workspace = settle("quiet_hours: '21:00-07:00'")
    clock.moment = AT_NIGHT  # in New York it is 23:00
    begin(workspace, at=AT_NIGHT)
    send_due(workspace)
    (one,) = statuses(workspace, SLUG)
    assert mailed(workspace) == 0
    assert (one.waiting.why, one.waiting.until) == (
        "these are quiet hours",
        datetime(2026, 11, 28, 12, tzinfo=UTC),
    )
    clock.moment = datetime(2026, 11, 28, 12, tzinfo=UTC)
    send_due(workspace)
    assert mailed(workspace) == 3


def test_quiet_hours_are_each_readers_own(settle, everywhere, clock):
    workspace = settle("reader_time: true, quiet_hours: '21:00-07:00'")
    clock.moment = AT_NIGHT
    begin(workspace, at=AT_NIGHT)
    send_due(workspace)
    assert mailed(workspace) == 3  # in Tokyo it is 13:00, in Berlin 05:00
    clock.moment = datetime(2026, 11, 28, 6, tzinfo=UTC)
    send_due(workspace)
    assert mailed(workspace) == 5


def test_a_wave_that_would_fall_on_a_quiet_day_follows_it(settle, everywhere):
    workspace = settle("reader_time: true, quiet_days: [saturday, sunday]")
    plan, _ = begin(workspace)
    assert {wave.at.weekday() for wave, _ in plan.waves} <= {0, 6}
    assert plan.waves[0][0].at == datetime(2026, 11, 29, 15, tzinfo=UTC)  # Monday in Tokyo


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("quiet_hours: '9-17'", "quiet_hours"),
        ("quiet_hours: '07:00-07:00'", "begins when it ends"),
        ("quiet_days: [caturday]", "quiet_days"),
        (
            "quiet_days: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]",
            "names every day",
        ),
    ],
)
def test_quiet_that_cannot_be_is_refused(settle, words, why):
    with pytest.raises(ConfigError, match=why):
        settle(words)


EVERYWHERE = (
    "Pacific/Kiritimati", "Pacific/Chatham", "Pacific/Auckland", "Australia/Lord_Howe",
    "Australia/Adelaide", "Australia/Eucla", "Asia/Tokyo", "Asia/Yangon", "Asia/Kathmandu",
    "Asia/Kolkata", "Asia/Kabul", "Asia/Tehran", "Asia/Dubai", "Africa/Nairobi", "Africa/Cairo",
    "Africa/Casablanca", "Africa/Johannesburg", "Europe/Moscow", "Europe/Berlin", "Europe/London",
    "Atlantic/Azores", "Atlantic/Cape_Verde", "America/St_Johns", "America/Halifax",
    "America/Havana", "America/Phoenix", "America/Los_Angeles", "America/Anchorage",
    "Pacific/Marquesas", "Pacific/Pago_Pago",
)  # fmt: skip
SPRING = datetime(2027, 3, 28, 12, tzinfo=UTC)  # 08:00 in New York; Europe's clocks go forward


def test_thirty_zones_are_each_mailed_at_their_hour_once_through_a_pause(settle, subscribe, clock):
    subscribe(len(EVERYWHERE) + 1)
    clock.moment = SPRING - timedelta(days=2)
    workspace = settle("reader_time: true")
    person, mail, batch, attempt = (
        schema.subscriber, schema.delivery, schema.batch, schema.attempt,
    )  # fmt: skip
    with writing(workspace.engine) as connection:
        for number, zone in enumerate(EVERYWHERE, 1):
            connection.execute(update(person).where(person.c.id == number).values(time_zone=zone))
    begin(workspace, at=SPRING)
    clock.moment = SPRING - timedelta(hours=18)
    while clock.now() < SPRING + timedelta(hours=12):
        if clock.now() == SPRING - timedelta(hours=9):  # between two waves
            control.pause(workspace, Choice(SLUG), by="Ada")
            send_due(workspace)
            control.resume(workspace, Choice(SLUG), by="Ada")
        send_due(workspace)
        clock.advance(15 * 60)
    with writing(workspace.engine) as connection:
        left = connection.execute(
            select(mail.c.subscriber_id, person.c.time_zone, attempt.c.created_at)
            .join_from(mail, person, person.c.id == mail.c.subscriber_id)
            .join(batch, batch.c.id == mail.c.batch_id)
            .join(attempt, attempt.c.batch_id == batch.c.id)
        ).all()
    assert sorted(number for number, *_ in left) == list(range(1, len(EVERYWHERE) + 2))
    for _, zone, at in left:
        local = at.astimezone(ZoneInfo(zone or "America/New_York"))
        assert (local.date().isoformat(), local.hour, local.minute) == ("2027-03-28", 8, 0), zone
