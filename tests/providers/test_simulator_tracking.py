"""What the simulator notes of tracked mail, and what of it arrives."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.domain.mailing import UNTRACKED, Tracking
from newsletter.providers.sendgrid.payload import body
from newsletter.providers.simulator.tracking import PICTURE, THROUGH, notes_opens, seen_links

PAGE = (
    '<p>Dear -q7x3name-</p><a class="x" href="https://example.com/b?x=1&amp;y=2">b</a>'
    '<A HREF="https://example.com/a">a</A> <a href="https://example.com/a">again</a>'
    '<a href="mailto:desk@example.com">write</a> <a name="top">top</a>'
    '<a href="https://example.com/machines" style="display:none">&nbsp;</a>'
    '<a href="-q7x1html-">Unsubscribe</a>'
)
SEEN = ("https://example.com/b?x=1&y=2", "https://example.com/a")


@pytest.fixture
def tracked(make_mailing):
    def make(tracking):
        return replace(make_mailing(1, html=PAGE), tracking=tracking)

    return make


@pytest.mark.parametrize(
    ("tracking", "links"),
    [(UNTRACKED, ()), (Tracking.OPENS, ()), (Tracking.CLICKS, SEEN)],
)
def test_links_are_noted_where_the_request_says_so(tracked, tracking, links):
    request = body(tracked(tracking))
    assert seen_links(request) == links
    assert notes_opens(request) == (tracking is Tracking.OPENS)


def test_the_ledger_keeps_what_is_noted(simulator, sendgrid, tracked):
    sendgrid.submit(tracked(Tracking.OPENS | Tracking.CLICKS))
    sendgrid.submit(tracked(UNTRACKED))
    first, second = simulator.ledger.acceptances()
    assert (first.opens, first.links) == (True, SEEN)
    assert (second.opens, second.links) == (False, ())


def test_untracked_mail_arrives_as_it_was_approved(simulator, sendgrid, tracked):
    sendgrid.submit(tracked(UNTRACKED))
    (letter,) = simulator.letters_to("reader0@example.org")
    assert letter.html == PAGE.replace("-q7x3name-", "R&amp;D 0").replace(
        "-q7x1html-", "https://example.com/u/word0"
    )


def test_tracked_mail_arrives_with_its_links_led_through_and_the_way_out_straight(
    simulator, sendgrid, tracked
):
    sendgrid.submit(tracked(Tracking.OPENS | Tracking.CLICKS))
    (letter,) = simulator.letters_to("reader0@example.org")
    assert letter.html.count(THROUGH) == 4  # machines follow hidden links, too
    assert "example.com/a" not in letter.html
    assert '<a href="https://example.com/u/word0">Unsubscribe</a>' in letter.html
    assert letter.headers["List-Unsubscribe"] == "<https://example.com/u/word0>"
    assert letter.html.endswith(PICTURE)
    assert letter.text.endswith("https://example.com/u/word0\n")


def test_both_kinds_of_mail_of_one_message_go_their_own_way(simulator, sendgrid, tracked):
    """The provider keeps the encoded message, and must not take one for the other."""
    for tracking in (UNTRACKED, Tracking.CLICKS, UNTRACKED, Tracking.CLICKS):
        sendgrid.submit(tracked(tracking))
    assert [bool(one.links) for one in simulator.ledger.acceptances()] == [False, True] * 2
