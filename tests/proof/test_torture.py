"""F04 at the size of CI; `make torture` runs it at full size."""

import pytest

from tests.proof import torture

COURSE = torture.Course(people=100_000, size=500, kills=50)


@pytest.fixture
def frozen(folder):
    return torture.template(folder, COURSE)


def test_f04_fifty_kills_and_a_faulty_provider_lose_nobody_and_mail_nobody_twice(
    frozen, folder, processes
):
    trial = torture.play(folder, frozen, COURSE, seed=4)
    assert trial.broken == ()
    assert trial.kills >= 45
    assert trial.held <= trial.in_doubt <= trial.ambiguous * COURSE.size
