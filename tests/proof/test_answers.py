"""What follows from each answer, number by number, as specified (F07-F18, F52, F66)."""

import math

import pytest

from newsletter.delivery.policy import Decision, decide, too_many_unfit
from newsletter.domain.campaign import BatchState, Outcome
from newsletter.errors import Busy, ProviderError, Refusal, Rejected, Uncertain

READY, UNKNOWN = BatchState.READY, BatchState.UNKNOWN


def refused(refusal, *positions):
    return Rejected("no", refusal=refusal, positions=positions)


def decided(error, *, failures=0, recipients=9, accepted=False):
    return decide(error, failures=failures, recipients=recipients, accepted=accepted)


def test_nothing_more_than_said_follows_from_a_decision():
    assert Decision(Outcome.BUSY, READY) == Decision(
        Outcome.BUSY, READY, wait=0.0, refused=(), pause=None, halve=False, last=False
    )


@pytest.mark.parametrize(
    ("asked", "failures", "seconds"),
    [
        (None, 0, 1.0),
        (None, 1, 2.0),
        (None, 3, 8.0),
        (None, 9, 512.0),
        (None, 10, 900.0),
        (None, 99, 900.0),
        (0, 2, 4.0),
        (-1, 2, 4.0),
        (math.nan, 2, 4.0),
        (0.5, 4, 1.0),
        (1.5, 4, 1.5),
        (899.0, 0, 899.0),
        (1e9, 0, 900.0),
    ],
)
def test_a_busy_provider_is_left_alone_for_so_long(asked, failures, seconds):
    decision = decided(Busy("busy", retry_after=asked), failures=failures)
    assert (decision.outcome, decision.after, decision.wait) == (Outcome.BUSY, READY, seconds)
    assert not decision.halve


@pytest.mark.parametrize(("failures", "pauses"), [(0, False), (4, False), (5, True), (6, True)])
def test_six_busy_answers_in_a_row_pause(failures, pauses):
    decision = decided(Busy("busy"), failures=failures)
    assert (decision.pause is not None) == pauses
    assert not pauses or "still busy: busy" in decision.pause


@pytest.mark.parametrize(("failures", "pauses"), [(0, False), (6, False), (7, True), (8, True)])
def test_eight_lost_answers_in_a_row_pause_and_none_is_tried_again(failures, pauses):
    decision = decided(Uncertain("lost"), failures=failures)
    assert (decision.outcome, decision.after) == (Outcome.UNCERTAIN, UNKNOWN)
    assert (decision.pause is not None) == pauses
    assert (decision.wait, decision.refused, decision.halve) == (0.0, (), False)


def test_who_is_named_is_refused_and_the_others_go_on():
    decision = decided(refused(Refusal.RECIPIENTS, 3, 5), failures=99)
    assert decision == Decision(Outcome.REJECTED, READY, refused=(3, 5))


@pytest.mark.parametrize(("failures", "halved"), [(0, True), (1, True), (2, False), (3, False)])
def test_where_nobody_is_named_halves_find_who_it_is_in_two_tries(failures, halved):
    decision = decided(refused(Refusal.RECIPIENTS), failures=failures, recipients=2)
    assert (decision.halve, decision.last, decision.pause is None) == (halved, halved, halved)
    assert (decision.outcome, decision.after) == (Outcome.REJECTED, READY)
    assert decision.refused == ()


@pytest.mark.parametrize("accepted", [True, False])
def test_the_last_one_left_is_at_fault_only_where_others_were_accepted(accepted):
    decision = decided(refused(Refusal.RECIPIENTS), recipients=1, accepted=accepted)
    assert decision.refused == ((0,) if accepted else ())
    assert (decision.pause is None) == accepted
    assert (decision.outcome, decision.after, decision.halve) == (Outcome.REJECTED, READY, False)


@pytest.mark.parametrize("recipients", [1, 2, 1000])
def test_what_is_too_large_is_halved_down_to_one_person(recipients):
    decision = decided(refused(Refusal.SIZE), recipients=recipients)
    assert (decision.halve, decision.pause is not None) == (recipients > 1, recipients == 1)
    assert (decision.outcome, decision.after, decision.last) == (Outcome.REJECTED, READY, False)


@pytest.mark.parametrize("refusal", [Refusal.MESSAGE, Refusal.ACCOUNT])
def test_any_other_refusal_pauses_and_rejects_nobody(refusal):
    decision = decided(refused(refusal))
    assert (decision.outcome, decision.after) == (Outcome.REJECTED, READY)
    assert "it refused: no" in decision.pause
    assert (decision.refused, decision.halve, decision.wait) == ((), False, 0.0)


def test_what_is_no_answer_is_raised():
    with pytest.raises(ProviderError):
        decided(ProviderError("?"))


@pytest.mark.parametrize(
    ("before", "after", "total", "pauses"),
    [
        (0, 1, 100, False),
        (0, 2, 100, True),
        (1, 2, 100, True),
        (2, 3, 100, False),
        (0, 1, 5, False),
        (1, 2, 5, True),
        (4, 5, 500, False),
        (5, 6, 599, True),
        (6, 7, 600, True),
        (9, 10, 100_000, False),
        (10, 11, 100_000, True),
        (11, 12, 100_000, False),
    ],
)
def test_more_than_ten_or_one_in_a_hundred_who_cannot_be_mailed_pause_once(
    before, after, total, pauses
):
    reason = too_many_unfit(before=before, after=after, total=total)
    assert (reason is not None) == pauses
    assert not pauses or f"{after} of {total:,} people" in reason


def test_where_nothing_was_accepted_yet_the_last_one_left_is_not_given_up():
    assert decide(refused(Refusal.RECIPIENTS), failures=0, recipients=1).refused == ()
