"""What every EmailProvider promises, asked of each of them."""

from __future__ import annotations

import email
from email import policy

import pytest

from newsletter.errors import Refusal, Rejected
from newsletter.providers.outbox import OutboxProvider


class SendGridPost:
    """SendGrid, and the letters the simulator would deliver."""

    def __init__(self, provider, simulator):
        self.provider = provider
        self._simulator = simulator

    def letters_to(self, address):
        return [
            (letter.to, letter.subject, letter.text, letter.html, dict(letter.headers))
            for letter in self._simulator.letters_to(address)
        ]

    def accepted(self):
        return sum(len(one.people) for one in self._simulator.ledger.acceptances())


class OutboxPost:
    """The outbox, and the letters in its files."""

    def __init__(self, provider, folder):
        self.provider = provider
        self._folder = folder

    def _mails(self):
        return [
            email.message_from_bytes(path.read_bytes(), policy=policy.default)
            for path in self._folder.rglob("*.eml")
        ]

    def letters_to(self, address):
        return [
            (
                tuple(one.addr_spec for one in mail["To"].addresses),
                mail["Subject"],
                mail.get_body(("plain",)).get_content(),
                mail.get_body(("html",)).get_content(),
                dict(mail.items()),
            )
            for mail in self._mails()
            if address in mail["To"]
        ]

    def accepted(self):
        return len(list(self._folder.rglob("*.eml")))


@pytest.fixture(params=["sendgrid", "outbox"])
def post(request, tmp_path, clock):
    if request.param == "sendgrid":
        return SendGridPost(
            request.getfixturevalue("sendgrid"), request.getfixturevalue("simulator")
        )
    folder = tmp_path / "outbox"
    return OutboxPost(OutboxProvider(folder, clock), folder)


def test_mailing_is_accepted_once(post, make_mailing):
    receipt = post.provider.submit(make_mailing(4))
    assert receipt.status == 202
    assert receipt.reference
    assert post.accepted() == 4


def test_each_reader_gets_one_mail_with_the_values_that_are_theirs(post, make_mailing):
    post.provider.submit(make_mailing(12))
    ((to, subject, text, html, _),) = post.letters_to("reader2@example.org")
    assert to == ("reader2@example.org",)
    assert subject == "Good morning, R&D 2: Überfluss & gold"
    assert text.splitlines()[-1] == "Unsubscribe: https://example.com/u/word2"
    assert html.splitlines()[0] == "<p>Dear R&amp;D 2</p>"
    assert html.splitlines()[1] == '<a href="https://example.com/u/word2">Unsubscribe</a>'


def test_no_mail_holds_anothers_address_or_link(post, make_mailing):
    post.provider.submit(make_mailing(4))
    for number in range(4):
        (letter,) = post.letters_to(f"reader{number}@example.org")
        others = {0, 1, 2, 3} - {number}
        assert not any(f"reader{other}@" in repr(letter) for other in others)
        assert not any(f"/u/word{other}" in repr(letter) for other in others)


def test_one_click_headers_are_the_readers_own(post, make_mailing):
    post.provider.submit(make_mailing(4))
    ((*_, headers),) = post.letters_to("reader3@example.org")
    assert headers["List-Unsubscribe"] == "<https://example.com/u/word3>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Id"] == "<weekly.example.com>"


@pytest.mark.parametrize("count", [1, 150])
def test_small_and_large_batches_pass(post, make_mailing, count):
    post.provider.submit(make_mailing(count, html="-q7x1html--q7x3name-"))
    assert post.accepted() == count


def test_too_many_recipients_are_refused_and_nothing_is_accepted(post, make_mailing):
    with pytest.raises(Rejected) as caught:
        post.provider.submit(make_mailing(1001))
    assert caught.value.refusal is Refusal.SIZE
    assert post.accepted() == 0


def test_one_broken_recipient_is_named_and_nothing_is_accepted(post, make_mailing, make_recipient):
    people = [make_recipient(0), make_recipient(1, unsubscribe_url="https://x/\r\nX-Evil: 1")]
    with pytest.raises(Rejected) as caught:
        post.provider.submit(make_mailing(recipients=people))
    assert caught.value.refusal is Refusal.RECIPIENTS
    assert caught.value.positions == (1,)
    assert post.accepted() == 0


def test_broken_message_is_refused_and_nothing_is_accepted(post, make_mailing):
    with pytest.raises(Rejected) as caught:
        post.provider.submit(make_mailing(subject="Gold\r\nBcc: victim@example.org"))
    assert caught.value.refusal is Refusal.MESSAGE
    assert post.accepted() == 0
