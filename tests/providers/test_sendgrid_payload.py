"""The mail/send body: what stands in it, what is refused, and that the quick way is the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.config import Asm, SendGrid
from newsletter.domain.mailing import UNTRACKED, Mailbox, Mailing, Message, Recipient, Tracking
from newsletter.domain.rendition import Part, Token
from newsletter.errors import Refusal, Rejected
from newsletter.providers.sendgrid.payload import body, encoded, envelope, message_part
from newsletter.providers.simulator.rules import problems


def test_body_is_the_golden_one(make_mailing, golden):
    mailing = make_mailing(2, send_at=datetime(2026, 11, 27, 10, 53, tzinfo=UTC))
    pretty = orjson.dumps(body(mailing), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    golden("mail_send.json", pretty)


OPTIONS = SendGrid(
    host="https://api.eu.sendgrid.com",
    categories=("trade", "weekly digest"),
    ip_pool_name="marketing",
    asm=Asm(group_id=7, groups_to_display=(7, 9)),
    sandbox=True,
)


def test_body_with_the_accounts_options_is_the_golden_one(make_mailing, golden):
    pretty = orjson.dumps(
        body(make_mailing(1), OPTIONS), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    )
    golden("mail_send_options.json", pretty)


BOTH = Tracking.OPENS | Tracking.CLICKS


def test_tracked_body_is_the_golden_one(make_mailing, golden):
    tracked = replace(make_mailing(1), tracking=BOTH)
    pretty = orjson.dumps(body(tracked), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    golden("mail_send_tracked.json", pretty)


@pytest.mark.parametrize("tracking", [UNTRACKED, *Tracking, BOTH])
def test_what_is_noted_is_what_the_mailing_says(make_mailing, tracking):
    told = body(replace(make_mailing(), tracking=tracking))["tracking_settings"]
    assert told == {
        "click_tracking": {"enable": bool(tracking & Tracking.CLICKS), "enable_text": False},
        "open_tracking": {"enable": bool(tracking & Tracking.OPENS)},
        "subscription_tracking": {"enable": False},
        "ganalytics": {"enable": False},
    }


PERSONAL = (
    Token("https://xq1.invalid/0", "unsubscribe_url", Part.HTML),
    Token("https://xq2.invalid/0", "preferences_url", Part.HTML),
    Token("https://xq3.invalid/0", "unsubscribe_url", Part.TEXT),
    Token("xq4", "reader.name", Part.HTML),
)
PAGE = (
    '<a href="https://example.com/xq4">xq4</a>'
    '<a class="quiet" href="https://xq1.invalid/0">leave</a>'
    "<a href='https://xq2.invalid/0?lang=de'>choose</a>"
)


def test_the_links_by_which_readers_leave_and_choose_are_never_rewritten(make_message):
    message = make_message(html=PAGE, tokens=PERSONAL)
    tracked = message_part(message, tracking=Tracking.CLICKS)["content"][1]["value"]
    assert tracked == (
        '<a href="https://example.com/xq4">xq4</a>'
        '<a class="quiet" clicktracking=off href="https://xq1.invalid/0">leave</a>'
        "<a clicktracking=off href='https://xq2.invalid/0?lang=de'>choose</a>"
    )


@pytest.mark.parametrize("tracking", [UNTRACKED, Tracking.OPENS])
def test_where_no_clicks_are_noted_the_approved_bytes_are_sent(make_message, tracking):
    message = make_message(html=PAGE, tokens=PERSONAL)
    assert message_part(message, tracking=tracking)["content"][1]["value"] == PAGE


def test_options_keep_the_simulators_rules(make_mailing):
    most = SendGrid(
        categories=tuple(f"category {number}" for number in range(8)),
        ip_pool_name="p" * 64,
        asm=Asm(group_id=1, groups_to_display=tuple(range(1, 26))),
    )
    assert problems(body(make_mailing(2), most), now=0.0) == ()


def test_category_of_ours_is_not_named_twice(make_mailing):
    part = body(make_mailing(1, campaign="c41"), SendGrid(categories=("newsletter", "c41")))
    assert part["categories"] == ["newsletter", "c41"]


def test_joined_bytes_with_options_decode_to_the_plain_body(make_mailing):
    mailing = make_mailing(3)
    assert orjson.loads(encoded(mailing, envelope(mailing.message, OPTIONS))) == body(
        mailing, OPTIONS
    )


def test_joined_bytes_decode_to_the_plain_body(make_mailing):
    mailing = make_mailing(7)
    assert orjson.loads(encoded(mailing, envelope(mailing.message))) == body(mailing)


def test_body_keeps_the_simulators_rules(make_mailing):
    assert problems(body(make_mailing(1000)), now=0.0) == ()


def test_nobody_sees_anothers_address(make_mailing):
    people = body(make_mailing(50))["personalizations"]
    assert [len(person["to"]) for person in people] == [1] * 50
    assert all(list(person["to"][0]) == ["email"] for person in people)


def test_message_without_tokens_has_no_substitutions(make_mailing, make_recipient):
    mailing = make_mailing(recipients=[make_recipient(1, values=())], tokens=())
    assert "substitutions" not in body(mailing)["personalizations"][0]


def test_campaign_called_newsletter_is_one_category(make_mailing):
    assert body(make_mailing(campaign="newsletter"))["categories"] == ["newsletter"]


def test_idn_sender_is_written_in_ascii(make_mailing):
    sender = Mailbox("desk@bijoux-é.example", "Atelier Écrin")
    part = body(make_mailing(sender=sender, reply_to=None))
    assert part["from"] == {"email": "desk@xn--bijoux--hya.example", "name": "Atelier Écrin"}
    assert "reply_to" not in part


def test_more_than_a_thousand_recipients_are_refused_as_too_many(make_mailing):
    with pytest.raises(Rejected, match="1,001") as caught:
        body(make_mailing(1001))
    assert caught.value.refusal is Refusal.SIZE


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "Gold\r\nBcc: victim@example.org"},
        {"subject": "Gold\u2028silver"},
        {"subject": "Gold\x0bsilver"},
        {"subject": "Gold\x85silver"},
        {"subject": "  "},
        {"sender": Mailbox("desk@example.com", "Desk\nBcc: victim@example.org")},
        {"sender": Mailbox("desk@example.com", "Gems, Ltd")},
        {"sender": Mailbox("desk@example.com", "Gems; Ltd")},
        {"sender": Mailbox("dèsk@example.com")},
        {"sender": Mailbox("desk, boss@example.com")},
        {"sender": Mailbox("no address")},
        {"reply_to": "desk@example.com\r\nBcc: victim@example.org"},
        {"list_id": "<weekly.example.com>\r\nX-Evil: 1"},
        {"list_id": "<wéekly.example.com>"},
        {"campaign": "c41\n"},
        {"html": "\ud800"},
        {"tokens": (Token("-a-", "x", Part.HTML), Token("-a-", "y", Part.TEXT))},
    ],
)
def test_message_that_no_mail_can_carry_is_refused_as_a_whole(make_message, changes):
    with pytest.raises(Rejected) as caught:
        envelope(make_message(**changes))
    assert caught.value.refusal is Refusal.MESSAGE
    assert "victim" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"unsubscribe_url": "https://example.com/u\r\nX-Evil: 1"},
        {"unsubscribe_url": "https://example.com/u> , <mailto:x"},
        {"unsubscribe_url": "https://example.com/ü"},
        {"address": "lé@example.org"},
        {"address": "a@example.org\r\nBcc: b@example.org"},
        {"values": ("u", "u", "\ud800", "name")},
        {"values": ("u", "u", "name", "name\r\nBcc: b@example.org")},
    ],
)
def test_recipient_that_no_mail_can_carry_is_named_by_position(
    make_mailing, make_recipient, changes
):
    people = [make_recipient(0), make_recipient(1, **changes), make_recipient(2)]
    mailing = make_mailing(recipients=people)
    with pytest.raises(Rejected) as caught:
        encoded(mailing, envelope(mailing.message))
    assert caught.value.refusal is Refusal.RECIPIENTS
    assert caught.value.positions == (1,)
    assert "@" not in str(caught.value)


MOMENT = partial(datetime.fromtimestamp, tz=UTC)
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
opaque = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=20)


@given(
    html=words,
    text=words,
    campaign=opaque,
    people=st.lists(st.tuples(opaque, opaque, words), min_size=1, max_size=5),
    send_at=st.none() | st.integers(0, 2**31).map(MOMENT),
    tracking=st.sampled_from([UNTRACKED, *Tracking, BOTH]),
)
def test_quick_encoding_equals_the_plain_body(html, text, campaign, people, send_at, tracking):
    message = Message(
        campaign=campaign,
        sender=Mailbox("desk@example.com"),
        subject="Gold",
        html=html,
        text=text,
        tokens=(Token("-token-", "reader.name", Part.HTML),),
        list_id="<weekly.example.com>",
    )
    recipients = tuple(
        Recipient(delivery, f"{name}@example.org", (value,), f"https://example.com/{name}")
        for delivery, name, value in people
    )
    mailing = Mailing("attempt", message, recipients, send_at, tracking=tracking)
    shared = envelope(message, tracking=tracking)
    assert orjson.loads(encoded(mailing, shared)) == body(mailing)
