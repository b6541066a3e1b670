"""Other clocks: the provider's over HTTP, and PostgreSQL's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.app import SystemClock
from newsletter.config import SENDGRID_KEY
from newsletter.usecases.timekeeping import AGREED, note_doubt, noted_doubt, second_opinion

DAY = timedelta(days=1)


class Off(SystemClock):
    """The machine's clock, set wrong."""

    def __init__(self, by):
        self.by = by

    def now(self):
        return super().now() + self.by


class Elsewhere:
    """A clock that the test moves apart from the workspace's."""

    def __init__(self, clock):
        self.moment = clock.now()

    def now(self):
        return self.moment


def test_without_another_clock_there_is_nobody_to_disagree(workspace):
    assert second_opinion(workspace) == AGREED


def test_f42_the_date_of_the_providers_answers_is_another_clock(through_sendgrid, simulator, clock):
    simulator._clock = theirs = Elsewhere(clock)
    assert second_opinion(through_sendgrid) == AGREED
    theirs.moment += timedelta(minutes=9)
    assert second_opinion(through_sendgrid) == AGREED
    clock.moment += DAY
    opinion = second_opinion(through_sendgrid)
    assert opinion.agrees is False
    assert opinion.said == (
        "this machine's clock shows 2026-11-28 09:00 UTC and the provider's 2026-11-27 09:09; "
        "set the one right that is wrong"
    )


def test_a_provider_that_is_away_says_nothing(through_sendgrid, sample, open_workspace):
    config = sample / "config.yaml"
    address = through_sendgrid.settings.sending.sendgrid.host
    config.write_text(config.read_text().replace(address, "http://127.0.0.1:9"))
    opinion = second_opinion(open_workspace(**{SENDGRID_KEY: "SG.test"}))
    assert opinion.agrees is None
    assert opinion.said.startswith("the provider's clock could not be asked: SendGrid was not")


@pytest.mark.parametrize(("off", "agrees"), [(timedelta(), True), (DAY, False), (-DAY, False)])
def test_f42_a_postgresql_has_a_clock_of_its_own(workspace, store_url, off, agrees):
    settings = workspace.settings.model_copy(update={"database": store_url})
    opened = replace(workspace, settings=settings, clock=Off(off))
    sqlite = store_url.startswith("sqlite")
    assert second_opinion(opened).agrees is (agrees or sqlite)
    opened.close()


def test_a_doubt_is_kept_until_it_is_over(workspace):
    assert noted_doubt(workspace) == ""
    for doubt in ("the clock has jumped by 1 day", "the provider's clock shows another day", ""):
        note_doubt(workspace, doubt)
        assert noted_doubt(workspace) == doubt


@pytest.mark.parametrize("header", ["", "yesterday", "Fri, 27 Nov 2026 09:00:00 -0000"])
def test_a_date_that_tells_nothing_is_no_clock(through_sendgrid, simulator, monkeypatch, header):
    monkeypatch.setattr(
        "newsletter.providers.simulator.server.format_datetime", lambda *_, **__: header
    )
    assert through_sendgrid.provider.told_time() is None
    assert second_opinion(through_sendgrid) == AGREED


def test_any_answer_is_dated(through_sendgrid, clock):
    assert through_sendgrid.provider.told_time() == clock.now().astimezone(UTC)
    assert isinstance(through_sendgrid.provider.told_time(), datetime)
