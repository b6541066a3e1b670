"""Confirmation mails through the stand-in for SendGrid: one a day at most, whatever it answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.config import SENDGRID_KEY
from newsletter.providers.simulator.faults import parse_fault
from newsletter.providers.simulator.server import Simulator
from newsletter.store import signups as store
from newsletter.store.engine import writing
from newsletter.usecases import signups
from newsletter.usecases.confirmations import PUT_OFF, mail_confirmations

DAY = 86400


@pytest.fixture
def sending(workspace, tmp_path, clock, randomness):
    """The sample, sending through a stand-in with these faults; and whom it took mail for."""
    running = []

    def make(*faults):
        simulator = Simulator(
            tmp_path / "simulator",
            clock=clock,
            randomness=randomness,
            faults=tuple(map(parse_fault, faults)),
        )
        running.append(simulator.__enter__())
        host = workspace.settings.sending.sendgrid.model_copy(update={"host": simulator.url})
        through = workspace.settings.sending.model_copy(
            update={"provider": "sendgrid", "sendgrid": host}
        )
        opened = replace(
            workspace,
            settings=workspace.settings.model_copy(update={"sending": through}),
            environment={**workspace.environment, SENDGRID_KEY: "SG.test"},
        )
        running.append(opened)

        def taken():
            return [one.address for each in simulator.ledger.effective() for one in each.people]

        return opened, taken

    yield make
    for one in reversed(running):
        one.close() if not isinstance(one, Simulator) else one.__exit__(None, None, None)


def ask(workspace, *names):
    word = signups.form_word(workspace, signups.EMBEDDED)
    for name in names:
        form = signups.Form(f"{name}@example.com", ("weekly",), "en", "yes", word)
        signups.ask(workspace, form, network="192.0.2.1")


def test_each_is_mailed_once_however_often_it_is_looked(sending):
    workspace, taken = sending()
    ask(workspace, "ada", "bob")
    assert [mail_confirmations(workspace) for _ in range(3)] == [2, 0, 0]
    assert taken() == ["ada@example.com", "bob@example.com"]


def test_a_busy_provider_is_asked_again_and_nobody_is_lost(sending, clock, caplog):
    workspace, taken = sending("429:2")
    ask(workspace, "ada", "bob")
    assert mail_confirmations(workspace) == 0
    for _ in range(4):
        clock.advance(PUT_OFF.total_seconds())
        mail_confirmations(workspace)
    assert sorted(taken()) == ["ada@example.com", "bob@example.com"]
    assert "confirmations wait" in caplog.text
    assert "@" not in caplog.text


@pytest.mark.parametrize("fault", ["500-before:1", "500-after:1"])
def test_a_lost_answer_waits_for_a_day(sending, clock, fault):
    workspace, taken = sending(fault)
    ask(workspace, "ada")
    assert mail_confirmations(workspace) == 0
    for _ in range(23):
        clock.advance(3600)
        ask(workspace, "ada")
        assert mail_confirmations(workspace) == 0
    clock.advance(3600)
    assert mail_confirmations(workspace) == 1
    assert len(taken()) == (2 if "after" in fault else 1)


def test_a_key_that_is_refused_loses_nobody(sending, clock):
    workspace, taken = sending("401:1")
    ask(workspace, "ada")
    assert mail_confirmations(workspace) == 0
    clock.advance(PUT_OFF.total_seconds())
    assert mail_confirmations(workspace) == 1
    assert taken() == ["ada@example.com"]


def test_an_address_that_is_refused_is_given_up_and_the_next_one_is_mailed(sending, clock):
    workspace, taken = sending("bad-address:1:0")
    ask(workspace, "ada", "bob")
    assert mail_confirmations(workspace) == 1
    clock.advance(2 * DAY)
    assert mail_confirmations(workspace) == 0
    assert taken() == ["bob@example.com"]


def test_a_kill_between_claim_and_mail_loses_nobody(sending, clock):
    workspace, taken = sending()
    ask(workspace, "ada")
    with writing(workspace.engine) as connection:  # and then the process was gone
        assert store.claim(connection, 1, clock.now(), most=3)
    assert mail_confirmations(workspace) == 0
    clock.advance(DAY)
    assert mail_confirmations(workspace) == 1
    assert taken() == ["ada@example.com"]


def test_each_reads_it_in_their_own_language(sending, workspace):
    word = signups.form_word(workspace, signups.EMBEDDED)
    for name, language in (("ada", "de"), ("bob", "fr"), ("cleo", "xx")):
        form = signups.Form(f"{name}@example.com", ("weekly",), language, "yes", word)
        signups.ask(workspace, form, network=None)
    assert mail_confirmations(workspace) == 3
    mails = [path.read_text() for path in (workspace.state / "outbox").rglob("*.eml")]
    (german,) = (mail for mail in mails if "ada@example.com" in mail)
    assert "Abonnement" in german
    (other,) = (mail for mail in mails if "cleo@example.com" in mail)
    assert "Confirm the subscription" in other
