"""What every EmailProvider promises, asked of each of them."""

from __future__ import annotations

import email
import os
from email import policy

import pytest

from newsletter.errors import Busy, Partly, ProviderError, Refusal, Rejected, Uncertain
from newsletter.providers.outbox import OutboxProvider
from newsletter.providers.simulator.faults import Fault, FaultKind

SECRET = "SG.secret-of-the-contract"


class SendGridPost:
    """SendGrid on the simulator."""

    def __init__(self, request):
        self._simulator = request.getfixturevalue("simulator")
        connect = request.getfixturevalue("connect")
        self.provider = connect(self._simulator.url, key=SECRET)

    def letters_to(self, address):
        return [
            (letter.to, letter.subject, letter.text, letter.html, dict(letter.headers))
            for letter in self._simulator.letters_to(address)
        ]

    def accepted(self):
        return [
            person.address for one in self._simulator.ledger.acceptances() for person in one.people
        ]

    def refuse(self, number):
        self._simulator.faults.add(Fault(FaultKind.BAD_ADDRESS, value=number))

    def be_busy(self):
        self._simulator.faults.add(Fault(FaultKind.BUSY))

    def lose_answers(self):
        self._simulator.faults.add(Fault(FaultKind.RESET_AFTER))

    def be_closed(self):
        self._simulator.faults.add(Fault(FaultKind.UNAUTHORIZED))


class MailPost:
    """Where every mail is one file's worth of bytes."""

    def contents(self):
        raise NotImplementedError

    def letters_to(self, address):
        mails = [email.message_from_bytes(one, policy=policy.default) for one in self.contents()]
        return [
            (
                tuple(one.addr_spec for one in mail["To"].addresses),
                mail["Subject"],
                mail.get_body(("plain",)).get_content(),
                mail.get_body(("html",)).get_content(),
                dict(mail.items()),
            )
            for mail in mails
            if address in mail["To"]
        ]


class SmtpPost(MailPost):
    """A mail server, with a login over TLS."""

    def __init__(self, request):
        ours, trusting = request.getfixturevalue("certificates")
        login = ("desk", SECRET)
        self._server = request.getfixturevalue("mail_server")(
            tls_context=ours, require_starttls=True, login=login
        )
        self.provider = request.getfixturevalue("smtp")(
            self._server, security="starttls", user="desk", password=SECRET, context=trusting
        )

    def contents(self):
        return [content for _, content in self._server.taken]

    def accepted(self):
        return [address for address, _ in self._server.taken]

    def refuse(self, number):
        address = f"reader{number}@example.org"
        self._server.at_rcpt[address] = f"550 5.1.1 <{address}>: no such mailbox"

    def be_busy(self):
        self._server.at_mail = "451 4.3.2 <reader1@example.org>: later"

    def lose_answers(self):
        for number in range(4):
            self._server.at_content[f"reader{number}@example.org"] = "+lost"

    def be_closed(self):
        self._server.at_mail = "530 5.7.0 authenticate first, desk@example.com"


class OutboxPost(MailPost):
    """The outbox, and the mails in its files."""

    def __init__(self, request):
        self._folder = request.getfixturevalue("tmp_path") / "outbox"
        self._patch = request.getfixturevalue("monkeypatch")
        self.provider = OutboxProvider(self._folder, request.getfixturevalue("clock"))

    def contents(self):
        return [path.read_bytes() for path in self._folder.rglob("*.eml")]

    def accepted(self):
        return [
            email.message_from_bytes(content, policy=policy.default)["To"]
            for content in self.contents()
        ]

    def be_busy(self):
        self._folder.write_text("in the way")

    def lose_answers(self):
        flush = os.fsync

        def fail(handle):
            if self.contents() and not list(self._folder.rglob("*.partial")):
                raise OSError(5, "Input/output error")
            flush(handle)

        self._patch.setattr(os, "fsync", fail)


POSTS = {"sendgrid": SendGridPost, "smtp": SmtpPost, "outbox": OutboxPost}


@pytest.fixture(params=POSTS)
def post(request):
    return POSTS[request.param](request)


@pytest.fixture(params=["sendgrid", "smtp"])
def remote(request):
    """Those who may refuse what was not wrong to us."""
    return POSTS[request.param](request)


def fates(post, mailing):
    """Who was said to be accepted, refused, to be tried again, and in doubt, by place."""
    everybody = set(range(len(mailing.recipients)))
    told = {Rejected: set(), Busy: set(), Uncertain: set()}
    accepted = set()
    try:
        post.provider.submit(mailing)
        accepted = everybody
    except Partly as partly:
        for part in partly.parts:
            told[type(part)] |= set(part.positions)
        accepted = everybody.difference(*told.values())
    except ProviderError as error:
        told[type(error)] = set(error.positions) or everybody
        told[Busy] |= everybody.difference(*told.values())
    return accepted, told[Rejected], told[Busy], told[Uncertain]


def test_mailing_is_accepted_once(post, make_mailing):
    receipt = post.provider.submit(make_mailing(4))
    assert receipt.status in {202, 250}
    assert receipt.reference
    assert sorted(post.accepted()) == [f"reader{number}@example.org" for number in range(4)]


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


@pytest.mark.parametrize("count", [1, 90])
def test_small_and_large_batches_pass(post, make_mailing, count):
    post.provider.submit(make_mailing(count, html="-q7x1html--q7x3name-"))
    assert len(post.accepted()) == count


def test_too_many_recipients_are_refused_and_nothing_is_accepted(post, make_mailing):
    with pytest.raises(Rejected) as caught:
        post.provider.submit(make_mailing(1001))
    assert caught.value.refusal is Refusal.SIZE
    assert post.accepted() == []


def test_one_broken_recipient_is_named_and_nothing_is_accepted(post, make_mailing, make_recipient):
    people = [make_recipient(0), make_recipient(1, unsubscribe_url="https://x/\r\nX-Evil: 1")]
    with pytest.raises(Rejected) as caught:
        post.provider.submit(make_mailing(recipients=people))
    assert caught.value.refusal is Refusal.RECIPIENTS
    assert caught.value.positions == (1,)
    assert post.accepted() == []


def test_broken_message_is_refused_and_nothing_is_accepted(post, make_mailing):
    with pytest.raises(Rejected) as caught:
        post.provider.submit(make_mailing(subject="Gold\r\nBcc: victim@example.org"))
    assert caught.value.refusal is Refusal.MESSAGE
    assert post.accepted() == []


def test_reader_the_provider_refuses_is_named(remote, make_mailing):
    remote.refuse(2)
    mailing = make_mailing(4)
    accepted, refused, again, doubted = fates(remote, mailing)
    assert (refused, accepted | again, doubted) == ({2}, {0, 1, 3}, set())
    assert sorted(remote.accepted()) == [mailing.recipients[place].address for place in accepted]


def test_busy_provider_has_taken_nothing_and_may_be_asked_again(post, make_mailing):
    post.be_busy()
    with pytest.raises(Busy):
        post.provider.submit(make_mailing(2))
    assert post.accepted() == []


def test_account_that_may_not_send_is_told_as_such(remote, make_mailing):
    remote.be_closed()
    with pytest.raises(Rejected) as caught:
        remote.provider.submit(make_mailing(2))
    assert caught.value.refusal is Refusal.ACCOUNT
    assert remote.accepted() == []


def test_whoever_may_have_the_mail_is_never_offered_it_again(post, make_mailing):
    post.lose_answers()
    mailing = make_mailing(4)
    accepted, refused, again, doubted = fates(post, mailing)
    taken = {
        place for place, one in enumerate(mailing.recipients) if one.address in post.accepted()
    }
    assert taken <= doubted | accepted
    assert doubted
    assert taken.isdisjoint(refused | again)


@pytest.mark.parametrize("trouble", ["be_busy", "be_closed", "lose_answers"])
def test_errors_tell_no_secret_and_no_address(remote, make_mailing, trouble):
    getattr(remote, trouble)()
    with pytest.raises(ProviderError) as caught:
        remote.provider.submit(make_mailing(4))
    told = "".join(str(error) for error in (caught.value, *getattr(caught.value, "parts", ())))
    assert SECRET not in told
    assert "@" not in told
