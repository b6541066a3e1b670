"""F04 at the size of CI; `make torture` runs it at full size."""

import pytest

from tests.proof import stage, torture

GROWTH = 8  # megabytes
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


def test_f53_memory_does_not_grow_with_the_audience(start, new_simulator, folder):
    simulator = new_simulator(folder / "provider")
    peaks = []
    for people in (5_000, 40_000):
        course = torture.Course(people, size=500, kills=0)
        frozen = torture.template(folder / str(people), course)
        frozen.configure(host=simulator.url, size=course.size)
        report = folder / f"{people}.txt"
        start(stage.send_and_weigh, frozen, report).join()
        peaks.append(int(report.read_text()))
    assert peaks[1] - peaks[0] < GROWTH * 1024
