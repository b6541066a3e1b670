"""The report of an issue, mailed the morning after: once, or nobody knows and nobody guesses."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from zoneinfo import ZoneInfo

import pytest

from newsletter import config
from newsletter.config.reports import Reports
from newsletter.domain.notice import NoticeState
from newsletter.errors import ConfigError, DeliveryError
from newsletter.usecases import sending
from newsletter.usecases.notices import tell_notices
from newsletter.usecases.report_mail import (
    mail_again,
    morning_after,
    note_reports,
    report_mails,
)

SLUG = "2026-11-20"
ADA, BOB = "ada@example.com", "bob@example.com"
MORNING = datetime(2026, 11, 28, 8, tzinfo=ZoneInfo("America/New_York"))

DIES = """
import sys
from datetime import datetime
from pathlib import Path
from newsletter import config
from newsletter.app import Workspace
from newsletter.usecases.notices import tell_notices
from newsletter.usecases.report_mail import note_reports

class Clock:
    def now(self): return datetime.fromisoformat(sys.argv[2])
    def sleep(self, seconds): raise AssertionError("nothing waits here")

root = Path(sys.argv[1])
workspace = Workspace(root, config.load(root), Clock())
note_reports(workspace)
tell_notices(workspace)
workspace.close()
"""


@pytest.fixture
def told(workspace, sample):
    """The sample with two people to be mailed reports."""
    path = sample / "config.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}\nreports: {{mail_to: [{ADA}, {BOB}]}}\n", encoding="utf-8")
    opened = replace(workspace, settings=config.load(sample))
    yield opened
    opened.close()


@pytest.fixture
def sent(told, subscribe, plan):
    """The sample's issue, sent to six readers on Friday, 27 November."""
    subscribe(6)
    return sending.dispatch(told, sending.freeze(told, plan(here=told), at=None, by="Ada"))


@pytest.fixture
def at(clock):
    """Let it be a moment."""

    def moment(when):
        clock.moment = when.astimezone(UTC)

    return moment


def tick(workspace):
    note_reports(workspace)
    tell_notices(workspace)


def reports(workspace):
    """The report mails in the outbox, read."""
    files = sorted((workspace.state / "outbox").rglob("*.eml"))
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in files]
    return [mail for mail in mails if mail["To"] in (ADA, BOB)]


def states(workspace):
    return [state for _, state, _ in report_mails(workspace, SLUG)]


def test_it_is_mailed_the_morning_after_and_once(told, sent, at):
    at(MORNING.replace(hour=7, minute=59))
    tick(told)
    assert reports(told) == []
    at(MORNING)
    for _ in range(3):
        tick(told)
    mails = reports(told)
    assert sorted(mail["To"] for mail in mails) == [ADA, BOB]
    assert mails[0]["Subject"] == "[The Loupe] How 2026-11-20 did"
    assert states(told) == [NoticeState.TOLD]


def test_both_parts_tell_the_figures_and_the_chart_is_no_svg(told, sent, at):
    at(MORNING)
    tick(told)
    mail = reports(told)[0]
    html = mail.get_body(("html",)).get_content()
    text = mail.get_body(("plain",)).get_content()
    for part in (html, text):
        assert "Gold holds its floor" in part
        assert "How this was counted" in part
    assert "<svg" not in html
    assert "reader1@example.com" not in html + text


def test_nobody_is_mailed_where_nobody_is_named(workspace, subscribe, plan, at):
    subscribe(2)
    sending.dispatch(workspace, sending.freeze(workspace, plan(), at=None, by="Ada"))
    at(MORNING)
    tick(workspace)
    assert report_mails(workspace, SLUG) == ()
    with pytest.raises(ConfigError, match=r"reports\.mail_to"):
        mail_again(workspace, SLUG)


def test_a_morning_that_was_missed_for_a_day_is_over(told, sent, at):
    at(MORNING.replace(day=29))
    tick(told)
    assert report_mails(told, SLUG) == ()


def test_a_correction_is_no_issue_to_report_on(told, sent, at, clock):
    from newsletter.usecases.corrections import freeze_correction, plan_correction

    at(MORNING)
    tick(told)
    clock.advance(3600)
    correction = plan_correction(told, SLUG, "A Lyon house", "It trains six.")
    for campaign in freeze_correction(told, correction, by="Ada"):
        sending.dispatch(told, campaign)
    at(MORNING.replace(day=29))
    tick(told)
    assert len(report_mails(told, SLUG)) == 1


@pytest.mark.parametrize(("point", "mailed"), [("notice:claimed", 0), ("notice:told", 2)])
def test_a_process_that_dies_at_it_leaves_it_uncertain_and_doubles_nothing(
    told, sent, at, clock, point, mailed, sample
):
    driver = [sys.executable, "-c", DIES, str(sample), MORNING.astimezone(UTC).isoformat()]
    environment = {
        "NEWSLETTER_FAILPOINTS": f"{point}=kill",
        config.SECRET_KEY: "a secret of the tests only",
    }
    died = subprocess.run(driver, env=environment, check=False, capture_output=True)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    at(MORNING)
    for _ in range(4):
        clock.advance(700)
        tick(told)
    assert len(reports(told)) == mailed
    assert states(told) == [NoticeState.UNCERTAIN]


def test_a_person_may_have_it_mailed_again(told, sent, at, clock):
    at(MORNING)
    tick(told)
    clock.advance(60)
    mail_again(told, SLUG)
    assert len(reports(told)) == 4
    assert states(told) == [NoticeState.TOLD, NoticeState.TOLD]


def test_what_was_never_sent_has_no_report(told):
    with pytest.raises(DeliveryError, match="was never sent"):
        mail_again(told, SLUG)


@pytest.mark.parametrize(
    ("began", "morning"),
    [
        ("2026-11-27 23:59", "2026-11-28 08:00 -0500"),
        ("2026-11-28 00:01", "2026-11-29 08:00 -0500"),
        ("2026-03-07 12:00", "2026-03-08 08:00 -0400"),  # the clocks go forward that night
    ],
)
def test_the_morning_is_by_the_publications_own_clocks(told, began, morning):
    zone = told.settings.publication.zone
    found = morning_after(told, datetime.fromisoformat(began).replace(tzinfo=zone))
    assert f"{found:%Y-%m-%d %H:%M %z}" == morning


@pytest.mark.parametrize(("written", "meant"), [("07:30", "07:30"), (630, "10:30")])
def test_an_hour_is_understood_as_yaml_reads_it(written, meant):
    assert Reports(at=written).at == meant


@pytest.mark.parametrize("written", ["8", "24:00", "8:00", "08:60", "morning"])
def test_what_is_no_hour_is_refused(written):
    with pytest.raises(ValueError, match="at"):
        Reports(at=written)
