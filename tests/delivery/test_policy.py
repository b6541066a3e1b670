"""What follows from a provider's answer: only a definite one lets a batch be tried again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.policy import LONGEST_WAIT, MOST_UNKNOWN, PATIENCE, decide
from newsletter.domain.campaign import BatchState, Outcome
from newsletter.errors import Busy, ProviderError, Refusal, Rejected, Uncertain

failures = st.integers(0, 1000)


@given(failures, st.one_of(st.none(), st.floats(-10, 1e12)))
def test_busy_waits_within_reason_and_patience_ends(count, told):
    decision = decide(Busy("try later", retry_after=told), failures=count, recipients=9)
    assert decision.after is BatchState.READY
    assert 1 <= decision.wait <= LONGEST_WAIT
    assert (decision.pause is not None) == (count + 1 >= PATIENCE)


@given(failures)
def test_uncertain_is_never_ready_again(count):
    decision = decide(Uncertain("no answer"), failures=count, recipients=9)
    assert (decision.outcome, decision.after) == (Outcome.UNCERTAIN, BatchState.UNKNOWN)
    assert (decision.pause is not None) == (count + 1 >= MOST_UNKNOWN)


def test_named_recipients_are_refused_and_the_rest_goes_on():
    error = Rejected("bad address", refusal=Refusal.RECIPIENTS, positions=(3, 5))
    decision = decide(error, failures=0, recipients=1)
    assert decision.refused == (3, 5)
    assert (decision.after, decision.pause) == (BatchState.READY, None)


@pytest.mark.parametrize("refusal", list(Refusal))
def test_any_other_refusal_pauses_and_rejects_nobody(refusal):
    decision = decide(Rejected("no", refusal=refusal), failures=0, recipients=1)
    assert decision.after is BatchState.READY
    assert decision.refused == ()
    assert "no" in decision.pause


def test_an_error_that_is_no_answer_is_not_swallowed():
    with pytest.raises(ProviderError):
        decide(ProviderError("?"), failures=0, recipients=1)


def test_a_request_that_is_too_large_is_halved_until_it_is_one_person():
    error = Rejected("too large", refusal=Refusal.SIZE)
    assert decide(error, failures=0, recipients=2).halve
    assert decide(error, failures=0, recipients=2).pause is None
    alone = decide(error, failures=0, recipients=1)
    assert not alone.halve
    assert "too large" in alone.pause
