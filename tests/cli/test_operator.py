"""An operator's evening: look, pause, resume, cancel, resolve, read the log."""

from __future__ import annotations

import json
import re
import signal

import pytest

from newsletter.providers.simulator.faults import Fault, FaultKind

SLUG = "2026-11-20"
LATER = ("--at", "2099-01-01 08:00", "--yes")


@pytest.fixture
def scheduled(run, subscribe):
    """Three people, for a morning far away."""
    subscribe(3)
    run("approve", SLUG)
    assert run("send", SLUG, *LATER, "--by", "Ada").exit_code == 0


@pytest.fixture
def doubted(run, subscribe, simulator, through_sendgrid):
    """Three people of whom nobody knows whether they were mailed."""
    subscribe(3)
    run("approve", SLUG)
    simulator.faults.add(Fault(FaultKind.RESET_AFTER))
    assert run("send", SLUG, "--yes", **through_sendgrid).exit_code == 1


def state(run):
    (status,) = json.loads(run("status", SLUG, "--json").stdout)
    return status["campaign"]["state"]


def test_a_scheduled_send_is_moved_paused_and_resumed(run, scheduled):
    moved = run("send", SLUG, "--at", "2099-01-02 08:00", "--yes")
    assert "submits it at 2099-01-02 13:00 UTC" in moved.stdout
    assert run("pause", SLUG).stdout == f"{SLUG} to weekly is paused.\n"
    resumed = run("resume", SLUG, "--yes").stdout
    assert f"{SLUG} to weekly is frozen, for 2099-01-02 13:00 UTC." in resumed


def test_at_now_sends_what_was_scheduled(run, scheduled):
    result = run("send", SLUG, "--at", "now", "--yes")
    assert result.exit_code == 0
    assert state(run) == "done"


def test_status_says_what_a_campaign_waits_for(run, scheduled):
    told = run("status", SLUG).stdout
    assert re.search(
        r"It waits since [-0-9: ]+ UTC until 2099-01-01 13:00:00 UTC: its hour has not come\.", told
    )


def test_resume_needs_somebody_to_agree(run, scheduled):
    run("pause", SLUG)
    result = run("resume", SLUG)
    assert result.exit_code == 2
    assert "nobody is here to confirm; add --yes" in result.stderr
    assert state(run) == "paused"


def test_cancel_wants_the_issues_name_typed(told, run, scheduled):
    told_before = "would be given up"
    result = run("cancel", SLUG, text="yes\n")
    assert result.exit_code == 2
    assert told_before in result.stderr
    assert "nothing was changed, for “2026-11-20” was not typed" in result.stderr
    assert state(run) == "frozen"
    result = run("cancel", SLUG, text=f"{SLUG}\n")
    assert result.stdout == f"{SLUG} to weekly is cancelled. People: cancelled 3.\n"
    assert state(run) == "cancelled"


def test_the_log_names_who_and_why(run, scheduled):
    run("pause", SLUG, "--by", "Bea")
    (entry,) = json.loads(run("log", SLUG, "--json").stdout)
    assert [(one["actor"], one["after"]) for one in entry["moves"]] == [
        ("Ada", "frozen"),
        ("Bea", "paused"),
    ]
    assert "paused by Bea" in run("log", SLUG).stdout


@pytest.mark.parametrize("name", ["", " ", "x" * 101])
def test_a_name_the_log_cannot_keep_is_refused(run, scheduled, name):
    result = run("pause", SLUG, "--by", name)
    assert result.exit_code == 2
    assert "should be a name of 1 to 100 characters" in result.stderr
    assert state(run) == "frozen"


def test_routine_moves_are_told_when_asked_for(run, subscribe):
    subscribe(3)
    run("approve", SLUG)
    run("send", SLUG, "--yes")
    assert "batch" not in run("log", SLUG).stdout.partition("why")[2]
    assert run("log", SLUG, "--all").stdout.count("batch 0") == 2


def test_resolve_lists_and_decides(run, doubted, through_sendgrid):
    listed = run("resolve", SLUG, **through_sendgrid).stdout
    assert f"{SLUG} to weekly: in doubt" in listed
    assert "Of 0 mails of this campaign that were submitted, events report on 0" in listed
    why = ("--batch", "0", "--as", "submitted", "--why", "Activity shows them", "--by", "Ada")
    decided = run("resolve", SLUG, *why, **through_sendgrid)
    assert decided.stdout == "Batch 0: submitted, by the word of Ada; the campaign is done.\n"
    assert run("resolve", SLUG, **through_sendgrid).stdout == "Nothing is in doubt.\n"


def test_resend_says_what_it_costs_and_wants_the_word(run, doubted, simulator, through_sendgrid):
    again = ("resolve", SLUG, "--batch", "0", "--as", "resend", "--why", "they miss it")
    refused = run(*again, text="y\n", **through_sendgrid)
    assert refused.exit_code == 2
    assert "Up to 3 people may get it twice." in refused.stderr
    assert state(run) == "unsettled"
    assert run(*again, text="resend\n", **through_sendgrid).exit_code == 0
    assert run("send", SLUG, "--yes", **through_sendgrid).exit_code == 0
    assert sum(len(one.people) for one in simulator.ledger.effective()) == 6


@pytest.mark.parametrize(
    "arguments",
    [("--batch", "0"), ("--batch", "0", "--as", "cancel"), ("--batch", "0", "--why", "so")],
)
def test_a_decision_needs_its_word_and_its_reason(run, doubted, through_sendgrid, arguments):
    result = run("resolve", SLUG, *arguments, **through_sendgrid)
    assert result.exit_code == 2
    assert "a decision needs --as and --why" in result.stderr


def test_a_canary_goes_first_and_recall_reaches_what_the_provider_keeps(
    run, start, subscribe, through_sendgrid
):
    subscribe(25)
    run("approve", SLUG)
    kept = through_sendgrid | {"NEWSLETTER_SENDING__HOLD_FOR": "30m"}
    plan = run("send", SLUG, "--dry-run", NEWSLETTER_SENDING__CANARY__SIZE="20", **kept).stdout
    assert re.search(r"canary +20 people first, the others 20:00 later", plan)
    assert re.search(r"undo window +the provider keeps each mail 30:00", plan)
    assert run("send", SLUG, *LATER, **kept).exit_code == 0
    process = start("send", SLUG, "--at", "now", "--yes", **kept)
    watching = start("status", SLUG, "--watch", "--json", **kept)
    for line in watching.stdout:
        look = json.loads(line)
        if look["states"].get("scheduled") == 25 and look["waiting"]:
            break
    assert look["waiting"]["why"] == "the undo window is open"
    recalled = run("recall", SLUG, "--yes", "--json", **kept)
    assert recalled.exit_code == 0, recalled.output
    (done,) = json.loads(recalled.stdout)
    assert done["recalled"] == {"called_back": 25, "asked": 0, "too_late": 0, "under_way": 0}
    process.send_signal(signal.SIGINT)  # it would see it by itself, within seconds
    assert process.wait(60) == 1
    assert watching.wait(60) == 1
    assert state(run) == "cancelled"


def test_unlock_takes_an_issue_or_the_database(run, scheduled):
    for arguments in ((), (SLUG, "--taken-over")):
        assert run("unlock", *arguments).exit_code == 2
    result = run("unlock", SLUG)
    assert "no campaign of “2026-11-20” can be unlocked: weekly is frozen" in result.stderr


def test_a_database_taken_over_locks_what_could_send_until_a_person_unlocks_it(run, scheduled):
    taken = run("unlock", "--taken-over", "--by", "Ada", text="taken-over\n")
    assert taken.stdout == f"{SLUG} to weekly is locked.\n"
    refused = run("send", SLUG, "--yes")
    assert refused.exit_code == 2
    assert "then `newsletter unlock 2026-11-20`" in refused.stderr
    assert run("unlock", SLUG, text="unlock\n").stdout == f"{SLUG} to weekly is paused.\n"
