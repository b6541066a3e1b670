"""`doctor --live` and `doctor --mail`, as an operator goes through them."""

from __future__ import annotations

import pytest

from newsletter.config import SENDGRID_KEY
from newsletter.providers.simulator.server import Simulator

TO = ("--to", "ada@example.com", "--to", "bob@example.org")


@pytest.fixture
def through_sendgrid(sample, tmp_path, clock, randomness):
    """The sample's config.yaml names SendGrid, at a stand-in's address."""
    with Simulator(tmp_path / "simulator", clock=clock, randomness=randomness) as simulator:
        config = sample / "config.yaml"
        text = config.read_text(encoding="utf-8")
        sending = f"sending: {{provider: sendgrid, sendgrid: {{host: '{simulator.url}'}}}}"
        config.write_text(
            text.replace("sending: {provider: outbox, batch_size: 500}", sending), encoding="utf-8"
        )
        yield simulator


def test_trials_are_begun_one_by_one_and_asked_for_when_due(run, through_sendgrid):
    key = {SENDGRID_KEY: "SG.test"}
    first = run("doctor", "--live", *TO, text="y\nn\nn\ny\nyes\nall fine\nn\nn\nn\nn\ny\n", **key)
    assert first.exit_code == 1, first.output
    assert "SendGrid: the cancel is confirmed" in first.output
    assert "SendGrid: 10 at once" in first.output
    assert "all fine" in first.output
    second = run("doctor", "--live", *TO, text="n\n" * 9, **key)
    assert "Submits a mail now." not in second.output
    assert "passed" in second.output


def test_two_mailboxes_are_asked_for(run, through_sendgrid):
    asked = run("doctor", "--live", **{SENDGRID_KEY: "SG.test"})
    assert (asked.exit_code, "--to" in asked.output) == (2, True)


def test_mail_from_the_outbox_lacks_only_its_signature(run, sample):
    run("test", "2026-11-20", "--to", "ada@example.com")
    (mail,) = (sample / ".newsletter" / "outbox").rglob("*.eml")
    looked = run("doctor", "--mail", mail)
    assert looked.exit_code == 1
    assert looked.output.count("error") == 1
    assert "there is none; authenticate the domain" in " ".join(looked.output.split())
