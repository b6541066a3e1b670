"""Two hundred seeds of the simulated world; `make simulate` plays more."""

import pytest

from newsletter.store.senders import Sender
from tests.proof import simulation
from tests.proof.world import World

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


def test_who_waits_for_a_lock_lets_the_others_go_on(hosts):
    """The threads of a sender whose lock was lost all want a new one, and one of them takes it."""
    world = World(1)
    hosts.begin(world)
    with simulation.one_thread(world):
        sender = simulation.senders.Sender(hosts.senders[0], None, world)
        assert isinstance(sender, Sender)
        sender.release()
        asked = [world.spawn("sender", sender.number) for _ in range(3)]
        world.run(*asked)
        sender.release()
    assert [one.outcome for one in asked] == [asked[0].outcome] * 3
