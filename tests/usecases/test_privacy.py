"""What is held on a person: shown whole, handed out whole, erased whole."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import insert, update

from newsletter.cli.output import json_text
from newsletter.domain.address import address_digest
from newsletter.errors import AudienceError
from newsletter.store import schema
from newsletter.store.engine import pepper, writing
from newsletter.usecases import privacy
from newsletter.usecases.suppressions import suppress

ADA = "reader1@example.com"


@pytest.fixture
def workspace(workspace, mailed, clock):
    """Three readers, mailed once; of the first there is consent with its words."""
    mailed(workspace.engine, 3)
    with writing(workspace.engine) as connection:
        digest = address_digest(pepper(connection), ADA)
        connection.execute(insert(schema.wording).values(hash="0" * 64, text="I agree."))
        connection.execute(
            insert(schema.consent).values(
                subscriber_id=1, digest=digest, list_key="weekly", kind="confirmed",
                at=clock.now(), source="form", wording="0" * 64, network="192.0.2.7",
            )
        )  # fmt: skip
        connection.execute(
            update(schema.subscriber)
            .where(schema.subscriber.c.id == 1)
            .values(name="Ada Lind", attributes={"city": "Turin"})
        )
    return workspace


def test_a_person_is_shown_with_where_they_stand(workspace):
    person = privacy.look_up(workspace, " READER1@Example.com ")
    assert (person.address, person.standing) == (ADA, "active")
    assert set(person.held) == {"subscriber", "subscription", "consent", "delivery"}


@pytest.mark.parametrize(
    ("happens", "standing"),
    [
        (lambda workspace: suppress(workspace, ADA, reason="by phone", by="Bea"), "suppressed"),
        (lambda workspace: privacy.erase(workspace, ADA, by="Bea"), "erased"),
        (
            lambda workspace: suppress(workspace, "x@example.com", reason="r", by="Bea"),
            "active",
        ),
    ],
)
def test_the_standing_tells_what_happened(workspace, happens, standing):
    happens(workspace)
    assert privacy.look_up(workspace, ADA).standing == standing


def test_nobody_is_said_to_be_nobody_without_the_address(workspace):
    with pytest.raises(AudienceError, match="nobody has this address") as caught:
        privacy.look_up(workspace, "cleo@example.com")
    assert "cleo@" not in str(caught.value)


def test_what_is_handed_out_is_whole_and_can_be_read_by_a_machine(workspace):
    handed = json.loads(json_text(privacy.hand_out(workspace, ADA)))
    (person,) = handed["held"]["subscriber"]
    assert (person["name"], person["attributes"]) == ("Ada Lind", {"city": "Turin"})
    assert set(person) == {column.name for column in schema.subscriber.c}
    (link,) = handed["held"]["consent"]
    assert (link["words"], link["network"]) == ("I agree.", "192.0.2.7")
    assert handed["held"]["delivery"][0]["issue"] == "issue-1"
    assert "reader2" not in json.dumps(handed)


def test_the_proof_of_consent_has_its_words_and_outlives_an_erasure(workspace):
    (link,) = privacy.prove_consent(workspace, ADA)
    assert (link["kind"], link["words"], link["subscriber_id"]) == ("confirmed", "I agree.", 1)
    privacy.erase(workspace, ADA, by="Bea")
    (left,) = privacy.prove_consent(workspace, ADA)
    assert left == link | {"subscriber_id": None, "network": None}


def test_an_erasure_tells_what_it_kept_and_why(workspace):
    erasure = privacy.erase(workspace, ADA, by="Bea")
    assert (erasure.erased.subscribers, erasure.erased.deliveries) == (1, 1)
    told = " ".join(erasure.kept)
    for word in ("digest of the address", "sums stay right", "proof", "backups"):
        assert word in told
    assert "SendGrid" not in told
    again = privacy.erase(workspace, ADA, by="Bea")
    assert sum(getattr(again.erased, name) for name in again.erased.__slots__) == 0


def test_mails_in_the_outbox_that_hold_the_address_are_reported(workspace):
    folder = workspace.state / "outbox" / "issue-1" / "batch"
    folder.mkdir(parents=True)
    mail = "To: {}\r\n\r\nHello\r\n"
    (folder / "0001-1.eml").write_text(mail.format("READER1@example.com"))
    (folder / "0002-2.eml").write_text(mail.format("reader2@example.com"))
    long = b"x" * (privacy._CHUNK - 10) + ADA.encode()  # across the border of two parts
    (folder / "0003-3.eml").write_bytes(long)
    erasure = privacy.erase(workspace, ADA, by="Bea")
    place = ".newsletter/outbox/issue-1/batch"
    assert erasure.files == (f"{place}/0001-1.eml", f"{place}/0003-3.eml")


def test_events_that_wait_are_folded_first_for_they_name_people(workspace):
    spool = workspace.state / "events"
    spool.mkdir()
    name = f"{1:020}-{2:01}-{'0' * 32}.post"
    body = b'["reader1@example.com"]'
    (spool / name).write_bytes(body)
    erasure = privacy.erase(workspace, ADA, by="Bea")
    assert erasure.erased.dead_letters == 1
    assert erasure.files == ()
    assert list(spool.glob("*.post")) == []


def test_the_file_of_the_database_holds_nothing_of_an_erased_person(workspace):
    database = workspace.state / "newsletter.db"
    privacy.erase(workspace, ADA, by="Bea")
    assert (workspace.state / "newsletter.db-wal").stat().st_size == 0
    content = database.read_bytes().lower()
    assert b"reader2@example.com" in content
    for word in (b"reader1@example.com", b"ada lind", b"turin", b"192.0.2.7"):
        assert word not in content


def test_with_sendgrid_the_operator_hears_of_its_part(through_sendgrid):
    erasure = privacy.erase(through_sendgrid, ADA, by="Bea")
    assert any("Data Erasure" in sentence for sentence in erasure.kept)
