"""A clock that jumps is not believed until it has gone evenly for a while."""

from __future__ import annotations

import pytest

from newsletter.schedule.steadiness import SETTLING, Steadiness

DAY = 86_400


@pytest.fixture
def steadiness(clock):
    """Steadiness over the stepping clock and one that never jumps; `pass_` moves both."""

    class Run:
        ran = 0.0

        def pass_(self, seconds, jump=0):
            self.ran += seconds
            clock.advance(seconds + jump)
            return self.look()

    run = Run()
    run.look = Steadiness(clock, lambda: run.ran).look
    return run


def test_an_even_clock_is_believed_from_the_start(steadiness):
    assert all(steadiness.pass_(15) for _ in range(100))


def test_the_small_steps_of_a_time_server_do_not_matter(steadiness):
    assert all(steadiness.pass_(15, jump) for jump in (5, -5, 120, -300))


@pytest.mark.parametrize("jump", [DAY, -DAY, 3600])
def test_f42_after_a_jump_nothing_is_begun_for_a_while(steadiness, jump):
    assert steadiness.pass_(15)
    assert not steadiness.pass_(15, jump)
    looks = [steadiness.pass_(15) for _ in range(int(SETTLING / 15))]
    assert looks[-1]
    assert not any(looks[:-1])


def test_f42_a_day_forward_and_back_again_is_not_believed_in_between(steadiness):
    steadiness.pass_(15)
    assert not steadiness.pass_(15, DAY)
    assert not steadiness.pass_(15)
    assert not steadiness.pass_(15, -DAY)
    assert not steadiness.pass_(SETTLING - 1)
    assert steadiness.pass_(1)
