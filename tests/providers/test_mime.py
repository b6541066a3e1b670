"""A reader's mail: the golden one, and that no issue and no value can break its encoding."""

from __future__ import annotations

import email
from datetime import UTC, datetime
from email import policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.mailing import Mailbox, Message, Recipient
from newsletter.domain.rendition import Part, Token
from newsletter.errors import Refusal, Rejected
from newsletter.providers.mime import MailForm, exchanged

ATTEMPT = "a" * 32
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
TOKEN = Token("xq1", "reader.name", Part.HTML)


@pytest.fixture
def fill(make_message, make_recipient, clock):
    def filled(recipient=None, **message):
        form = MailForm(make_message(**message))
        return form.filled(recipient or make_recipient(1), attempt=ATTEMPT, date=clock.now())

    return filled


def parsed(mail):
    return email.message_from_bytes(mail, policy=policy.default)


def body(mail, kind):
    return parsed(mail).get_body((kind,)).get_content().replace("\r\n", "\n")


def test_mail_is_the_golden_one(fill, make_recipient, golden):
    sender = Mailbox("desk@example.com", "Écrin, Bank <x@example.net>")
    golden("mail.eml", fill(make_recipient(7), sender=sender))


def test_message_id_carries_attempt_and_delivery(fill):
    assert parsed(fill())["Message-ID"] == f"<{ATTEMPT}.1001@example.com>"


def test_long_unsubscribe_link_stays_in_one_plain_line(fill, make_recipient):
    url = "https://example.com/u/" + "w" * 400
    assert f"List-Unsubscribe: <{url}>\r\n".encode() in fill(make_recipient(1, unsubscribe_url=url))


def test_html_of_one_endless_line_is_kept_whole(fill):
    html = "<p>Überfluss</p>" * 500
    mail = fill(html=html)
    assert body(mail, "html") == html + "\n"
    assert max(map(len, mail.split(b"\r\n"))) <= 78


def test_subject_that_looks_encoded_is_shown_as_it_is(fill):
    subject = "=?utf-8?q?a?= and more"
    assert parsed(fill(subject=subject))["Subject"] == subject


def test_long_subject_is_folded_and_kept(fill):
    subject = "Gold, stones and watches, " * 8 + "and more"
    mail = fill(subject=subject)
    assert parsed(mail)["Subject"] == subject
    assert max(map(len, mail.split(b"\r\n"))) <= 78


@pytest.mark.parametrize("name", ["", "Gems, Ltd", "Écrin", "=?utf-8?q?a?=", "Ü" * 15])
def test_senders_name_is_kept(fill, name):
    (sender,) = parsed(fill(sender=Mailbox("desk@example.com", name)))["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, "desk@example.com")


def test_value_that_looks_like_a_placeholder_stays_a_value(make_message, make_recipient):
    tokens = make_message().tokens
    recipient = make_recipient(1, values=("-q7x3name-", "u", "-q7x1html-", "s"))
    text = exchanged("-q7x1html- -q7x3name-", tokens, recipient, tokens[0].part)
    assert text == "-q7x3name- -q7x1html-"


@pytest.mark.parametrize(
    "broken",
    [
        {"subject": "Gold\r\nBcc: victim@example.org"},
        {"sender": Mailbox("desk@example.com", "Desk\nBcc: victim@example.org")},
        {"sender": Mailbox("no address")},
        {"reply_to": "desk@example.com\r\nBcc: victim@example.org"},
        {"list_id": "<weekly.example.com>\r\nX-Evil: 1"},
    ],
)
def test_header_that_would_break_is_refused(make_message, broken):
    with pytest.raises(Rejected) as caught:
        MailForm(make_message(**broken))
    assert caught.value.refusal is Refusal.MESSAGE


TEXT = st.text(st.sampled_from("ab .=é\t\n-") | st.characters(exclude_categories=["Cs", "Cc"]))


@given(before=TEXT, value=TEXT, after=TEXT)
def test_any_text_and_any_value_come_out_as_they_went_in(before, value, after):
    before, value, after = (text.replace(TOKEN.placeholder, "") for text in (before, value, after))
    html = f"{before}{TOKEN.placeholder}{after}"
    message = Message("c", Mailbox("desk@example.com"), "s", html, "t", (TOKEN,), "<l.example>")
    reader = Recipient("1", "reader@example.org", (value,), "https://example.com/u/1")
    mail = MailForm(message).filled(reader, attempt=ATTEMPT, date=NOON)
    assert body(mail, "html") == html.rstrip("\n").replace(TOKEN.placeholder, value) + "\n"
    assert max(map(len, mail.split(b"\r\n"))) <= 78
    assert mail.count(b"\n") == mail.count(b"\r\n")
    assert b"\r\n." not in mail
