"""The provider's events: believed only as signed (A90, A91, A94, A97, A99)."""

from __future__ import annotations

import base64

import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select
from starlette.testclient import TestClient

from newsletter.errors import ConfigError
from newsletter.providers.sendgrid.payload import ATTEMPT, DELIVERY
from newsletter.providers.sendgrid.webhook import SIGNATURE_HEADER, TIMESTAMP_HEADER
from newsletter.providers.simulator.events import Signer
from newsletter.store import schema
from newsletter.store.engine import reading
from newsletter.usecases import rendering, sending, subscribers
from newsletter.web.public import LARGEST_POST, public_app


@pytest.fixture
def campaign(workspace, client):
    """A campaign that went to both readers."""
    rendering.approve(workspace, "2026-11-20", by="Ada")
    plan = sending.plan_send(workspace, "2026-11-20", list_key=None, segment=None)
    return sending.dispatch(workspace, sending.freeze(workspace, plan, at=None))


@pytest.fixture
def reported(workspace, campaign):
    """A report of SendGrid about one reader's mail, as it comes in a post's body."""
    with reading(workspace.engine) as connection:
        attempt = connection.execute(select(schema.attempt.c.id)).scalar_one()

    def body(kind="delivered", *, reader=1, key="e1", **more):
        event = {
            "email": f"reader{reader}@example.com",
            "timestamp": 1795770000,
            "event": kind,
            "sg_event_id": key,
            DELIVERY: str(reader),
            ATTEMPT: attempt,
        }
        return orjson.dumps([event | more])

    return body


@pytest.fixture
def arrivals(workspace):
    def count():
        (status,) = sending.status(workspace, "2026-11-20")
        return {what: number for what, number in status.arrivals.items() if number}

    return count


def post(client, signer, body, *, timestamp="1795770100", sent=None, **headers):
    signed = signer.headers(timestamp, body) | headers
    return client.post("/events/sendgrid", headers=signed, content=body if sent is None else sent)


def test_a_signed_report_is_taken_in(client, signer, reported, arrivals):
    assert post(client, signer, reported()).status_code == 204
    assert arrivals() == {"delivered": 1, "none": 1}


def test_a_bounce_keeps_the_address_from_every_later_send(client, signer, reported, workspace):
    post(client, signer, reported("bounce", type="bounce", status="5.1.1"))
    assert subscribers.count_people(workspace).lists["weekly"].suppressed == 1


def test_the_same_post_again_changes_nothing(client, signer, reported, arrivals, clock):
    body = reported("open")
    post(client, signer, body)
    before = arrivals()
    clock.advance(3 * 86400)
    assert post(client, signer, body).status_code == 204
    assert arrivals() == before


@pytest.mark.parametrize("change", [b"\r\n", b" ", b"\n"])
def test_only_the_raw_bytes_are_believed(client, signer, reported, arrivals, change):
    body = reported()
    assert post(client, signer, body, sent=body + change).status_code == 403
    spaced = orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2)
    assert post(client, signer, body, sent=spaced).status_code == 403
    assert arrivals() == {"none": 2}


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({SIGNATURE_HEADER: ""}, id="no signature"),
        pytest.param({TIMESTAMP_HEADER: ""}, id="no timestamp"),
        pytest.param({SIGNATURE_HEADER: "?"}, id="no base64"),
        pytest.param({SIGNATURE_HEADER: "MAYCAQACAQA="}, id="zero and zero"),
        pytest.param({SIGNATURE_HEADER: "A" * 96}, id="no DER"),
        pytest.param({TIMESTAMP_HEADER: "1795770101"}, id="another moment"),
    ],
)
def test_a_post_that_is_not_the_providers_is_refused(client, signer, reported, arrivals, headers):
    assert post(client, signer, reported(), **headers).status_code == 403
    assert arrivals() == {"none": 2}


@pytest.mark.parametrize("body", [b"{}", b""])
def test_what_is_no_list_of_events_is_refused(client, signer, campaign, body):
    assert post(client, signer, body).status_code == 403


def test_a_post_signed_by_somebody_else_is_refused(client, reported, arrivals, tmp_path):
    assert post(client, Signer(tmp_path / "other.pem"), reported()).status_code == 403
    assert arrivals() == {"none": 2}


def test_no_headers_at_all_are_refused(client, reported, arrivals):
    assert client.post("/events/sendgrid", content=reported()).status_code == 403


def test_the_border_between_timestamp_and_body_cannot_be_moved(client, signer, reported, arrivals):
    body = reported()
    headers = signer.headers("1795770100", body) | {TIMESTAMP_HEADER: "17957701"}
    answer = client.post("/events/sendgrid", headers=headers, content=b"00" + body)
    assert answer.status_code == 403
    assert arrivals() == {"none": 2}


@pytest.mark.parametrize("body", [b"[" * 100_000, b"[1, null]", b'["\xff"]'])
def test_what_is_signed_but_cannot_be_read_is_taken_and_changes_nothing(
    client, signer, campaign, arrivals, body
):
    assert post(client, signer, body).status_code == 204
    assert arrivals() == {"none": 2}


def test_a_report_on_somebody_elses_address_does_not_count(client, signer, reported, arrivals):
    post(client, signer, reported(email="reader2@example.com"))
    assert arrivals() == {"none": 2}


def test_too_large_a_body_is_refused_before_it_is_verified(client, signer, campaign):
    body = b"[" + b" " * LARGEST_POST + b"]"
    assert post(client, signer, body).status_code == 413


def test_without_a_key_there_is_no_door_for_events(workspace, signer, subscribe):
    with TestClient(public_app(workspace, webhook_key=None)) as client:
        assert post(client, signer, b"[]").status_code == 404


def other_curve():
    key = ec.generate_private_key(ec.SECP384R1()).public_key()
    encoded = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(encoded).decode()


@pytest.mark.parametrize("key", ["key", "AAAA", other_curve()])
def test_a_key_that_is_none_stops_the_start(workspace, key):
    with pytest.raises(ConfigError, match="is not a verification key"):
        public_app(workspace, webhook_key=key)
