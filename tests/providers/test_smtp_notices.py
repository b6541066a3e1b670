"""Notices through a real mail server that treats their readers differently: each is told once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.config import Smtp
from newsletter.domain.notice import NoticeKind
from newsletter.store.engine import writing
from newsletter.usecases.notices import add, tell_notices, unsure

ADA, BOB, CLEO = EDITORS = ("ada@example.com", "bob@example.org", "cleo@example.net")


@pytest.fixture
def mailing(workspace, mail_server):
    """The sample with three editors, mailing through a mail server; and that server."""
    server = mail_server()
    account = Smtp(host="127.0.0.1", port=server.port, security="none")
    through = workspace.settings.sending.model_copy(update={"provider": "smtp", "smtp": account})
    changes = {"sending": through, "editors": EDITORS}
    opened = replace(workspace, settings=workspace.settings.model_copy(update=changes))
    yield opened, server
    opened.close()


def tell(workspace, clock, times=1):
    with writing(workspace.engine) as connection:
        kind, key = NoticeKind.REMINDER, "weekly 2026-11-27"
        add(workspace, connection, kind, key=key, issue="2026-11-27", text="It waits.")
    for _ in range(times):
        tell_notices(workspace)
        clock.advance(4 * 3600)


def told(server):
    return sorted(address for address, _ in server.taken)


def test_who_is_refused_for_good_keeps_nobody_else_from_being_told(mailing, clock):
    workspace, server = mailing
    server.at_rcpt[BOB] = "550 5.1.1 no such user"
    tell(workspace, clock, times=3)
    assert told(server) == [ADA, CLEO]
    (notice,) = unsure(workspace)
    assert notice.state == "told"
    assert "550" in notice.reason
    assert "@" not in notice.reason


def test_who_is_put_off_is_told_later_and_the_others_not_twice(mailing, clock):
    workspace, server = mailing
    server.at_rcpt[BOB] = "450 4.2.0 come back later"
    tell(workspace, clock)
    assert told(server) == [ADA, CLEO]
    server.at_rcpt.clear()
    tell(workspace, clock, times=3)
    assert told(server) == [ADA, BOB, CLEO]
    assert unsure(workspace) == ()


def test_who_is_put_off_for_ever_is_given_up(mailing, clock):
    workspace, server = mailing
    server.at_rcpt[BOB] = "450 4.2.0 come back later"
    tell(workspace, clock, times=10)
    assert told(server) == [ADA, CLEO]
    assert [notice.state for notice in unsure(workspace)] == ["told"]


def test_an_answer_that_is_lost_leaves_that_one_in_doubt_and_tells_the_others(mailing, clock):
    workspace, server = mailing
    server.at_content[BOB] = server.LOST_AFTER
    tell(workspace, clock, times=3)
    assert told(server) == list(EDITORS)
    (notice,) = unsure(workspace)
    assert notice.state == "uncertain"
    assert sorted(notice.endings.values()) == ["told", "told", "uncertain"]


def test_a_server_that_is_away_is_asked_again(mailing, mail_server, clock):
    workspace, server = mailing
    server.at_mail = "421 4.3.2 going down"
    tell(workspace, clock)
    assert told(server) == []
    server.at_mail = None
    tell(workspace, clock)
    assert told(server) == list(EDITORS)
    assert unsure(workspace) == ()
