"""The week by itself, on a clock of the test's: draft, proof, reminder, send, and odd hours."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, reset_tzpath

import pytest
from sqlalchemy import update

from newsletter.config import Schedule
from newsletter.domain.campaign import CampaignState
from newsletter.domain.occurrence import OccurrenceState, Slot
from newsletter.issues import folder
from newsletter.store import campaigns, occurrences, schema
from newsletter.store.engine import reading, writing
from newsletter.usecases import editing, planning, rendering, scheduled_gather, sending
from newsletter.usecases.due import send_due
from newsletter.usecases.flow import keep_rhythm
from newsletter.usecases.notices import tell_notices
from newsletter.usecases.timetable import timetable

SLUG = "2026-11-27"
GATHER = datetime(2026, 11, 26, 11, tzinfo=UTC)
REMIND = datetime(2026, 11, 26, 20, tzinfo=UTC)
SEND = datetime(2026, 11, 27, 13, tzinfo=UTC)


def tick(workspace):
    keep_rhythm(workspace)
    send_due(workspace)
    tell_notices(workspace)


def go(workspace, clock, *moments):
    for moment in moments:
        clock.moment = moment
        tick(workspace)


def states(workspace, slug=SLUG):
    with reading(workspace.engine) as connection:
        rows = occurrences.since(connection, datetime(2026, 1, 1).date())  # noqa: DTZ001
    return {row.occurrence.slot: row.state for row in rows if row.issue == slug}


def sent(workspace):
    with reading(workspace.engine) as connection:
        return campaigns.every(connection)


def write_and_approve(workspace, slug=SLUG):
    """What an editor does: a subject, some words, and an approval."""
    target = folder.find(workspace.issues, slug)
    document = target.read(workspace.section_keys)
    text = document.text.replace('subject: ""', "subject: The week").replace(
        'preheader: ""', "preheader: In short"
    )
    target.write(f"{text}\n### A word of ours\n\nThe bench is still free.\n")
    rendering.approve(workspace, slug, by="Ada")


def test_a_week_goes_by_itself_once_it_is_approved(weekly, clock, outbox, subscribe):
    subscribe(3)
    workspace = weekly()
    go(workspace, clock, clock.moment, GATHER - timedelta(seconds=1))
    assert not (workspace.issues / SLUG).exists()
    go(workspace, clock, GATHER)
    assert (
        "A bench is free in Basel"
        in folder.find(workspace.issues, SLUG).candidates_text()
        + (workspace.issues / SLUG / "issue.md").read_text()
    )
    proofs = [(to, subject) for to, subject, _ in outbox()]
    assert {to for to, _ in proofs} == {"ada@example.com", "bob@example.org"}
    assert all("Proof of 2026-11-27" in subject for _, subject in proofs)
    write_and_approve(workspace)
    go(workspace, clock, REMIND, SEND - timedelta(seconds=1))
    assert len(outbox()) == 2  # nobody had to be reminded
    assert sent(workspace) == ()
    go(workspace, clock, SEND, SEND + timedelta(minutes=1))
    (campaign,) = sent(workspace)
    assert (campaign.state, campaign.send_at) == (CampaignState.DONE, SEND)
    assert len(outbox()) == 2 + 3
    assert states(workspace) == dict.fromkeys(Slot, OccurrenceState.DONE)


def test_the_proof_is_the_issue_with_what_the_checks_say(weekly, clock, outbox):
    workspace = weekly()
    go(workspace, clock, GATHER - timedelta(days=1), GATHER)
    text = outbox()[0][2]
    for said in (
        "1 brief and 0 candidates from 1 source",
        "Friday, 2026-11-27 at 08:00 (America/New_York)",
        "newsletter preview 2026-11-27",
        "newsletter approve 2026-11-27",
        "error: ",
        "A bench is free in Basel",
    ):
        assert said in text


def test_who_has_not_approved_is_reminded_once_and_nobody_is_mailed(
    weekly, clock, outbox, subscribe
):
    subscribe(3)
    workspace = weekly()
    go(workspace, clock, GATHER - timedelta(days=1), GATHER, REMIND, REMIND, SEND, SEND)
    subjects = [subject for _, subject, _ in outbox()]
    assert [name in subjects[place] for place, name in ((2, "waits for its"), (4, "not sent"))]
    assert len(subjects) == 6  # the proof, the reminder, the news that it did not go: to two each
    assert states(workspace)[Slot.SEND] is OccurrenceState.DUE
    go(workspace, clock, SEND + timedelta(hours=6), SEND + timedelta(hours=6, seconds=1))
    assert states(workspace)[Slot.SEND] is OccurrenceState.MISSED
    assert len(outbox()) == 8
    assert sent(workspace) == ()
    assert "newsletter send 2026-11-27" in outbox()[-1][2]


def test_an_approval_within_the_grace_sends_it_then(weekly, clock, subscribe):
    subscribe(3)
    workspace = weekly()
    go(workspace, clock, GATHER - timedelta(days=1), GATHER, SEND)
    write_and_approve(workspace)
    go(workspace, clock, SEND + timedelta(hours=5))
    assert [one.state for one in sent(workspace)] == [CampaignState.DONE]


def test_what_was_changed_after_its_approval_does_not_go(weekly, clock, outbox, subscribe):
    subscribe(3)
    workspace = weekly()
    go(workspace, clock, GATHER - timedelta(days=1), GATHER)
    write_and_approve(workspace)
    path = workspace.issues / SLUG / "issue.md"
    path.write_text(path.read_text().replace("subject: The week", "subject: Another"))
    go(workspace, clock, SEND)
    assert sent(workspace) == ()
    assert "changed since Ada approved it" in outbox()[-1][2]


def test_a_person_who_sends_a_missed_issue_is_not_doubled(weekly, clock, subscribe):
    subscribe(3)
    workspace = weekly()
    go(workspace, clock, GATHER - timedelta(days=1), GATHER, SEND + timedelta(hours=7))
    write_and_approve(workspace)
    plan = planning.plan_send(workspace, SLUG, list_key=None, segment=None)
    sending.dispatch(workspace, sending.freeze(workspace, plan, at=None, by="Ada"))
    go(workspace, clock, SEND + timedelta(hours=8))
    assert [one.state for one in sent(workspace)] == [CampaignState.DONE]


def test_a_person_who_was_quicker_is_left_alone(weekly, clock, outbox, subscribe):
    subscribe(3)
    workspace = weekly()
    go(workspace, clock, clock.moment)
    editing.new_issue(workspace, SLUG)
    write_and_approve(workspace)
    before = (workspace.issues / SLUG / "issue.md").read_text()
    go(workspace, clock, GATHER)
    assert (workspace.issues / SLUG / "issue.md").read_text() == before
    assert outbox() == []
    plan = planning.plan_send(workspace, SLUG, list_key=None, segment=None)
    sending.dispatch(workspace, sending.freeze(workspace, plan, at=None, by="Ada"))
    go(workspace, clock, SEND)
    assert len(sent(workspace)) == 1
    assert states(workspace) == dict.fromkeys(Slot, OccurrenceState.DONE)


def test_a_thin_week_has_no_issue_where_the_schedule_says_so(weekly, clock, outbox):
    workspace = weekly(thin="skip")
    thin = workspace.settings.gathering.thin_week.model_copy(update={"least": 5})
    gathering = workspace.settings.gathering.model_copy(update={"thin_week": thin})
    workspace = replace(
        workspace, settings=workspace.settings.model_copy(update={"gathering": gathering})
    )
    go(workspace, clock, GATHER - timedelta(days=1), GATHER, REMIND, SEND)
    assert states(workspace)[Slot.SEND] is OccurrenceState.SKIPPED
    assert [subject.split("] ")[1] for _, subject, _ in outbox()] == [
        "No issue this week: 2026-11-27"
    ] * 2
    workspace.close()


def test_a_gather_that_fails_is_told_once_and_tried_again(weekly, clock, outbox, sample):
    workspace = weekly(notices={"mail_to": ["ops@example.net"]})
    (sample / "inbox").rename(sample / "elsewhere")
    go(workspace, clock, GATHER - timedelta(days=1), GATHER)
    go(workspace, clock, GATHER + timedelta(minutes=5), GATHER + timedelta(minutes=11))
    assert [(to, subject.split("] ")[1]) for to, subject, _ in outbox()] == [
        ("ops@example.net", "2026-11-27 could not be done")
    ]
    (sample / "elsewhere").rename(sample / "inbox")
    go(workspace, clock, GATHER + timedelta(minutes=25))
    assert states(workspace)[Slot.GATHER] is OccurrenceState.DONE


def test_a_mistake_of_ours_with_one_issue_is_told_and_stops_no_other(
    weekly, clock, outbox, monkeypatch, caplog
):
    workspace = weekly(notices={"mail_to": ["ops@example.net"]})
    gems = Schedule(gather="thursday 06:00", send="friday 09:00", list="gems")
    both = {"gems": gems} | workspace.settings.schedule
    workspace = replace(
        workspace, settings=workspace.settings.model_copy(update={"schedule": both})
    )
    real = scheduled_gather.gather

    def broken(workspace, slug, **more):
        if slug.endswith("gems"):
            raise LookupError("a mistake of ours, over ada@example.com")
        return real(workspace, slug, **more)

    monkeypatch.setattr(scheduled_gather, "gather", broken)
    go(workspace, clock, GATHER - timedelta(days=1), GATHER, GATHER + timedelta(minutes=11))
    assert states(workspace, f"{SLUG}-weekly")[Slot.GATHER] is OccurrenceState.DONE
    told = [mail for mail in outbox() if mail[0] == "ops@example.net"]
    assert [subject.split("] ")[1] for _, subject, _ in told] == [f"{SLUG}-gems could not be done"]
    assert "LookupError; the log of `newsletter serve` tells more" in told[0][2]
    assert "a mistake of ours" in caplog.text
    workspace.close()


def by_readers_time(workspace, **more):
    """The same workspace, its hours meant by readers' clocks: three are in Tokyo, two in Berlin."""
    table = schema.subscriber
    with writing(workspace.engine) as connection:
        for zone, ids in (("Asia/Tokyo", (1, 2, 3)), ("Europe/Berlin", (4, 5))):
            connection.execute(update(table).where(table.c.id.in_(ids)).values(time_zone=zone))
    changed = workspace.settings.sending.model_copy(update={"reader_time": True, **more})
    return replace(workspace, settings=workspace.settings.model_copy(update={"sending": changed}))


def readers_mailed(outbox):
    return sum(to.startswith("reader") for to, _, _ in outbox())


def test_by_readers_clocks_it_is_frozen_before_the_hour_comes_for_the_first_of_them(
    weekly, clock, outbox, subscribe
):
    subscribe(6)
    workspace = by_readers_time(weekly())
    go(workspace, clock, GATHER - timedelta(days=1), GATHER)
    write_and_approve(workspace)
    earliest = SEND - timedelta(hours=19)  # in New York it is 13:00, on Kiritimati 08:00 tomorrow
    go(workspace, clock, earliest - timedelta(seconds=1))
    assert sent(workspace) == ()
    go(workspace, clock, earliest)
    assert [one.state for one in sent(workspace)] == [CampaignState.FROZEN]
    tokyo, berlin = SEND - timedelta(hours=14), SEND - timedelta(hours=6)
    for moment, people in ((tokyo, 3), (berlin, 5), (SEND, 6)):
        go(workspace, clock, moment - timedelta(minutes=1))
        assert readers_mailed(outbox) < people
        go(workspace, clock, moment)
        assert readers_mailed(outbox) == people
    assert states(workspace) == dict.fromkeys(Slot, OccurrenceState.DONE)
    assert [one.state for one in sent(workspace)] == [CampaignState.DONE]
    workspace.close()


def test_by_readers_clocks_nobody_is_told_before_the_publications_own_hour(
    weekly, clock, outbox, subscribe
):
    subscribe(6)
    workspace = by_readers_time(weekly(remind=None))
    go(workspace, clock, GATHER - timedelta(days=1), GATHER)
    proofs = len(outbox())
    go(workspace, clock, SEND - timedelta(hours=19), SEND - timedelta(seconds=1))
    assert len(outbox()) == proofs
    go(workspace, clock, SEND)
    assert "was not sent" in outbox()[-1][1]
    write_and_approve(workspace)
    go(workspace, clock, SEND + timedelta(minutes=1))
    assert readers_mailed(outbox) == 1  # in Berlin it is 14:01, and in Tokyo 22:01
    go(workspace, clock, SEND + timedelta(hours=10), SEND + timedelta(hours=18))
    assert readers_mailed(outbox) == 6  # it is 08:00 there on Saturday
    workspace.close()


def test_what_the_provider_keeps_before_the_hour_is_frozen_as_much_earlier(
    weekly, clock, subscribe
):
    subscribe(2)
    workspace = weekly(remind=None)
    changed = workspace.settings.sending.model_copy(update={"hold_for": timedelta(hours=2)})
    workspace = replace(
        workspace, settings=workspace.settings.model_copy(update={"sending": changed})
    )
    clock.moment = GATHER - timedelta(days=1)
    keep_rhythm(workspace)
    clock.moment = GATHER
    keep_rhythm(workspace)
    write_and_approve(workspace)
    for early, campaigns_ in ((timedelta(hours=2, seconds=1), 0), (timedelta(hours=2), 1)):
        clock.moment = SEND - early
        keep_rhythm(workspace)
        assert len(sent(workspace)) == campaigns_
    assert sent(workspace)[0].send_at == SEND
    workspace.close()


def test_a_folder_that_a_crash_left_empty_becomes_the_issue(weekly, clock):
    workspace = weekly()
    go(workspace, clock, GATHER - timedelta(days=1))
    (workspace.issues / SLUG).mkdir()
    (workspace.issues / SLUG / ".issue.md.abc").write_text("half of it")
    go(workspace, clock, GATHER)
    assert states(workspace)[Slot.GATHER] is OccurrenceState.DONE
    assert "A bench is free" in (workspace.issues / SLUG / "issue.md").read_text()


def test_a_gather_that_is_told_to_stop_is_due_again_at_once(weekly, clock):
    workspace, stopping = weekly(), threading.Event()
    go(workspace, clock, GATHER - timedelta(days=1))
    clock.moment = GATHER

    class Soon(threading.Event):
        """Set from the second look on: the tick has begun."""

        looks = 0

        def is_set(self):
            self.looks += 1
            return self.looks > 1

    keep_rhythm(workspace, Soon())
    assert states(workspace)[Slot.GATHER] is OccurrenceState.DUE
    keep_rhythm(workspace, stopping)
    assert states(workspace)[Slot.GATHER] is OccurrenceState.DONE


def test_an_hour_that_is_not_to_be_believed_brings_nothing(weekly, clock):
    workspace = weekly()
    go(workspace, clock, GATHER - timedelta(days=1))
    clock.moment = GATHER
    keep_rhythm(workspace, may=lambda: clock.now() < GATHER)
    assert states(workspace)[Slot.GATHER] is OccurrenceState.DUE


def test_f38_a_machine_that_was_off_at_the_hour_sends_within_the_grace_or_not_at_all(
    weekly, clock, subscribe
):
    subscribe(3)
    workspace = weekly()
    go(workspace, clock, GATHER - timedelta(days=1), GATHER)
    write_and_approve(workspace)
    go(workspace, clock, SEND + timedelta(days=3))
    assert sent(workspace) == ()
    assert states(workspace)[Slot.SEND] is OccurrenceState.MISSED


def test_f38_a_laptop_that_wakes_up_within_the_grace_sends_at_once(weekly, clock, subscribe):
    subscribe(3)
    workspace = weekly()
    go(workspace, clock, GATHER - timedelta(days=1), GATHER)
    write_and_approve(workspace)
    go(workspace, clock, SEND + timedelta(hours=3))
    assert [one.state for one in sent(workspace)] == [CampaignState.DONE]


@pytest.mark.parametrize(("back", "campaigns_"), [(SEND, 1), (SEND + timedelta(days=2), 0)])
def test_f39_after_three_weeks_off_there_is_no_burst(
    weekly, clock, outbox, subscribe, back, campaigns_
):
    subscribe(3)
    workspace = weekly()
    slugs = ["2026-11-06", "2026-11-13", "2026-11-20", SLUG]
    clock.moment = datetime(2026, 11, 2, 12, tzinfo=UTC)
    keep_rhythm(workspace)
    for slug in slugs:
        if not (workspace.issues / slug).exists():
            editing.new_issue(workspace, slug)
        write_and_approve(workspace, slug)
    go(workspace, clock, back, back + timedelta(minutes=1))
    assert len(sent(workspace)) == campaigns_
    missed = [slug for slug in slugs if states(workspace, slug)[Slot.SEND] == "missed"]
    assert missed == (slugs[:3] if campaigns_ else slugs)
    told = [mail for mail in outbox() if "was missed" in mail[1]]
    assert len(told) == 2  # one notice, to two editors, names them all
    assert all(slug in told[0][2] for slug in missed)


def test_f40_f41_both_changes_of_the_clock_fire_once(weekly, clock, subscribe):
    subscribe(3)
    workspace = weekly(send="sunday 02:30", gather=None, remind=None)
    zone = workspace.settings.publication.model_copy(update={"timezone": "Europe/Berlin"})
    workspace = replace(
        workspace, settings=workspace.settings.model_copy(update={"publication": zone})
    )
    for day, first in (
        ("2027-03-28", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        ("2027-10-31", datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
    ):
        clock.moment = first - timedelta(days=2)
        editing.new_issue(workspace, day)
        write_and_approve(workspace, day)
        known = len(sent(workspace))
        go(workspace, clock, clock.moment, first - timedelta(seconds=1))
        assert len(sent(workspace)) == known
        for minutes in range(0, 240, 10):
            go(workspace, clock, first + timedelta(minutes=minutes))
        assert len(sent(workspace)) == known + 1
        assert sent(workspace)[0].send_at == first
    workspace.close()


def test_f42_a_clock_that_goes_back_fires_nothing_again(weekly, clock, outbox, subscribe):
    subscribe(3)
    workspace = weekly()
    go(workspace, clock, GATHER - timedelta(days=1), GATHER)
    write_and_approve(workspace)
    go(workspace, clock, SEND)
    mails = len(outbox())
    for back in (SEND - timedelta(days=1), GATHER, SEND, SEND - timedelta(seconds=5), SEND):
        go(workspace, clock, back)
    assert len(outbox()) == mails
    assert len(sent(workspace)) == 1


def test_f43_new_rules_of_a_zone_move_what_was_planned(weekly, clock, tmp_path, subscribe, request):
    """The zone's file is exchanged for another's between planning and firing."""
    subscribe(3)
    workspace = weekly(gather=None, remind=None)
    request.addfinalizer(lambda: (reset_tzpath(), ZoneInfo.clear_cache()))
    go(workspace, clock, clock.moment)
    editing.new_issue(workspace, SLUG)
    write_and_approve(workspace)
    import tzdata

    rules = tmp_path / "America" / "New_York"
    rules.parent.mkdir()
    with open(f"{tzdata.__path__[0]}/zoneinfo/America/Chicago", "rb") as other:  # noqa: PTH123
        rules.write_bytes(other.read())
    reset_tzpath([str(tmp_path)])
    ZoneInfo.clear_cache()
    go(workspace, clock, SEND)
    assert sent(workspace) == ()
    (line,) = (line for line in timetable(workspace, 1) if line.issue == SLUG)
    assert (line.occurrence.at, line.moved_from) == (SEND + timedelta(hours=1), SEND)
    go(workspace, clock, SEND + timedelta(hours=1), SEND + timedelta(hours=2))
    assert [one.send_at for one in sent(workspace)] == [SEND + timedelta(hours=1)]


def test_an_hour_that_is_changed_in_the_settings_moves(weekly, clock):
    go(weekly(), clock, clock.moment)
    later = weekly(send="friday 10:00")
    go(later, clock, clock.moment)
    (line,) = (
        one for one in timetable(later, 1) if one.occurrence.slot is Slot.SEND and one.issue == SLUG
    )
    assert (line.occurrence.at, line.moved_from) == (SEND + timedelta(hours=2), SEND)


def test_what_is_taken_out_of_the_schedule_does_not_happen(weekly, clock):
    go(weekly(), clock, clock.moment)
    without = weekly(skip=("2026-11-27",))
    go(without, clock, clock.moment, GATHER, SEND)
    assert states(without) == {}
    assert not (without.issues / SLUG).exists()
    assert "taken out by skip" in {line.what for line in timetable(without, 1)}


def test_a_new_schedule_does_not_catch_up_on_its_past(weekly, clock, outbox):
    workspace = weekly()
    go(workspace, clock, SEND + timedelta(hours=1))
    assert states(workspace) == {}
    assert outbox() == []


def test_two_schedules_keep_their_issues_apart(weekly, clock):
    workspace = weekly()
    both = workspace.settings.schedule | {
        "gems": Schedule(gather="thursday 07:00", send="friday 09:00", list="gems")
    }
    workspace = replace(
        workspace, settings=workspace.settings.model_copy(update={"schedule": both})
    )
    go(workspace, clock, clock.moment, GATHER, GATHER + timedelta(hours=1))
    assert "list: weekly" in (workspace.issues / f"{SLUG}-weekly" / "issue.md").read_text()
    assert "list: gems" in (workspace.issues / f"{SLUG}-gems" / "issue.md").read_text()
    workspace.close()


def test_what_nobody_begins_is_overdue(weekly, clock):
    workspace = weekly()
    go(workspace, clock, clock.moment)
    clock.moment = GATHER + timedelta(minutes=4)
    assert not any(line.overdue for line in timetable(workspace, 1))
    clock.moment = GATHER + timedelta(minutes=6)
    assert [line.overdue for line in timetable(workspace, 1)].count(True) == 1
