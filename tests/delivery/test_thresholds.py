"""What came back of a campaign pauses it at its thresholds, and not again at once."""

from hypothesis import given
from hypothesis import strategies as st

from newsletter.config.sending import Thresholds
from newsletter.delivery.thresholds import WORSE, tripped
from newsletter.store.returns import Returned

SET = Thresholds()


@given(st.integers(0, 199), st.integers(0, 199))
def test_too_few_mails_prove_nothing(submitted, bounces):
    assert tripped(Returned(submitted, bounces, bounces, bounces), SET, {}, after=200) is None


@given(st.integers(200, 10**6), st.integers(0, 10**6))
def test_a_share_pauses_exactly_from_its_threshold_on(submitted, bounces):
    trip = tripped(Returned(submitted, bounces, 0, 0), SET, {}, after=200)
    assert (trip is not None) == (bounces / submitted >= SET.bounces)


def test_the_reason_tells_the_numbers():
    trip = tripped(Returned(1000, 0, 4, 0), SET, {}, after=200)
    assert trip.threshold == "complaints"
    assert "4 of 1,000 mails were complained about, which is 0.40% where 0.30%" in trip.reason


@given(st.integers(50, 1000))
def test_what_a_person_has_accepted_pauses_again_only_when_much_worse(bounces):
    trip = tripped(Returned(1000, bounces, 0, 0), SET, {"bounces": 0.06}, after=200)
    assert (trip is not None) == (bounces / 1000 >= WORSE * 0.06)


def test_one_complaint_in_a_small_list_is_chance_and_two_are_not():
    assert tripped(Returned(200, 0, 1, 0), SET, {}, after=200) is None
    assert tripped(Returned(200, 0, 2, 0), SET, {}, after=200).threshold == "complaints"
    assert tripped(Returned(1, 1, 0, 0), SET, {}, after=1).threshold == "bounces"


def test_errors_are_what_the_provider_rejected_or_dropped():
    assert tripped(Returned(1000, 0, 0, 50), SET, {}, after=200).threshold == "errors"
