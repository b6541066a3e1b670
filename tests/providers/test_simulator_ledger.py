"""The ledger: what was accepted survives, is counted right, and is never written twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.domain.mailing import SPECIMEN
from newsletter.errors import NewsletterError
from newsletter.providers.sendgrid.payload import body
from newsletter.providers.simulator.ledger import Ledger, Person


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "ledger.jsonl"


@pytest.fixture
def ledger(path):
    ledger = Ledger(path)
    yield ledger
    ledger.close()


@pytest.fixture
def accept(ledger, make_mailing):
    def accept(count=3, *, attempt="a" * 32, message_id="m1", **more):
        mailing = make_mailing(count, attempt=attempt)
        return ledger.accept(body(mailing) | more, message_id=message_id, at=1_795_770_000)

    return accept


def reopened(path):
    ledger = Ledger(path)
    ledger.close()
    return ledger


def test_acceptance_says_who_what_and_when(accept):
    acceptance = accept(2, send_at=1_795_773_600)
    assert acceptance.people == (
        Person("reader0@example.org", "1000"),
        Person("reader1@example.org", "1001"),
    )
    assert (acceptance.attempt, acceptance.campaign) == ("a" * 32, "c41")
    assert (acceptance.at, acceptance.send_at) == (1_795_770_000, 1_795_773_600)


def test_restart_keeps_everything(ledger, accept, path):
    ledger.give_batch("b1")
    ledger.give_batch("b2")
    accept(batch_id="b1")
    ledger.stop("b1", "cancel")
    ledger.stop("b2", "pause")
    ledger.resume("b2")
    again = reopened(path)
    assert again.acceptances() == ledger.acceptances()
    assert again.stopped() == {"b1": "cancel"}
    assert again.knows_batch("b2")
    assert again.summary() == ledger.summary()


def test_line_is_on_disk_before_accept_returns(accept, path):
    accept()
    assert path.read_bytes().count(b"\n") == 1
    accept(message_id="m2")
    assert path.read_bytes().count(b"\n") == 2


def test_torn_last_line_is_cut_off(accept, path):
    accept()
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:40])
    assert len(reopened(path).acceptances()) == 1
    assert path.read_bytes() == whole


def test_broken_line_in_the_middle_names_its_place(path):
    path.parent.mkdir()
    path.write_text("no JSON\n")
    with pytest.raises(NewsletterError, match=r"ledger.jsonl:1: .*move the file away"):
        Ledger(path)


def test_same_address_in_one_campaign_is_a_duplicate(ledger, accept):
    accept(2)
    assert ledger.duplicates() == {}
    accept(1, attempt="b" * 32, message_id="m2")
    assert ledger.duplicates() == {("c41", "reader0@example.org"): 2}


def test_a_test_mailed_twice_is_no_duplicate(ledger, make_mailing):
    mailing = make_mailing(1)
    test = replace(mailing, message=replace(mailing.message, campaign=SPECIMEN))
    for name in ("m1", "m2"):
        ledger.accept(body(test), message_id=name, at=1_795_770_000)
    assert ledger.summary()["campaigns"] == {SPECIMEN: 2}
    assert ledger.duplicates() == {}


def test_cancelled_batch_reaches_nobody(ledger, accept):
    ledger.give_batch("b1")
    accept(batch_id="b1")
    ledger.stop("b1", "cancel")
    accept(message_id="m2")
    assert ledger.duplicates() == {}
    assert ledger.summary() == {
        "requests": 2,
        "recipients": 6,
        "lost": 0,
        "stopped": 3,
        "duplicates": 0,
        "campaigns": {"c41": 3},
    }


def test_mail_with_a_foreign_batch_id_is_lost(ledger, accept):
    assert accept(batch_id="made-up").lost
    assert ledger.effective() == ()
    assert ledger.summary()["lost"] == 3


def test_eleventh_stop_is_refused(ledger):
    assert all(ledger.stop(f"b{number}", "cancel") for number in range(10))
    assert not ledger.stop("b10", "cancel")
    assert ledger.stop("b3", "pause")
    assert ledger.resume("b3")
    assert ledger.stop("b10", "cancel")
    assert not ledger.resume("unknown")
