"""SendGrid as a ports.Recalling, against the simulator: ids, discarding, and what it promises."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from newsletter.errors import Busy, Rejected
from newsletter.ports import Recalling
from newsletter.providers.sendgrid.client import SendGridProvider
from newsletter.providers.sendgrid.transport import Timeouts
from newsletter.providers.simulator.faults import Fault, FaultKind
from newsletter.providers.simulator.server import Simulator


@pytest.fixture
def service(tmp_path, clock, randomness):
    with Simulator(tmp_path / "sim", clock=clock, randomness=randomness) as running:
        yield running


@pytest.fixture
def account(service, clock):
    provider = SendGridProvider(
        SecretStr("SG.test"), host=service.url, clock=clock, timeouts=Timeouts(connect=2, read=2)
    )
    yield provider
    provider.close()


@pytest.fixture
def keep(account, clock, make_mailing):
    """Submit a mailing that leaves after so many minutes."""

    def submit(recall, minutes=30):
        send_at = clock.now() + timedelta(minutes=minutes)
        account.submit(replace(make_mailing(), recall=recall, send_at=send_at))

    return submit


def test_the_account_can_recall(account):
    assert isinstance(account, Recalling)


def test_what_was_sent_under_an_id_is_discarded_and_nothing_else(account, service, keep):
    ours, other = account.new_recall(), account.new_recall()
    keep(ours)
    keep(other)
    assert not account.discarded(ours)
    account.discard(ours)
    account.discard(ours)
    assert account.discarded(ours)
    assert not account.discarded(other)
    assert [one.batch_id for one in service.ledger.effective()] == [other]


def test_what_arrives_after_its_id_was_discarded_reaches_nobody(account, service, keep, clock):
    recall = account.new_recall()
    account.discard(recall)
    clock.advance(60)
    keep(recall)
    assert len(service.ledger.acceptances()) == 1
    assert service.ledger.effective() == ()


def test_what_leaves_within_ten_minutes_leaves_all_the_same(account, service, keep):
    recall = account.new_recall()
    keep(recall, minutes=9)
    account.discard(recall)
    assert len(service.ledger.effective()) == 1


def test_an_eleventh_id_is_refused_until_the_mail_of_another_has_passed(account, keep, clock):
    ids = [account.new_recall() for _ in range(11)]
    for recall in ids:
        keep(recall)
    for recall in ids[:10]:
        account.discard(recall)
    with pytest.raises(Rejected):
        account.discard(ids[10])
    clock.advance(31 * 60)
    late = account.new_recall()
    keep(late)
    account.discard(late)
    assert account.discarded(late)


def test_a_lost_answer_to_a_recall_is_busy_for_nothing_was_mailed(account, service, keep):
    recall = account.new_recall()
    service.faults.add(Fault(FaultKind.RECALL_500))
    with pytest.raises(Busy):
        account.discard(recall)
    assert account.discarded(recall)


def test_an_account_that_is_not_reached_is_busy(clock):
    gone = SendGridProvider(SecretStr("SG.test"), host="http://127.0.0.1:9", clock=clock)
    with pytest.raises(Busy):
        gone.new_recall()
