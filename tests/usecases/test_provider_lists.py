"""Our suppressions and SendGrid's, kept in step through the stand-in, over HTTP."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from newsletter.domain.address import address_digest
from newsletter.domain.event import Event, EventKind
from newsletter.domain.token import Purpose
from newsletter.errors import AudienceError, Busy, ConfigError
from newsletter.events.ingest import ingest
from newsletter.providers.sendgrid.suppressions import PAGE, Kind
from newsletter.providers.simulator.faults import parse_fault
from newsletter.store import schema
from newsletter.store.engine import pepper, reading, writing
from newsletter.usecases import provider_lists, signups, suppressions
from newsletter.usecases.provider_lists import ListRead, synchronise, tell_returned

READERS = tuple(f"reader{number}@example.com" for number in range(1, 4))
ADA, BOB, CLEO = READERS
STRANGER = "stranger@example.org"


@pytest.fixture
def workspace(through_sendgrid, mailed, clock):
    """Three readers, who came an hour ago and were mailed once, by way of the stand-in."""
    mailed(through_sendgrid.engine, 3)
    clock.advance(3600)
    return through_sendgrid


@pytest.fixture
def lists(simulator):
    return simulator.service.suppressions


@pytest.fixture
def before(workspace, clock):
    """A moment so many seconds before the readers subscribed, or after."""
    moment = int(clock.now().timestamp()) - 3600
    return lambda seconds: moment - seconds


def suppressed(workspace):
    """Address → reason, of those suppressed that the tests know."""
    with reading(workspace.engine) as connection:
        key = pepper(connection)
        rows = connection.execute(select(schema.suppression.c.digest, schema.suppression.c.reason))
        names = {address_digest(key, one): one for one in (*READERS, STRANGER)}
        return {names.get(row[0], row[0]): row[1] for row in rows}


def on_the_list(workspace):
    with reading(workspace.engine) as connection:
        entry, person = schema.subscription, schema.subscriber
        query = (
            select(person.c.canonical)
            .join_from(entry, person, person.c.id == entry.c.subscriber_id)
            .where(entry.c.status == "subscribed")
            .order_by(person.c.id)
        )
        return tuple(connection.execute(query).scalars())


def leave(workspace, reader, at):
    with writing(workspace.engine) as connection:
        connection.execute(
            update(schema.subscription)
            .where(schema.subscription.c.subscriber_id == reader)
            .values(status="unsubscribed", unsubscribed_at=at)
        )


def rejoin(workspace, reader, at):
    with writing(workspace.engine) as connection:
        connection.execute(
            update(schema.subscription)
            .where(schema.subscription.c.subscriber_id == reader)
            .values(status="subscribed", unsubscribed_at=None, subscribed_at=at)
        )


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (Kind.BOUNCES, "bounced"),
        (Kind.SPAM_REPORTS, "complained"),
        (Kind.INVALID, "invalid"),
        (Kind.BLOCKS, None),
    ],
)
def test_a_list_suppresses_known_and_unknown_addresses_but_blocks_nobody(
    workspace, lists, kind, reason
):
    lists.add(kind, ADA.upper(), STRANGER, "no address")
    found = synchronise(workspace)
    assert suppressed(workspace) == ({ADA: reason, STRANGER: reason} if reason else {})
    (read,) = [one for one in found.lists if one.name == kind]
    assert read == ListRead(kind, read=3, unfit=1, suppressed=2 if reason else 0)


def test_a_second_time_reads_only_what_is_new(workspace, lists, clock, before):
    lists.add(Kind.BOUNCES, ADA, at=before(1))
    synchronise(workspace)
    clock.advance(7200)
    lists.add(Kind.BOUNCES, BOB)
    found = synchronise(workspace)
    assert found.lists[0] == ListRead("bounces", read=1, suppressed=1)
    assert synchronise(workspace, from_start=True).lists[0] == ListRead("bounces", read=2)
    assert suppressed(workspace) == {ADA: "bounced", BOB: "bounced"}


def test_what_was_listed_while_the_last_page_was_read_is_not_missed(workspace, lists, before):
    """It may come onto a page a while after the moment it bears."""
    synchronise(workspace)
    lists.add(Kind.BOUNCES, ADA, at=before(-3000))
    synchronise(workspace)
    assert suppressed(workspace) == {ADA: "bounced"}


def test_interrupted_between_pages_it_goes_on_there(workspace, lists, simulator, clock):
    everybody = [f"r{number:04}@example.com" for number in range(2 * PAGE + 7)]
    lists.add(Kind.BOUNCES, *everybody)
    answered, answer = [], lists.answer

    def fail_later(method, route, query, content):
        answered.append(query)
        if len(answered) == 2:
            simulator.faults.add(parse_fault(f"lists-500:{provider_lists.TRIES}"))
        return answer(method, route, query, content)

    lists.answer = fail_later
    with pytest.raises(Busy):
        synchronise(workspace)
    assert len(suppressed(workspace)) == 2 * PAGE
    clock.advance(100)  # the window that was begun is read to its end
    found = synchronise(workspace)
    assert found.lists[0] == ListRead("bounces", read=7, suppressed=7)
    assert len(suppressed(workspace)) == len(everybody)


def test_it_waits_as_long_as_it_is_told(workspace, lists, simulator, clock):
    lists.add(Kind.BOUNCES, ADA)
    simulator.faults.add(parse_fault("lists-429:2:40"))
    synchronise(workspace)
    assert clock.slept[:2] == [40, 40]
    assert suppressed(workspace) == {ADA: "bounced"}


def test_a_service_that_gives_one_page_for_ever_ends_the_reading(workspace, lists):
    page = [{"email": f"r{number}@example.com", "created": 5} for number in range(PAGE)]
    lists.answer = lambda *_: (200, page)
    with pytest.raises(Busy, match="same page twice"):
        synchronise(workspace)


def test_a_dry_run_counts_and_leaves_everything_as_it_was(workspace, lists, simulator, clock):
    lists.add(Kind.BOUNCES, ADA)
    lists.add(Kind.UNSUBSCRIBES, STRANGER)
    leave(workspace, 2, clock.now())
    found = synchronise(workspace, dry_run=True)
    assert (found.lists[0].suppressed, found.lists[4].suppressed, found.told) == (1, 1, 1)
    assert suppressed(workspace) == {}
    assert lists.addresses(Kind.UNSUBSCRIBES) == (STRANGER,)
    assert synchronise(workspace).lists[0].suppressed == 1  # the dry run moved no bookmark


def test_an_unsubscribe_from_everything_ends_every_subscription(workspace, lists, before):
    lists.add(Kind.UNSUBSCRIBES, ADA, at=before(-60))
    found = synchronise(workspace)
    assert found.lists[4] == ListRead("unsubscribes", read=1, ended=1)
    assert on_the_list(workspace) == (BOB, CLEO)
    assert suppressed(workspace) == {}  # they can come back by themselves
    assert (found.told, found.untold) == (0, 0)
    with reading(workspace.engine) as connection:
        kinds = connection.execute(select(schema.consent.c.kind)).scalars().all()
    assert kinds == ["left"]


def test_who_subscribed_since_then_stays_and_is_taken_off_the_list(workspace, lists, before):
    lists.add(Kind.UNSUBSCRIBES, ADA, at=before(60))
    found = synchronise(workspace)
    assert found.lists[4] == ListRead("unsubscribes", read=1, returned=1)
    assert found.untold == 1
    assert on_the_list(workspace) == READERS
    assert lists.addresses(Kind.UNSUBSCRIBES) == ()


def test_an_unknown_one_who_wants_nothing_is_not_brought_in_by_an_import(workspace, lists):
    lists.add(Kind.UNSUBSCRIBES, STRANGER)
    synchronise(workspace)
    assert suppressed(workspace) == {STRANGER: "unsubscribed"}


def test_they_come_back_by_a_sign_up_they_confirm_and_sendgrid_hears_of_it(workspace, lists, clock):
    lists.add(Kind.UNSUBSCRIBES, STRANGER)
    synchronise(workspace)
    clock.advance(60)
    word = signups.form_word(workspace)
    clock.advance(60)
    form = signups.Form(STRANGER, ("weekly",), "en", "I agree.", word)
    signups.ask(workspace, form, network=None)
    assert suppressed(workspace) == {STRANGER: "unsubscribed"}  # anybody can fill in a form
    signups.confirm(workspace, workspace.keys.sign_at(Purpose.CONFIRM, 1, clock.now()))
    assert suppressed(workspace) == {}
    assert on_the_list(workspace) == (*READERS, STRANGER)
    assert tell_returned(workspace) == 1
    assert lists.addresses(Kind.UNSUBSCRIBES) == ()


def test_sendgrid_is_told_who_left_everything_who_complained_and_who_asked(workspace, lists, clock):
    leave(workspace, 1, clock.now())
    complaint = Event("k1", EventKind.COMPLAINED, clock.now(), BOB, 2)
    ingest(workspace.engine, [complaint], clock=clock)
    suppressions.suppress(workspace, CLEO, reason="asked by telephone", by="Bea")
    assert synchronise(workspace).told == 3
    assert sorted(lists.addresses(Kind.UNSUBSCRIBES)) == sorted(READERS)
    again = synchronise(workspace)
    assert (again.told, again.untold) == (0, 0)


def test_sendgrid_is_not_told_of_what_it_found_itself(workspace, lists, clock):
    bounce = Event("k1", EventKind.BOUNCED, clock.now(), ADA, 1, permanent=True)
    ingest(workspace.engine, [bounce], clock=clock)
    assert synchronise(workspace).told == 0
    assert lists.addresses(Kind.UNSUBSCRIBES) == ()


def test_who_comes_back_is_taken_off_the_list_before_the_next_mail(workspace, lists, clock):
    leave(workspace, 1, clock.now())
    synchronise(workspace)
    clock.advance(60)
    assert tell_returned(workspace) == 0
    rejoin(workspace, 1, clock.now())
    assert tell_returned(workspace) == 1
    assert lists.addresses(Kind.UNSUBSCRIBES) == ()
    assert tell_returned(workspace) == 0
    synchronise(workspace, from_start=True)
    assert on_the_list(workspace) == READERS


def test_where_nobody_came_back_sendgrid_is_not_asked(workspace, simulator):
    assert tell_returned(workspace) == 0
    assert simulator.connections == 0


def test_more_than_a_page_are_told_page_by_page(workspace, lists, clock):
    people = 2 * PAGE + 1
    with writing(workspace.engine) as connection:
        connection.execute(
            schema.subscriber.insert(),
            [
                {"id": 100 + one, "address": f"p{one}@example.com", "attributes": {},
                 "canonical": f"p{one}@example.com", "digest": f"{one:032}",
                 "created_at": clock.now(), "updated_at": clock.now()}
                for one in range(people)
            ],
        )  # fmt: skip
        connection.execute(
            schema.subscription.insert(),
            [
                {"subscriber_id": 100 + one, "list_key": "weekly", "status": "unsubscribed",
                 "consent_source": "test", "subscribed_at": clock.now()}
                for one in range(people)
            ],
        )  # fmt: skip
    assert synchronise(workspace).told == people
    assert len(lists.addresses(Kind.UNSUBSCRIBES)) == people


@pytest.fixture
def in_group(sample, open_workspace, workspace):
    """The same, and all mail goes by the unsubscribe group 7."""
    config = sample / "config.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("sendgrid: {host", "sendgrid: {asm: {group_id: 7}, host"))
    return open_workspace(SENDGRID_API_KEY="SG.test")


def test_who_leaves_the_group_of_all_mail_leaves_every_list(in_group, lists, before):
    lists.leave_group(7, ADA, STRANGER, at=before(-60))
    lists.leave_group(8, BOB, at=before(-60))
    found = synchronise(in_group)
    assert found.lists[-1] == ListRead("group", read=2, suppressed=1, ended=1)
    assert on_the_list(in_group) == (BOB, CLEO)
    assert suppressed(in_group) == {STRANGER: "unsubscribed"}


def test_who_came_back_since_is_let_into_the_group_again(in_group, lists, before):
    lists.leave_group(7, ADA, at=before(60))
    found = synchronise(in_group, dry_run=True)
    assert found.lists[-1].returned == 1
    assert lists.group(7) == (ADA,)
    synchronise(in_group)
    assert lists.group(7) == ()
    assert on_the_list(in_group) == READERS


def test_another_provider_has_no_lists(open_workspace):
    plain = open_workspace(NEWSLETTER_SENDING__PROVIDER="outbox")
    settings = plain.settings.sending.model_copy(update={"provider": "outbox"})
    outbox = type(plain)(
        plain.root, plain.settings.model_copy(update={"sending": settings}), plain.clock
    )
    with pytest.raises(ConfigError, match=r"set sending\.provider to sendgrid"):
        synchronise(outbox)


def test_a_suppression_by_hand_is_logged_with_who_and_why(workspace):
    assert suppressions.suppress(workspace, STRANGER, reason="asked by telephone", by="Bea")
    assert not suppressions.suppress(workspace, STRANGER, reason="again", by="Bea")
    assert suppressed(workspace) == {STRANGER: "by hand"}
    with reading(workspace.engine) as connection:
        (row,) = connection.execute(select(schema.suppression_log)).all()
    assert (row.actor, row.before, row.after, row.reason) == (
        "Bea", "", "by hand", "asked by telephone",
    )  # fmt: skip


def test_what_is_lifted_is_lifted_at_sendgrid_too_and_stays_so(workspace, lists, clock):
    lists.add(Kind.BOUNCES, ADA)
    synchronise(workspace)
    clock.advance(60)
    assert suppressions.lift(workspace, ADA, reason="mailbox mended", by="Bea") == "bounced"
    assert lists.addresses(Kind.BOUNCES) == ()
    assert suppressed(workspace) == {}


def test_an_entry_older_than_the_lifting_suppresses_nobody_again(workspace, lists, clock, before):
    """SendGrid was not reached when the suppression was lifted, say."""
    lists.add(Kind.BOUNCES, ADA, at=before(60))
    synchronise(workspace)
    suppressions.lift(workspace, ADA, reason="mailbox mended", by="Bea")
    lists.add(Kind.BOUNCES, ADA, at=before(60))
    synchronise(workspace, from_start=True)
    assert suppressed(workspace) == {}
    clock.advance(60)
    lists.answer("DELETE", ["suppression", "bounces"], "", b'{"emails": ["%s"]}' % ADA.encode())
    lists.add(Kind.BOUNCES, ADA)
    synchronise(workspace, from_start=True)
    assert suppressed(workspace) == {ADA: "bounced"}


def test_a_complaint_is_lifted_with_force_only_and_an_erasure_never(workspace, lists, clock):
    from newsletter.usecases.privacy import erase

    lists.add(Kind.SPAM_REPORTS, ADA)
    synchronise(workspace)
    with pytest.raises(AudienceError, match="--force"):
        suppressions.lift(workspace, ADA, reason="they wrote", by="Bea")
    assert suppressed(workspace) == {ADA: "complained"}
    suppressions.lift(workspace, ADA, reason="they wrote", by="Bea", force=True)
    assert suppressed(workspace) == {}
    erase(workspace, ADA, by="Bea")
    with pytest.raises(AudienceError, match="was erased"):
        suppressions.lift(workspace, ADA, reason="they wrote", by="Bea", force=True)


def test_a_lifting_that_did_not_reach_sendgrid_is_made_good_by_a_second_one(
    workspace, lists, simulator
):
    lists.add(Kind.BOUNCES, ADA)
    synchronise(workspace)
    simulator.faults.add(parse_fault(f"lists-500:{provider_lists.TRIES}"))
    with pytest.raises(Busy):
        suppressions.lift(workspace, ADA, reason="mended", by="Bea")
    assert suppressed(workspace) == {}
    assert suppressions.lift(workspace, ADA, reason="mended", by="Bea") == ""
    assert lists.addresses(Kind.BOUNCES) == ()


def test_counts_and_the_list_show_what_there_is(workspace, lists):
    lists.add(Kind.BOUNCES, ADA, STRANGER)
    lists.add(Kind.SPAM_REPORTS, BOB)
    synchronise(workspace)
    assert suppressions.count_suppressed(workspace) == {"bounced": 2, "complained": 1}
    shown = suppressions.stream_suppressed(workspace, "bounced")
    assert {one.address for one in shown} == {ADA, None}
    assert len(list(suppressions.stream_suppressed(workspace, None))) == 3
