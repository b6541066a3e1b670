"""A clock that jumps is not believed until it has gone evenly for a while, and others agree."""

from __future__ import annotations

import pytest

from newsletter.schedule.steadiness import ASKING, SETTLING, Steadiness
from newsletter.usecases.timekeeping import AGREED, Opinion

DAY = 86_400
APART = Opinion(agrees=False, said="the provider's clock shows another day")
SILENT = Opinion(agrees=None, said="the provider's clock could not be asked")


@pytest.fixture
def steadiness(clock):
    """Steadiness over the stepping clock and one that never jumps; `pass_` moves both. The other
    clocks say what `opinion` is.
    """

    class Run:
        ran = 0.0
        opinion = AGREED
        asked = 0

        def others(self):
            self.asked += 1
            return self.opinion

        def pass_(self, seconds, jump=0):
            self.ran += seconds
            clock.advance(seconds + jump)
            return self.watched.look()

        def until_settled(self):
            """The looks of the two minutes after a jump."""
            return [self.pass_(15) for _ in range(int(SETTLING / 15))]

    run = Run()
    run.watched = Steadiness(clock, run.others, lambda: run.ran)
    return run


def test_an_even_clock_is_believed_from_the_start(steadiness):
    assert all(steadiness.pass_(15) for _ in range(100))
    assert steadiness.asked == 1


def test_the_small_steps_of_a_time_server_do_not_matter(steadiness):
    assert all(steadiness.pass_(15, jump) for jump in (5, -5, 120, -300))


@pytest.mark.parametrize("jump", [DAY, -DAY, 3600])
def test_f42_after_a_jump_nothing_is_begun_for_a_while(steadiness, jump):
    assert steadiness.pass_(15)
    assert not steadiness.pass_(15, jump)
    assert "jumped" in steadiness.watched.doubt
    looks = steadiness.until_settled()
    assert looks[-1]
    assert not any(looks[:-1])
    assert steadiness.watched.doubt == ""


def test_f42_a_day_forward_and_back_again_is_not_believed_in_between(steadiness):
    steadiness.pass_(15)
    assert not steadiness.pass_(15, DAY)
    assert not steadiness.pass_(15)
    assert not steadiness.pass_(15, -DAY)
    assert not steadiness.pass_(SETTLING - 1)
    assert steadiness.pass_(1)


@pytest.mark.parametrize("opinion", [APART, SILENT])
def test_f42_after_a_jump_another_clock_must_agree_however_long_that_takes(
    steadiness, opinion, caplog
):
    steadiness.pass_(15)
    steadiness.opinion = opinion
    steadiness.pass_(15, DAY)
    assert not any(steadiness.pass_(15) for _ in range(240))
    assert steadiness.watched.doubt == f"nothing is begun, for {opinion.said}"
    assert caplog.text.count(opinion.said) == 1
    assert steadiness.asked <= 1 + 240 * 15 / ASKING
    steadiness.opinion = AGREED
    assert any(steadiness.pass_(15) for _ in range(int(ASKING / 15)))
    assert steadiness.watched.doubt == ""


def test_a_clock_that_is_wrong_from_the_start_is_not_believed(steadiness):
    steadiness.opinion = APART
    assert not steadiness.pass_(15)
    assert APART.said in steadiness.watched.doubt


def test_at_the_start_a_clock_that_cannot_be_asked_keeps_nobody_waiting(steadiness):
    steadiness.opinion = SILENT
    assert steadiness.pass_(15)


def test_a_jump_while_the_others_are_asked_is_not_covered_by_their_word(clock, steadiness):
    def jumps_meanwhile():
        clock.advance(DAY)
        assert not watched.look()
        return AGREED

    watched = Steadiness(clock, jumps_meanwhile, lambda: steadiness.ran)
    assert not watched.look()
    assert "jumped" in watched.doubt
