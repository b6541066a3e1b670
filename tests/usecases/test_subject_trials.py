"""An issue that tries its subjects: what is approved, who gets which, and what the rest gets."""

from __future__ import annotations

import email
import email.policy
import multiprocessing
import os
from collections import Counter
from datetime import timedelta

import pytest

from newsletter import config, failpoints
from newsletter.app import SystemRandomness, Workspace
from newsletter.domain.campaign import CampaignState
from newsletter.domain.report import Verdict
from newsletter.domain.tally import Measure, Tally
from newsletter.errors import DeliveryError, IssueError
from newsletter.store import sums
from newsletter.store.engine import writing
from newsletter.usecases import (
    checking,
    control,
    planning,
    rendering,
    reporting,
    sending,
    subject_trials,
)
from newsletter.usecases.due import send_due
from newsletter.usecases.status import log, statuses

SLUG = "2026-11-20"
HOURS = timedelta(hours=4)


@pytest.fixture
def written(open_workspace, sample):
    """Open the workspace once its issue has these subjects, and tries them on 12 of 30."""

    def make(subjects):
        config = sample / "config.yaml"
        plain = "sending: {provider: outbox, batch_size: 500}"
        text = config.read_text(encoding="utf-8").replace(
            plain, plain[:-1] + ", subject_test: {share: 40%, after: 4h, least: 3}}"
        )
        config.write_text(text, encoding="utf-8")
        issue = sample / "issues" / SLUG / "issue.md"
        lines = issue.read_text(encoding="utf-8").replace("---\n", f"---\n{subjects}\n", 1)
        issue.write_text(lines, encoding="utf-8")
        return open_workspace()

    return make


@pytest.fixture
def trying(written, subscribe):
    """Two subjects, approved, and 30 readers."""
    subscribe(30)
    workspace = written('subjects: ["Gold falls", "What gold costs now"]')
    rendering.approve(workspace, SLUG, by="Ada")
    return workspace


def begin(workspace):
    plan = planning.plan_send(workspace, SLUG, list_key=None, segment=None)
    return sending.freeze(workspace, plan, at=workspace.clock.now(), by="Ada")


def clicked(workspace, campaign, version, people):
    tally = Tally()
    tally.counts[Measure.CLICKED, Verdict.HUMAN] = people
    with writing(workspace.engine) as connection:
        sums.add(connection, {(campaign.id, version): tally})


def letters(sample):
    """(subject, address) of every mail that left."""
    paths = sorted((sample / ".newsletter" / "outbox").rglob("*.eml"))
    mails = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths
    ]
    return [(str(mail["Subject"]), str(mail["To"])) for mail in mails]


def test_the_rest_gets_the_subject_that_won_and_nobody_two_mails(trying, sample, clock):
    campaign = begin(trying)
    send_due(trying)
    assert Counter(subject for subject, _ in letters(sample)) == {
        "Gold falls": 6,
        "What gold costs now": 6,
    }
    clicked(trying, campaign, "all~2", 4)
    clock.advance(HOURS.total_seconds() - 60)
    send_due(trying)
    assert len(letters(sample)) == 12
    clock.advance(60)
    send_due(trying)
    found = letters(sample)
    assert Counter(subject for subject, _ in found) == {
        "Gold falls": 6,
        "What gold costs now": 24,
    }
    assert len({address for _, address in found}) == 30
    (one,) = statuses(trying, SLUG)
    assert one.campaign.state is CampaignState.DONE
    assert (one.trial.chosen, one.trial.reason) == (2, "the best is taken, ahead perhaps by chance")
    assert [(tried.mailed, tried.answered) for tried in one.trial.subjects] == [(6, 0), (6, 4)]
    ((_, moves),) = log(trying, SLUG, routine=False)
    assert any(move.reason.startswith("subject 2 is chosen; clicks: 0 of 6") for move in moves)


def test_without_enough_to_choose_by_the_first_is_taken(trying, sample, clock):
    campaign = begin(trying)
    send_due(trying)
    clicked(trying, campaign, "all~2", 2)
    clock.advance(HOURS.total_seconds())
    send_due(trying)
    assert Counter(subject for subject, _ in letters(sample))["Gold falls"] == 24


def send_and_die(root, moment):
    failpoints.reach = failpoints.armed("trial:chosen=kill")
    here = Workspace(root, config.load(root), Standing(moment), SystemRandomness(), os.environ)
    send_due(here)


class Standing:
    """A clock that stands still."""

    def __init__(self, moment):
        self.moment = moment

    def now(self):
        return self.moment

    def sleep(self, seconds):
        raise AssertionError("nothing is waited for")


def test_a_kill_between_the_choice_and_the_rest_changes_nothing(trying, sample, clock, monkeypatch):
    campaign = begin(trying)
    send_due(trying)
    clicked(trying, campaign, "all~2", 4)
    clock.advance(HOURS.total_seconds())
    monkeypatch.setenv(config.SECRET_KEY, trying.secret.decode())
    process = multiprocessing.get_context("spawn").Process(
        target=send_and_die, args=(sample, clock.now())
    )
    process.start()
    process.join(60)
    assert process.exitcode == -9
    (one,) = statuses(trying, SLUG)
    assert one.trial.chosen is None
    assert one.accounting.states["planned"] == 18
    send_due(trying)
    assert Counter(subject for subject, _ in letters(sample))["What gold costs now"] == 24
    assert len({address for _, address in letters(sample)}) == 30


def test_status_says_what_the_others_wait_for_and_how_the_subjects_do_so_far(trying, clock):
    campaign = begin(trying)
    send_due(trying)
    clicked(trying, campaign, "all~2", 4)
    (one,) = statuses(trying, SLUG)
    assert one.waiting.until == one.waiting.since + HOURS
    assert one.waiting.why == "the trial of the subjects went first"
    assert one.trial.chosen is None
    assert [(tried.mailed, tried.answered) for tried in one.trial.subjects] == [(6, 0), (6, 4)]


@pytest.mark.parametrize("paused", [False, True])
def test_a_person_may_choose_before_the_time(trying, sample, paused):
    campaign = begin(trying)
    send_due(trying)
    if paused:
        control.pause(trying, control.Choice(SLUG), by="Ada")
    subject_trials.choose(trying, campaign, 2, by="Ada")
    if paused:
        send_due(trying)
        assert len(letters(sample)) == 12
        control.resume(trying, control.Choice(SLUG), by="Ada")
    send_due(trying)
    found = letters(sample)
    assert Counter(subject for subject, _ in found) == {"Gold falls": 6, "What gold costs now": 24}
    assert len({address for _, address in found}) == 30
    (one,) = statuses(trying, SLUG)
    assert (one.trial.chosen, one.trial.reason) == (2, "Ada chose it before the time")
    with pytest.raises(DeliveryError, match="“What gold costs now” is chosen already"):
        subject_trials.choose(trying, campaign, 1, by="Ada")


def test_there_must_be_somebody_who_waits_for_a_subject(trying):
    campaign = begin(trying)
    with pytest.raises(DeliveryError, match="is frozen, so there is nobody who waits"):
        subject_trials.choose(trying, campaign, 1, by="Ada")
    send_due(trying)
    with pytest.raises(DeliveryError, match=r"there is no subject 3 .* choose 1 to 2"):
        subject_trials.choose(trying, campaign, 3, by="Ada")
    control.cancel(trying, control.Choice(SLUG), by="Ada")
    with pytest.raises(DeliveryError, match="is cancelled, so there is nobody"):
        subject_trials.choose(trying, campaign, 1, by="Ada")


def test_the_report_tells_which_subject_was_chosen_and_withholds_a_few(trying, clock):
    campaign = begin(trying)
    send_due(trying)
    clicked(trying, campaign, "all~2", 4)
    clock.advance(HOURS.total_seconds())
    send_due(trying)
    (tried,) = reporting.report(trying, SLUG).trials
    assert tried.chosen == 2
    assert [(one.text, one.mailed, one.answered) for one in tried.subjects] == [
        ("Gold falls", 6, 0),
        ("What gold costs now", 6, None),
    ]


def test_an_approval_stands_for_every_subject(trying, sample):
    issue = sample / "issues" / SLUG / "issue.md"
    text = issue.read_text(encoding="utf-8")
    issue.write_text(text.replace("What gold costs now", "What gold cost"), encoding="utf-8")
    with pytest.raises(DeliveryError, match="has changed"):
        planning.plan_send(trying, SLUG, list_key=None, segment=None)


def test_every_subject_is_checked(written):
    workspace = written('subjects: ["Gold falls", "Re: what gold costs"]')
    found = [
        finding
        for finding in checking.check_issue(workspace, SLUG, offline=True).findings
        if finding.code == "subject-reply"
    ]
    assert [finding.message for finding in found] == ["“Re: what gold costs”: it begins with “Re:”"]


def test_too_few_readers_get_the_plain_subject(written, subscribe, sample):
    subscribe(5)
    workspace = written('subjects: ["Gold falls", "What gold costs now"]')
    rendering.approve(workspace, SLUG, by="Ada")
    begin(workspace)
    send_due(workspace)
    subjects = {subject for subject, _ in letters(sample)}
    assert len(letters(sample)) == 5
    assert subjects.isdisjoint({"Gold falls", "What gold costs now"})


@pytest.mark.parametrize(
    "subjects",
    [
        'subjects: "Gold falls"',
        'subjects: ["Gold falls"]',
        'subjects: ["Gold falls", "Gold  falls"]',
        'subjects: ["Gold falls", ""]',
        'subjects: ["a", "b", "c", "d", "e"]',
        'subjects: [{a: b}, "c"]',
    ],
)
def test_subjects_that_cannot_be_tried_are_refused_with_their_line(written, subjects):
    with pytest.raises(IssueError, match=r"issue\.md:2: “subjects” should be 2 to 4"):
        rendering.render_issue(written(subjects), SLUG)
