"""SMTP on a real mail server: what each answer comes to, and that no fault mails anybody twice."""

from __future__ import annotations

import email
import threading
from concurrent.futures import ThreadPoolExecutor
from email import policy

import pytest

from newsletter.errors import Busy, Partly, Refusal, Rejected, Uncertain
from newsletter.providers.smtp.answers import IN_A_ROW, MOST_DOUBTED


def reader(number):
    return f"reader{number}@example.org"


def took(server):
    return [address for address, _ in server.taken]


def parts(caught):
    return [(type(part), part.positions) for part in caught.value.parts]


@pytest.fixture(params=[True, False], ids=["pipelined", "one by one"])
def server(request, mail_server):
    return mail_server(pipelining=request.param)


def test_mails_are_taken_in_order_over_one_connection(server, smtp, make_mailing):
    provider = smtp(server)
    receipt = provider.submit(make_mailing(20))
    provider.submit(make_mailing(20))
    assert (receipt.status, receipt.reference) == (250, "250 2.0.0 Ok: queued")
    assert took(server) == [reader(number) for number in range(20)] * 2
    assert server.connections == 1


def test_threads_have_connections_of_their_own(server, smtp, make_mailing):
    provider = smtp(server)
    barrier = threading.Barrier(3)

    def submit(_):
        barrier.wait(60)
        return provider.submit(make_mailing(30))

    with ThreadPoolExecutor(3) as pool:
        assert len(list(pool.map(submit, range(3)))) == 3
    assert sorted(took(server)) == sorted([reader(number) for number in range(30)] * 3)
    assert 2 <= server.connections <= 3


def test_bounces_go_where_the_settings_say(server, smtp, make_mailing):
    smtp(server).submit(make_mailing(1))
    smtp(server, bounces_to="bounces@example.com").submit(make_mailing(1))
    assert server.senders == {"desk@example.com", "bounces@example.com"}


def test_lines_that_begin_with_a_dot_arrive_whole(server, smtp, make_mailing):
    smtp(server).submit(make_mailing(1, text="..\n.\n. gold\n.. stones\n", html="<p>.</p>\n.\n"))
    mail = email.message_from_bytes(server.taken[0][1], policy=policy.default)
    text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert text == "..\n.\n. gold\n.. stones\n"


def test_one_refused_reader_is_named_and_the_others_are_mailed(server, smtp, make_mailing):
    server.at_rcpt[reader(2)] = "550 5.1.1 <reader2@example.org>: no such mailbox"
    with pytest.raises(Partly) as caught:
        smtp(server).submit(make_mailing(5))
    assert parts(caught) == [(Rejected, (2,))]
    assert caught.value.parts[0].refusal is Refusal.RECIPIENTS
    assert took(server) == [reader(number) for number in (0, 1, 3, 4)]
    assert "reader2" not in str(caught.value)


def test_server_that_takes_data_for_nobody_is_told_to_forget_it(server, smtp, make_mailing):
    server.at_rcpt[reader(0)] = "550 no such mailbox"
    server.starts_for_nobody = True
    with pytest.raises(Partly) as caught:
        smtp(server).submit(make_mailing(2))
    assert parts(caught) == [(Rejected, (0,))]
    assert took(server) == [reader(1)]


def test_bad_addresses_in_a_row_do_not_stop_a_mailing(server, smtp, make_mailing):
    for number in range(5):
        server.at_rcpt[reader(number)] = "550 5.1.1 no such mailbox"
    with pytest.raises(Partly) as caught:
        smtp(server).submit(make_mailing(8))
    assert parts(caught) == [(Rejected, (0, 1, 2, 3, 4))]
    assert took(server) == [reader(number) for number in (5, 6, 7)]


@pytest.mark.parametrize("place", ["at_rcpt", "at_content"])
def test_refusals_in_a_row_are_the_issues_fault_and_give_nobody_up(
    server, smtp, make_mailing, place
):
    for number in range(4, 100):
        getattr(server, place)[reader(number)] = "554 5.7.1 relaying denied"
    with pytest.raises(Partly) as caught:
        smtp(server).submit(make_mailing(20))
    assert parts(caught) == [(Rejected, tuple(range(4, 20)))]
    assert caught.value.parts[0].refusal is Refusal.MESSAGE
    assert took(server) == [reader(number) for number in range(4)]


def test_refused_content_of_one_is_that_readers(server, smtp, make_mailing):
    server.at_content[reader(1)] = "554 5.6.0 content refused"
    with pytest.raises(Partly) as caught:
        smtp(server).submit(make_mailing(4))
    assert parts(caught) == [(Rejected, (1,))]
    assert caught.value.parts[0].refusal is Refusal.RECIPIENTS


def test_refused_sender_stops_at_once(server, smtp, make_mailing):
    server.at_mail = "553 5.7.1 not your address"
    with pytest.raises(Rejected, match="not your address") as caught:
        smtp(server).submit(make_mailing(9))
    assert caught.value.refusal is Refusal.MESSAGE
    assert server.taken == []


def test_greylisted_readers_are_tried_again(server, smtp, make_mailing):
    server.at_rcpt[reader(0)] = "450 4.2.0 come back later"
    server.at_content[reader(3)] = "452 4.3.1 no room"
    with pytest.raises(Partly) as caught:
        smtp(server).submit(make_mailing(5))
    assert parts(caught) == [(Busy, (0, 3))]
    assert took(server) == [reader(number) for number in (1, 2, 4)]


def test_busy_server_is_not_asked_for_everybody(server, smtp, make_mailing):
    server.at_mail = "451 4.3.2 too many mails"
    with pytest.raises(Busy, match="too many mails"):
        smtp(server).submit(make_mailing(50))
    assert server.asked == IN_A_ROW
    assert server.taken == []


@pytest.mark.parametrize(
    ("fault", "taken"), [("-lost", False), ("+lost", True), ("+half", True), ("+hang", True)]
)
def test_lost_answer_leaves_one_reader_in_doubt_and_goes_on(
    server, smtp, make_mailing, fault, taken
):
    server.at_content[reader(3)] = fault
    with pytest.raises(Partly) as caught:
        smtp(server, answer=0.3).submit(make_mailing(6))
    assert parts(caught) == [(Uncertain, (3,))]
    assert took(server) == [reader(number) for number in range(6) if number != 3 or taken]


def test_server_that_goes_away_after_the_content_leaves_doubt(server, smtp, make_mailing):
    server.at_content[reader(1)] = "+421 4.3.2 shutting down"
    with pytest.raises(Partly) as caught:
        smtp(server).submit(make_mailing(3))
    assert parts(caught) == [(Uncertain, (1,))]
    assert took(server) == [reader(number) for number in range(3)]


def test_many_lost_answers_stop_a_mailing(server, smtp, make_mailing):
    for number in range(1, 50, 2):
        server.at_content[reader(number)] = "+lost"
    with pytest.raises(Partly) as caught:
        smtp(server).submit(make_mailing(50))
    doubted = tuple(range(1, 2 * MOST_DOUBTED, 2))
    assert parts(caught) == [(Uncertain, doubted), (Busy, tuple(range(doubted[-1] + 1, 50)))]
    assert took(server) == [reader(number) for number in range(doubted[-1] + 1)]


def test_connection_lost_before_any_content_is_busy(server, smtp, make_mailing):
    server.at_rcpt[reader(0)] = "-lost"
    with pytest.raises(Busy):
        smtp(server).submit(make_mailing(3))
    assert server.taken == []


def test_connection_that_ended_while_kept_is_opened_anew(server, smtp, make_mailing):
    provider = smtp(server)
    provider.submit(make_mailing(2))
    server.end_connections()
    provider.submit(make_mailing(2))
    assert took(server) == [reader(0), reader(1)] * 2
    assert server.connections == 2


def test_server_that_ends_a_connection_after_some_mails_is_used_on(mail_server, smtp, make_mailing):
    server = mail_server(command_call_limit={"MAIL": 10})
    smtp(server).submit(make_mailing(35))
    assert took(server) == [reader(number) for number in range(35)]
    assert server.connections == 4


def test_no_server_is_busy(mail_server, smtp, make_mailing):
    server = mail_server()
    server.stop()
    with pytest.raises(Busy, match="ConnectionRefusedError"):
        smtp(server).submit(make_mailing(2))


def test_login_and_mail_go_through_starttls(mail_server, smtp, make_mailing, certificates):
    ours, trusting = certificates
    server = mail_server(tls_context=ours, require_starttls=True, login=("desk", "right"))
    options = {"security": "starttls", "user": "desk", "context": trusting}
    smtp(server, password="right", **options).submit(make_mailing(3))
    assert len(server.taken) == 3
    with pytest.raises(Rejected, match="NEWSLETTER_SMTP_PASSWORD") as caught:
        smtp(server, password="wrong-password", **options).submit(make_mailing(3))
    assert caught.value.refusal is Refusal.ACCOUNT
    assert "wrong-password" not in str(caught.value)
    assert len(server.taken) == 3


def test_tls_from_the_first_byte(mail_server, smtp, make_mailing, certificates):
    ours, trusting = certificates
    server = mail_server(encrypted=ours)
    smtp(server, security="tls", context=trusting).submit(make_mailing(3))
    assert len(server.taken) == 3


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_certificate_nobody_vouches_for_is_not_trusted(
    mail_server, smtp, make_mailing, certificates, security
):
    ours, _ = certificates
    options = {"encrypted": ours} if security == "tls" else {"tls_context": ours}
    server = mail_server(**options)
    with pytest.raises(Busy, match="unable to get local issuer certificate"):
        smtp(server, security=security).submit(make_mailing(2))
    assert server.taken == []


def test_server_without_starttls_gets_no_password_and_no_mail(mail_server, smtp, make_mailing):
    server = mail_server()
    provider = smtp(server, security="starttls", user="desk", password="right")
    with pytest.raises(Rejected, match="STARTTLS") as caught:
        provider.submit(make_mailing(2))
    assert caught.value.refusal is Refusal.ACCOUNT
    assert (server.logins, server.taken) == ([], [])
