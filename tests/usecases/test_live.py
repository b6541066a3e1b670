"""The live trials, against the simulator: what the API tells, what a person saw, what is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.errors import AudienceError, DeliveryError, WorkspaceError
from newsletter.providers.simulator.faults import Fault, FaultKind
from newsletter.usecases import live
from newsletter.usecases.trials import TRIALS

TO = ("ada@example.com", "bob@example.org")
BY_CODE = {trial.code: trial for trial in TRIALS}


def arrived(simulator):
    """Subject-free: how many mails would reach each mailbox."""
    people = [person.address for one in simulator.ledger.effective() for person in one.people]
    return {address: people.count(address) for address in TO}


@pytest.mark.parametrize(
    ("code", "each", "told", "passed"),
    [
        ("L1", 0, "the cancel is confirmed", None),
        ("L2", 1, "the cancel is confirmed", None),
        ("L3", 0, "the cancel is confirmed", None),
        ("L5", 1, "submitted", None),
        ("L6", 1, "submitted for later", None),
        ("L7", 1, "submitted for later", None),
        ("L8", 0, "refused, naming (1,)", None),
        ("L9", 0, "nothing is submitted", None),
    ],
)
def test_what_a_trial_does(through_sendgrid, simulator, code, each, told, passed):
    record = live.begin(through_sendgrid, BY_CODE[code], TO)
    assert (record.told, record.passed) == (told, passed)
    assert arrived(simulator) == dict.fromkeys(TO, each)
    assert live.records(through_sendgrid) == {code: record}


def test_number_of_cancels_is_counted(through_sendgrid):
    record = live.begin(through_sendgrid, BY_CODE["L4"], TO)
    assert record.told.startswith("10 at once; then: ")
    assert record.passed is True


def test_every_trial_of_the_list_is_there():
    assert sorted(BY_CODE) == [f"L{number}" for number in range(1, 10)]


def test_scheduled_mail_leaves_late_enough_to_be_recalled(through_sendgrid, simulator, clock):
    live.begin(through_sendgrid, BY_CODE["L6"], TO)
    (one,) = simulator.ledger.acceptances()
    assert one.send_at >= (clock.now() + timedelta(minutes=15)).timestamp()


def test_trouble_is_recorded_as_failed(through_sendgrid, simulator):
    simulator.faults.add(Fault(FaultKind.ERROR_503_AFTER))
    record = live.begin(through_sendgrid, BY_CODE["L5"], TO)
    assert record.passed is False
    assert "503" in record.told


def test_answers_are_kept_and_what_the_api_refuted_stays_so(through_sendgrid, simulator):
    seen = live.begin(through_sendgrid, BY_CODE["L1"], TO)
    simulator.faults.add(Fault(FaultKind.UNAUTHORIZED))
    refuted = live.begin(through_sendgrid, BY_CODE["L5"], TO)
    live.answer(through_sendgrid, seen, passed=True, note="no mail by ten")
    live.answer(through_sendgrid, refuted, passed=True)
    kept = live.records(through_sendgrid)
    assert (kept["L1"].passed, kept["L1"].note) == (True, "no mail by ten")
    assert kept["L5"].passed is False


def test_record_holds_no_address(through_sendgrid):
    live.begin(through_sendgrid, BY_CODE["L8"], TO)
    assert b"@" not in (through_sendgrid.state / "live.json").read_bytes()


def test_only_sendgrid_is_tried(workspace):
    with pytest.raises(DeliveryError, match="provider is outbox"):
        live.begin(workspace, BY_CODE["L1"], TO)


@pytest.mark.parametrize("given", [(), TO[:1], (TO[0], TO[0]), (*TO, "cleo@example.com")])
def test_two_mailboxes_are_needed(given):
    with pytest.raises(DeliveryError, match="--to"):
        live.mailboxes(given)


def test_mailbox_that_is_none_is_refused():
    with pytest.raises(AudienceError):
        live.mailboxes(("ada@example.com", "nobody"))


def test_foreign_file_is_not_overwritten(through_sendgrid):
    file = through_sendgrid.state / "live.json"
    file.write_text('{"something": "else"}')
    with pytest.raises(WorkspaceError, match="move it away"):
        live.begin(through_sendgrid, BY_CODE["L9"], TO)
    assert file.read_text() == '{"something": "else"}'
