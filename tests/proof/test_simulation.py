"""Two hundred seeds of the simulated world; `make simulate` plays more."""

import pytest

from tests.proof import simulation

SEEDS, PART = 200, 50


@pytest.fixture(scope="module")
def hosts():
    with simulation.some_hosts() as made:
        yield made


@pytest.mark.parametrize("first", range(0, SEEDS, PART))
def test_no_seed_mails_anybody_twice_or_loses_anybody(hosts, first):
    broken = {}
    for seed in range(first, first + PART):
        found, history = simulation.play(seed, hosts)
        if found:
            broken[seed] = "\n".join([*history, *found])
    assert not broken, "\n\n".join(f"seed {seed}\n{story}" for seed, story in broken.items())


def test_a_seed_has_one_history(hosts):
    assert simulation.play(7, hosts) == simulation.play(7, hosts)
