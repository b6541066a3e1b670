"""The simulator's events: a story that is the same for a seed, read back by our own webhook."""

from __future__ import annotations

import stat
from collections import Counter

import orjson
import pytest

from newsletter.domain.event import EventKind
from newsletter.errors import NewsletterError
from newsletter.providers.sendgrid.webhook import public_key, read_events, verify
from newsletter.providers.simulator.events import Rates, Signer, Story, events_of
from newsletter.providers.simulator.ledger import Acceptance, Person

NOTHING = Rates(
    dropped=0,
    bounced=0,
    blocked=0,
    opened=0,
    clicked=0,
    complained=0,
    unsubscribed=0,
    deferred=0,
)


LINKS = tuple(f"https://example.com/{n}" for n in range(10))


def acceptance(people=2000, **changes):
    values = {
        "message_id": "m1",
        "at": 1_795_770_000,
        "attempt": "a" * 32,
        "campaign": "c41",
        "batch_id": "",
        "send_at": None,
        "categories": ("newsletter", "c41"),
        "people": tuple(Person(f"r{n}@example.org", str(n)) for n in range(people)),
        "opens": True,
        "links": LINKS,
    }
    return Acceptance(**(values | changes))


def kinds(events):
    return Counter(event["event"] for event in events)


def test_same_seed_tells_the_same_story():
    first, second = (events_of([acceptance()], Story(seed="7")) for _ in range(2))
    assert first == second
    assert first != events_of([acceptance()], Story(seed="8"))


def test_without_rates_everything_is_delivered():
    assert kinds(events_of([acceptance(5)], Story(rates=NOTHING))) == {
        "processed": 5,
        "delivered": 5,
    }


@pytest.mark.parametrize(
    ("tracked", "noted"),
    [
        ({"opens": False, "links": ()}, set()),
        ({"opens": True, "links": ()}, {"open"}),
        ({"opens": False}, {"click"}),
        ({}, {"open", "click"}),
    ],
)
def test_opens_and_clicks_are_told_of_tracked_mail_alone(tracked, noted):
    everything = Story(rates=Rates(opened=1.0, clicked=1.0))
    found = set(kinds(events_of([acceptance(200, **tracked)], everything)))
    assert found & {"open", "click"} == noted
    assert "delivered" in found


def test_what_is_told_beside_is_the_same_for_tracked_mail_and_for_other():
    def told(**tracked):
        events = events_of([acceptance(**tracked)], Story())
        return [event for event in events if event["event"] not in ("open", "click")]

    assert told() == told(opens=False, links=())


def test_readers_follow_the_links_of_their_mail_and_the_first_ones_most():
    told = events_of([acceptance()], Story(rates=Rates(clicked=1.0)))
    followed = Counter(event["url"] for event in told if event["event"] == "click")
    assert set(followed) == set(LINKS)
    assert max(followed, key=followed.get) == LINKS[0]


def test_every_mail_ends_in_exactly_one_way():
    counts = kinds(events_of([acceptance()], Story(rates=Rates(dropped=0.1, bounced=0.2))))
    assert counts["dropped"] + counts["bounce"] + counts["delivered"] == 2000
    assert counts["processed"] == counts["bounce"] + counts["delivered"]


@pytest.mark.parametrize(
    ("rate", "kind"),
    [
        ("dropped", "dropped"),
        ("bounced", "bounce"),
        ("blocked", "bounce"),
        ("opened", "open"),
        ("clicked", "click"),
        ("complained", "spamreport"),
        ("unsubscribed", "unsubscribe"),
        ("deferred", "deferred"),
    ],
)
def test_rates_are_kept(rate, kind):
    names = dict.fromkeys(Rates.__slots__, 0.0) | {rate: 0.25}
    found = kinds(events_of([acceptance()], Story(rates=Rates(**names))))[kind]
    assert 430 < found < 570


def test_repeats_keep_their_id_and_a_shuffle_loses_none():
    plain = events_of([acceptance(300)], Story())
    told = events_of([acceptance(300)], Story(repeated=0.3, shuffled=True))
    ids = [event["sg_event_id"] for event in told]
    assert len(ids) > len(set(ids)) == len(plain)
    assert sorted(set(ids)) == sorted(event["sg_event_id"] for event in plain)
    assert ids[: len(plain)] != [event["sg_event_id"] for event in plain]


def test_events_of_a_planned_mail_come_after_its_time():
    events = events_of([acceptance(1, send_at=1_795_773_600)], Story(rates=NOTHING))
    assert min(event["timestamp"] for event in events) > 1_795_773_600


def test_key_is_kept_for_its_owner_only(tmp_path):
    path = tmp_path / "key.pem"
    assert Signer(path).public_key == Signer(path).public_key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_broken_key_file_is_named(tmp_path):
    path = tmp_path / "key.pem"
    path.write_text("garbage")
    with pytest.raises(NewsletterError, match=r"key.pem: .*move the file away"):
        Signer(path)


def test_signature_is_one_that_our_webhook_takes(tmp_path):
    signer = Signer(tmp_path / "key.pem")
    headers = signer.headers("1795770000", b"[]")
    assert verify(
        public_key(signer.public_key),
        signature=headers["X-Twilio-Email-Event-Webhook-Signature"],
        timestamp=headers["X-Twilio-Email-Event-Webhook-Timestamp"],
        body=b"[]",
    )


def test_bounces_are_permanent_and_blocks_are_not():
    told = events_of([acceptance()], Story(rates=Rates(bounced=0.2, blocked=0.2)))
    batch = read_events(orjson.dumps(told))
    bounced = [event for event in batch.events if event.kind is EventKind.BOUNCED]
    assert batch.unreadable == ()
    assert 300 < sum(event.permanent for event in bounced) < 500
    assert 300 < sum(not event.permanent for event in bounced) < 500
    assert {event.attempt for event in batch.events} == {"a" * 32}
    assert {event.delivery for event in batch.events} == set(range(2000))
