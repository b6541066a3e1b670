"""Plan, freeze, dispatch, test mails: what an operator may rely on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from newsletter.domain.campaign import CampaignState, DeliveryState, Step
from newsletter.domain.token import Purpose, derive_key, sign
from newsletter.errors import AudienceError, ConfigError, DeliveryError, IssueError
from newsletter.providers.simulator.faults import Fault, FaultKind
from newsletter.store import campaigns, schema
from newsletter.store.engine import reading, writing
from newsletter.usecases import control, planning, readers, rendering, sending
from newsletter.usecases.status import log, statuses

SLUG = "2026-11-20"


@pytest.fixture
def leave(workspace):
    """Unsubscribe by the link in a mail; subscriptions are numbered from 1."""
    key = derive_key(workspace.secret, Purpose.UNSUBSCRIBE)

    def gone(*subscriptions):
        for number in subscriptions:
            assert readers.unsubscribe(workspace, sign(key, number, 0))

    return gone


def rows(workspace):
    with reading(workspace.engine) as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in schema.metadata.sorted_tables
        }


def only_status(workspace):
    (status,) = statuses(workspace, SLUG)
    return status


def letters(sample):
    return sorted((sample / ".newsletter" / "outbox").rglob("*.eml"))


def test_the_plan_counts_what_the_freeze_then_holds(workspace, plan, subscribe, leave):
    subscribe(30)
    leave(3, 4, 5)
    planned = plan()
    sending.freeze(workspace, planned, at=None, by="Ada")
    sums = only_status(workspace).accounting
    assert (planned.mailed, planned.excluded) == (27, {"unsubscribed": 3})
    assert (sums.deliveries, sums.excluded) == (27, {"unsubscribed": 3})
    assert sums.balances


def test_a_plan_changes_nothing(workspace, plan, subscribe):
    subscribe(3)
    before = rows(workspace)
    plan()
    assert rows(workspace) == before


def test_a_second_freeze_is_the_first(workspace, plan, subscribe):
    subscribe(3)
    first = sending.freeze(workspace, plan(), at=None, by="Ada")
    subscribe(5)
    assert sending.freeze(workspace, plan(), at=None, by="Ada") == first
    assert only_status(workspace).accounting.deliveries == 3


def test_of_two_who_begin_the_same_send_the_second_joins_the_first(workspace, plan, subscribe):
    subscribe(3)
    mine, theirs = plan(), plan()
    begun = sending.freeze(workspace, mine, at=None, by="Ada")
    assert sending.freeze(workspace, theirs, at=None, by="Bea") == begun
    assert rows(workspace)["campaign"] == 1


def test_what_was_frozen_goes_out_whatever_is_edited_afterwards(
    workspace, open_workspace, plan, subscribe, sample
):
    subscribe(2)
    campaign = sending.freeze(workspace, plan(), at=None, by="Ada")
    issue = sample / "issues" / SLUG / "issue.md"
    issue.write_text(issue.read_text(encoding="utf-8").replace("eleven", "twelve"), "utf-8")
    config = sample / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("editor@", "other@"), "utf-8")
    subscribe(9)
    again = open_workspace()
    continued = planning.plan_send(again, SLUG, list_key=None, segment=None)
    assert (continued.start, continued.mailed) == (campaign, 2)
    assert sending.dispatch(again, campaign).state is CampaignState.DONE
    mails = [path.read_text(encoding="utf-8") for path in letters(sample)]
    assert len(mails) == 2
    assert all("eleven setters" in mail and "From: The Loupe <editor@" in mail for mail in mails)


def test_who_leaves_after_the_freeze_is_not_mailed(workspace, plan, subscribe, leave, sample):
    subscribe(4)
    campaign = sending.freeze(workspace, plan(), at=None, by="Ada")
    leave(2)
    sending.dispatch(workspace, campaign)
    assert len(letters(sample)) == 3
    states = only_status(workspace).accounting.states
    assert states == {DeliveryState.SUBMITTED: 3, DeliveryState.SUPPRESSED: 1}


def test_each_reader_gets_a_link_of_their_own(workspace, plan, subscribe, sample):
    subscribe(3)
    sending.dispatch(workspace, sending.freeze(workspace, plan(), at=None, by="Ada"))
    links = {
        line
        for path in letters(sample)
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("List-Unsubscribe: <https://news.loupe.example.com/u/")
    }
    assert len(links) == 3


def test_a_done_campaign_is_refused_before_anybody_is_asked(workspace, plan, subscribe, sample):
    subscribe(1)
    campaign = sending.dispatch(workspace, sending.freeze(workspace, plan(), at=None, by="Ada"))
    for attempt in (
        lambda: planning.refuse_idle(plan()),
        lambda: sending.freeze(workspace, plan(), at=None, by="Ada"),
        lambda: sending.dispatch(workspace, campaign),
    ):
        with pytest.raises(DeliveryError, match="this campaign is done; nobody is mailed twice"):
            attempt()
    assert len(letters(sample)) == 1


def test_an_empty_list_is_refused(workspace, plan):
    planned = plan()
    assert (planned.mailed, planned.requests) == (0, 0)
    with pytest.raises(DeliveryError, match="nobody on “weekly” would be mailed"):
        sending.freeze(workspace, planned, at=None, by="Ada")
    assert rows(workspace)["campaign"] == 0


def test_a_moment_that_has_passed_is_refused(workspace, plan, subscribe, clock):
    subscribe(1)
    with pytest.raises(DeliveryError, match="2026-11-27 08:59 UTC has passed"):
        sending.freeze(workspace, plan(), at=clock.now() - timedelta(minutes=1), by="Ada")
    assert rows(workspace)["campaign"] == 0


def test_a_campaign_is_moved_to_another_moment_before_it_starts(workspace, plan, subscribe, clock):
    subscribe(1)
    moment = clock.now() + timedelta(hours=2)
    sending.freeze(workspace, plan(), at=moment, by="Ada")
    moved = sending.freeze(workspace, plan(), at=moment + timedelta(hours=1), by="Bea")
    assert (moved.state, moved.send_at) == (CampaignState.FROZEN, moment + timedelta(hours=1))
    ((_, moves),) = log(workspace, SLUG, routine=False)
    assert (moves[-1].actor, moves[-1].reason) == (
        "Bea",
        "moved from 2026-11-27 11:00 to 2026-11-27 12:00 UTC",
    )
    clock.advance(3 * 3600)
    assert sending.freeze(workspace, plan(), at=moved.send_at, by="Ada") == moved


def test_what_left_in_part_is_not_moved(through_sendgrid, simulator, plan, subscribe, clock):
    subscribe(3)
    simulator.faults.add(Fault(FaultKind.UNAUTHORIZED))
    campaign = sending.freeze(through_sendgrid, plan(here=through_sendgrid), at=None, by="Ada")
    sending.dispatch(through_sendgrid, campaign)
    later = clock.now() + timedelta(hours=1)
    with pytest.raises(DeliveryError, match="is paused, so its moment cannot be changed any more"):
        sending.freeze(through_sendgrid, plan(here=through_sendgrid), at=later, by="Ada")


def test_a_moment_missed_by_too_much_is_not_made_up_for_by_a_timer(
    workspace, plan, subscribe, clock
):
    subscribe(1)
    moment = clock.now() + timedelta(hours=1)
    campaign = sending.freeze(workspace, plan(), at=moment, by="Ada")
    clock.advance(8 * 3600)
    with pytest.raises(DeliveryError, match=r"is too late for 2026-11-27 10:00 UTC; .* sends it"):
        sending.freeze(workspace, plan(), at=moment, by="Ada")
    assert sending.freeze(workspace, plan(), at=None, by="Ada") == campaign


def test_a_campaign_paused_since_it_was_seen_does_not_start(workspace, plan, subscribe, sample):
    subscribe(2)
    seen = sending.freeze(workspace, plan(), at=None, by="Ada")
    control.pause(workspace, control.Choice(SLUG), by="Ada")
    with pytest.raises(DeliveryError, match="another process has just changed this campaign"):
        sending.dispatch(workspace, seen)
    assert letters(sample) == []


def test_a_locked_campaign_is_refused_with_the_remedy(workspace, plan, subscribe, clock):
    subscribe(2)
    campaign = sending.freeze(workspace, plan(), at=None, by="Ada")
    with writing(workspace.engine) as connection:
        campaigns.move(
            connection, campaign, CampaignState.LOCKED, Step(clock.now(), "guard", "restored")
        )
    with pytest.raises(DeliveryError, match=r"locked: restored; .*`newsletter unlock 2026-11-20`"):
        planning.refuse_idle(plan())


def test_a_provider_that_refuses_pauses_with_its_reason_and_loses_nobody(
    through_sendgrid, simulator, plan, subscribe
):
    subscribe(3)
    simulator.faults.add(Fault(FaultKind.UNAUTHORIZED))
    campaign = sending.freeze(through_sendgrid, plan(here=through_sendgrid), at=None, by="Ada")
    paused = sending.dispatch(through_sendgrid, campaign)
    assert paused.state is CampaignState.PAUSED
    assert paused.reason.startswith("paused because of the provider, it refused:")
    assert plan(here=through_sendgrid).mailed == 3
    ended = sending.dispatch(through_sendgrid, paused)
    assert ended.state is CampaignState.DONE
    people = [person for one in simulator.ledger.effective() for person in one.people]
    assert sorted(person.address for person in people) == [
        f"reader{number}@example.com" for number in (1, 2, 3)
    ]


def test_a_lost_answer_is_in_doubt_and_never_sent_again(
    through_sendgrid, simulator, plan, subscribe
):
    subscribe(3)
    simulator.faults.add(Fault(FaultKind.RESET_AFTER))
    campaign = sending.freeze(through_sendgrid, plan(here=through_sendgrid), at=None, by="Ada")
    ended = sending.dispatch(through_sendgrid, campaign)
    assert ended.state is CampaignState.UNSETTLED
    assert plan(here=through_sendgrid).mailed == 0
    assert sending.dispatch(through_sendgrid, ended).state is CampaignState.UNSETTLED
    (doubt,) = only_status(through_sendgrid).doubtful
    assert doubt.recipients == 3
    assert sum(len(one.people) for one in simulator.ledger.effective()) == 3


def test_a_test_mail_touches_no_list_and_no_count(workspace, subscribe, sample):
    subscribe(3)
    before = rows(workspace)
    (receipt,) = sending.send_test(workspace, SLUG, ("me@example.com", "You@Example.COM")).values()
    assert receipt.reference.startswith("specimen/")
    assert rows(workspace) == before
    addresses = [
        line
        for path in letters(sample)
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("To: ")
    ]
    assert sorted(addresses) == ["To: You@example.com", "To: me@example.com"]


def test_a_test_mail_needs_no_approval_and_opens_no_subscription(workspace, subscribe, sample):
    subscribe(1)
    sending.send_test(workspace, SLUG, ("me@example.com",))
    (mail,) = letters(sample)
    link = next(
        line
        for line in mail.read_text(encoding="utf-8").splitlines()
        if line.startswith("List-Unsubscribe: ")
    )
    readers.unsubscribe(workspace, link.rpartition("/")[2].rstrip(">"))
    rendering.approve(workspace, SLUG, by="Ada")
    assert planning.plan_send(workspace, SLUG, list_key=None, segment=None).mailed == 1


@pytest.mark.parametrize(
    ("list_key", "segment", "message"),
    [
        ("weakly", None, "there is no list “weakly”; config.yaml has: weekly, watches, gems"),
        ("weekly", "trad", "there is no segment “trad”; config.yaml has: trade, retailers"),
    ],
)
def test_an_audience_that_is_none_is_named(workspace, approved, list_key, segment, message):
    with pytest.raises(ConfigError, match=message):
        planning.plan_send(workspace, approved, list_key=list_key, segment=segment)


def test_a_segment_narrows_the_list(workspace, plan, subscribe):
    subscribe(4)
    assert plan(segment="trade").mailed == 4
    assert plan(segment="retailers").mailed == 0


def test_status_of_an_issue_that_is_none(workspace):
    with pytest.raises(IssueError, match="there is no issue “2026-12-31”"):
        statuses(workspace, "2026-12-31")


def test_a_test_mail_needs_an_address(workspace):
    with pytest.raises(AudienceError, match="there is no @ in the address"):
        sending.send_test(workspace, SLUG, ("me",))
