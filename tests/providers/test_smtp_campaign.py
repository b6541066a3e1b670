"""A campaign through a real mail server that loses answers: nobody twice, nobody lost (F11-F13)."""

from __future__ import annotations

import base64
import random
from collections import Counter
from dataclasses import replace

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from sqlalchemy import select

from newsletter.config import SMTP_PASSWORD, Dkim
from newsletter.domain.campaign import DELIVERY_OF_BATCH, CampaignState
from newsletter.store import schema
from newsletter.store.engine import reading
from newsletter.usecases import planning, rendering, sending
from newsletter.usecases.mailcheck import check_mail

SLUG = "2026-11-20"
PEOPLE = 120
FAULTS = {
    "at_content": ["+lost", "-lost", "+half", "452 no room"],
    "at_rcpt": ["-lost", "450 grey"],
}


class Once(dict):
    """Each fault happens once, as networks have it."""

    def get(self, key, default=None):
        return self.pop(key, default)


@pytest.fixture
def through_smtp(open_workspace, sample, mail_server, certificates, monkeypatch, tmp_path):
    """The workspace once its config.yaml names a mail server, and that server."""
    ours, trusting = certificates
    server = mail_server(tls_context=ours, login=("desk", "right"))
    monkeypatch.setattr("ssl.create_default_context", lambda: trusting)
    config = sample / "config.yaml"
    text = config.read_text(encoding="utf-8")
    account = f"{{host: localhost, port: {server.port}, user: desk}}"
    config.write_text(
        text.replace(
            "sending: {provider: outbox, batch_size: 500}",
            f"sending: {{provider: smtp, batch_size: 25, smtp: {account}}}",
        ),
        encoding="utf-8",
    )
    return open_workspace(**{SMTP_PASSWORD: "right"}), server


def states(workspace):
    """Address → where its delivery stands."""
    people, batch = schema.delivery, schema.batch
    with reading(workspace.engine) as connection:
        rows = connection.execute(
            select(people.c.address, people.c.ending, batch.c.state).join_from(
                people, batch, people.c.batch_id == batch.c.id
            )
        )
        return {address: ending or DELIVERY_OF_BATCH[state] for address, ending, state in rows}


def checked(mail, folder):
    file = folder / "received.eml"
    file.write_bytes(mail)
    return check_mail(file)


def run(workspace):
    rendering.approve(workspace, SLUG, by="Ada")
    plan = planning.plan_send(workspace, SLUG, list_key=None, segment=None)
    campaign = sending.freeze(workspace, plan, at=None, by="Ada")
    for _ in range(20):
        campaign = sending.dispatch(workspace, campaign)
        if campaign.state is not CampaignState.PAUSED:
            return campaign
    raise AssertionError(campaign.reason)


def test_campaign_ends_done_with_a_mail_for_everybody(through_smtp, subscribe):
    workspace, server = through_smtp
    subscribe(60)
    assert run(workspace).state is CampaignState.DONE
    assert sorted(address for address, _ in server.taken) == sorted(states(workspace))
    assert set(states(workspace).values()) == {"submitted"}


def test_mails_are_signed_with_the_key_of_the_workspace(through_smtp, subscribe, sample):
    workspace, server = through_smtp
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (sample / "dkim.pem").write_bytes(pem)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    signing = Dkim(selector="n1", domain="loupe.example.com", key_file="dkim.pem")
    account = workspace.settings.sending.smtp.model_copy(update={"dkim": signing})
    sending_by = workspace.settings.sending.model_copy(update={"smtp": account})
    signed = replace(
        workspace, settings=workspace.settings.model_copy(update={"sending": sending_by})
    )
    subscribe(3)
    assert run(signed).state is CampaignState.DONE
    signed.close()
    asked = []
    for _, mail in server.taken:
        assert dkim.verify(mail, dnsfunc=lambda name, **_: asked.append(name) or record)
        assert [one.level for one in checked(mail, sample)] == [None] * 3
    assert set(asked) == {b"n1._domainkey.loupe.example.com."}
    assert len(server.taken) == 3


@pytest.mark.parametrize("seed", range(3))
def test_no_fault_mails_anybody_twice_or_loses_anybody(through_smtp, subscribe, seed):
    workspace, server = through_smtp
    subscribe(PEOPLE)
    chance = random.Random(seed)
    for place, faults in FAULTS.items():
        setattr(server, place, Once())
        for number in chance.sample(range(1, PEOPLE + 1), 6):
            getattr(server, place)[f"reader{number}@example.com"] = chance.choice(faults)
    server.at_rcpt["reader7@example.com"] = "550 5.1.1 no such mailbox"
    lost = sum(fault[1:] in {"lost", "half"} for fault in server.at_content.values())
    run(workspace)
    stands = states(workspace)
    taken = Counter(address for address, _ in server.taken)
    by_state = {state: {one for one in stands if stands[one] == state} for state in stands.values()}
    assert max(taken.values()) == 1
    assert set(by_state) <= {"submitted", "unknown", "held", "rejected"}
    assert by_state["rejected"] == {"reader7@example.com"}
    assert by_state["submitted"] <= set(taken)
    doubted = by_state.get("unknown", set()) | by_state.get("held", set())
    assert set(taken) <= by_state["submitted"] | doubted
    assert len(doubted) <= lost
