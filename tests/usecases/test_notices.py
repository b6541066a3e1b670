"""Notices through real providers and a real receiver: each once, signed, and never in the way."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from newsletter.config import NOTICES_KEY, SENDGRID_KEY
from newsletter.domain.campaign import CampaignState, Step
from newsletter.domain.job import Job, JobName
from newsletter.domain.notice import NoticeKind
from newsletter.errors import ConfigError
from newsletter.providers.simulator.faults import parse_fault
from newsletter.store import campaigns
from newsletter.store.engine import reading, writing
from newsletter.usecases import editing, notices, planning, sending, working
from newsletter.usecases.notice_posts import SIGNATURE, signature
from newsletter.usecases.notices import MOST_A_DAY, add, add_troubles, tell_notices, unsure

KEY = "a key of the tests only"


@pytest.fixture
def receiver():
    """A web address that keeps what is posted to it, and answers with the next of `answers`."""
    posts, answers = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posts.append((dict(self.headers), body))
            self.send_response(answers.pop(0) if answers else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            """Keep still."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.posts, server.answers = posts, answers
    server.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def hooked(weekly, receiver):
    """The weekly workspace that posts to the receiver, which may be reached although private."""
    opened = weekly(notices={"webhook": receiver.url})
    gathering = opened.settings.gathering.model_copy(
        update={"allow_private": ("127.0.0.1",), "pause": 0.0}
    )
    made = replace(
        opened,
        settings=opened.settings.model_copy(update={"gathering": gathering, "editors": ()}),
        environment={**opened.environment, NOTICES_KEY: KEY},
    )
    yield made
    made.close()


@pytest.fixture
def mailing(weekly, simulator):
    """The weekly workspace that mails through the stand-in for SendGrid, and whom it took."""
    opened = weekly()
    host = opened.settings.sending.sendgrid.model_copy(update={"host": simulator.url})
    through = opened.settings.sending.model_copy(update={"provider": "sendgrid", "sendgrid": host})
    made = replace(
        opened,
        settings=opened.settings.model_copy(update={"sending": through}),
        environment={**opened.environment, SENDGRID_KEY: "SG.test"},
    )
    yield made
    made.close()


def note(workspace, key="weekly 2026-11-27", kind=NoticeKind.UNAPPROVED, text="It waits."):
    with writing(workspace.engine) as connection:
        add(workspace, connection, kind, key=key, issue="2026-11-27", text=text)


def taken(simulator):
    return sorted(person.address for one in simulator.ledger.effective() for person in one.people)


def test_each_editor_is_mailed_once_however_often_it_is_noted_and_told(mailing, simulator):
    for _ in range(3):
        note(mailing)
        tell_notices(mailing)
    assert taken(simulator) == ["ada@example.com", "bob@example.org"]


def test_a_lost_answer_is_uncertain_and_never_mailed_again(mailing, simulator, clock):
    simulator.faults.add(parse_fault("500-after:1"))
    note(mailing)
    for _ in range(5):
        tell_notices(mailing)
        clock.advance(4 * 3600)
    assert taken(simulator) == ["ada@example.com", "bob@example.org"]
    (notice,) = unsure(mailing)
    assert notice.state == "uncertain"


def test_a_busy_provider_is_asked_again(mailing, simulator, clock):
    simulator.faults.add(parse_fault("429:2"))
    note(mailing)
    for _ in range(4):
        tell_notices(mailing)
        clock.advance(600)
    assert taken(simulator) == ["ada@example.com", "bob@example.org"]
    assert unsure(mailing) == ()


def test_one_address_that_is_refused_keeps_no_other_from_being_told(mailing, simulator, clock):
    simulator.faults.add(parse_fault("bad-address:1:0"))
    note(mailing)
    assert tell_notices(mailing) == 1
    for _ in range(3):
        clock.advance(4 * 3600)
        assert tell_notices(mailing) == 0
    assert taken(simulator) == ["bob@example.org"]
    (notice,) = unsure(mailing)
    assert notice.state == "told"
    assert notice.reason
    assert "@" not in notice.reason + "".join(notice.endings)
    assert sorted(notice.endings.values()) == ["failed", "told"]


def test_a_machine_without_the_issues_leaves_the_proof_to_one_that_has_them(
    weekly, clock, outbox, tmp_path
):
    workspace = weekly()
    note(workspace, kind=NoticeKind.PROOF)
    note(workspace, kind=NoticeKind.REMINDER)
    elsewhere = replace(workspace, root=tmp_path / "host", settings=workspace.settings.model_copy(
        update={"database": f"sqlite:///{workspace.state / 'newsletter.db'}"}
    ))  # fmt: skip
    elsewhere.state.mkdir(parents=True)
    assert tell_notices(elsewhere) == 1
    assert outbox() == []  # the other machine has a box of its own
    editing.new_issue(workspace, "2026-11-27")
    working.do(workspace, Job(JobName.RHYTHM), threading.Event(), lambda: True)
    assert [subject.split("] ")[1][:8] for _, subject, _ in outbox()] == ["Proof of"] * 2
    elsewhere.close()


def test_what_a_dead_process_was_mailing_is_not_mailed_again(mailing, simulator, clock):
    note(mailing)
    with reading(mailing.engine) as connection:
        (waiting,) = notices.notices.due(connection, clock.now())
    with writing(mailing.engine) as connection:  # and then the process was gone
        notices.notices.claim(connection, waiting, clock.now(), clock.now() + timedelta(minutes=10))
    tell_notices(mailing)
    assert unsure(mailing) == ()
    clock.advance(601)
    tell_notices(mailing)
    assert taken(simulator) == []
    assert [one.state for one in unsure(mailing)] == ["uncertain"]


def test_a_post_is_signed_and_holds_no_address(hooked, receiver, clock):
    note(hooked, text="The server said: reader1@example.com is unknown.")
    assert tell_notices(hooked) == 1
    ((headers, body),) = receiver.posts
    assert json.loads(body) == {
        "id": "unapproved weekly 2026-11-27",
        "kind": "unapproved",
        "publication": "The Loupe",
        "issue": "2026-11-27",
        "text": "The server said: … is unknown.",
    }
    second = int(clock.now().timestamp())
    expected = signature(KEY.encode(), second, body)
    assert headers[SIGNATURE] == f"t={second},v1={expected}"
    assert signature(b"another key of sixteen", second, body) != expected


def test_a_receiver_that_fails_is_tried_again_and_then_given_up(hooked, receiver, clock):
    receiver.answers += [500] * 20
    note(hooked)
    for _ in range(50):
        tell_notices(hooked)
        clock.advance(1800)
    assert len(receiver.posts) == 6
    (notice,) = unsure(hooked)
    assert (notice.state, notice.reason) == (
        "failed",
        "notices.webhook answered 500; check the address",
    )


def test_a_redirect_is_not_followed(hooked, receiver):
    receiver.answers += [302]
    note(hooked)
    assert tell_notices(hooked) == 0
    assert len(receiver.posts) == 1


def test_a_receiver_on_a_private_network_is_not_contacted(hooked, receiver, caplog):
    gathering = hooked.settings.gathering.model_copy(update={"allow_private": ()})
    private = replace(hooked, settings=hooked.settings.model_copy(update={"gathering": gathering}))
    note(private)
    assert tell_notices(private) == 0
    assert receiver.posts == []
    assert "private or reserved network" in caplog.text
    private.close()


def test_a_webhook_without_a_key_is_refused_at_the_start(hooked):
    with pytest.raises(ConfigError, match=NOTICES_KEY):
        notices.refuse_unsigned(replace(hooked, environment={}))


def test_a_flood_is_cut_off_for_the_day(hooked, receiver, clock, caplog):
    for number in range(MOST_A_DAY + 5):
        note(hooked, key=f"weekly {number}")
    tell_notices(hooked)
    assert len(receiver.posts) == MOST_A_DAY
    assert len(unsure(hooked)) == 5
    clock.advance(86_401)
    note(hooked, key="weekly tomorrow")
    assert tell_notices(hooked) == 1


def test_a_campaign_that_stops_by_itself_is_told_of_once(
    hooked, receiver, approved, subscribe, clock
):
    subscribe(3)
    plan = planning.plan_send(hooked, approved, list_key=None, segment=None)
    campaign = sending.freeze(hooked, plan, at=None, by="Ada")
    for actor, told in (("Ada", 0), ("sender", 1)):
        with writing(hooked.engine) as connection:
            current = campaigns.get(connection, campaign.id)
            step = Step(clock.now(), actor, "mail for reader1@example.com was refused")
            campaigns.move(connection, current, CampaignState.PAUSED, step)
        for _ in range(2):
            add_troubles(hooked)
            tell_notices(hooked)
        assert len(receiver.posts) == told
        with writing(hooked.engine) as connection:
            current = campaigns.get(connection, campaign.id)
            step = Step(clock.now(), "Ada")
            campaigns.move(connection, current, CampaignState.FROZEN, step)
    assert "paused: mail for … was refused" in json.loads(receiver.posts[0][1])["text"]
