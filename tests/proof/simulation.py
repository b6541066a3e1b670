"""Whole sends in a world of chance: senders that die, answers that get lost, people who leave.

`python -m tests.proof.simulation 10000` plays that many seeds and prints the history of the first
that breaks a promise; `python -m tests.proof.simulation --seed 4711` plays one and prints it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import traceback
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

from sqlalchemy import select

from newsletter.config import Sending
from newsletter.delivery import dispatch as sender
from newsletter.delivery.dispatch import Dispatch
from newsletter.delivery.recall import recall
from newsletter.domain.campaign import CAMPAIGN_MOVES, CampaignState, Step
from newsletter.domain.token import derive_key
from newsletter.errors import NewsletterError
from newsletter.store import campaigns, consent, schema, senders
from newsletter.store.engine import reading, writing
from tests.proof import stage
from tests.proof.checker import violations
from tests.proof.hosts import HOSTS, Hosts
from tests.proof.provider import KeepingProvider, Provider
from tests.proof.world import Killed, Lock, Pool, Process, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine


ENDS = (CampaignState.DONE, CampaignState.UNSETTLED, CampaignState.CANCELLED)


class Simulation:
    """One seed's world: a campaign of a few people, two or three senders, a provider, a webhook."""

    def __init__(self, seed: int, hosts: Hosts) -> None:
        self.world = World(seed)
        self.chance = self.world.chance
        self.hosts = hosts
        hosts.begin(self.world)
        keeps = self.chance.random() < 0.15
        self.provider = (KeepingProvider if keeps else Provider)(self.world, hosts)
        self.settings = self.some_settings(keeps)
        self.people = self.chance.randint(1, 14)
        stage.people(hosts.quiet, self.people)
        stage.freeze(hosts.quiet, size=self.chance.randint(1, 4))

    def some_settings(self, keeps: bool) -> Sending:
        """An undo window and its fuse, a pace: or none of them."""
        asked: dict[str, object] = {"provider": "sendgrid"}
        if keeps:
            asked |= {"hold_for": "40m", "fuse": self.chance.random() < 0.7}
        if self.chance.random() < 0.1:
            asked |= {"pace": {"per_hour": self.chance.choice([20, 60])}}
        return Sending(**asked)

    def play(self) -> list[str]:
        """The promises that were broken, in words."""
        self.chaos()
        self.aftermath()
        posts = self.provider.posts
        self.sends_once_more()
        ledger = self.hosts.folder / "ledger.jsonl"
        ledger.write_text("".join(json.dumps(fact) + "\n" for fact in self.provider.facts))
        found = violations(str(self.hosts.file), ledger)
        again = self.provider.posts != posts
        return found + ["I7 another run of a send that had ended posted again"] * again

    def chaos(self) -> None:
        """Senders come and go, and each of them may die at any moment."""
        for number in range(self.chance.randint(2, HOSTS)):
            self.world.spawn(f"host {number}", lambda number=number: self.keep_sending(number))
        for number in self.chance.choices(range(1, self.people + 1), k=self.chance.randint(0, 2)):
            after = self.chance.uniform(0, 40)
            self.world.spawn("reader", lambda number=number: self.leave(number), after=after)
        if self.chance.random() < 0.3:
            self.world.spawn("operator", self.stop, after=self.chance.uniform(0, 40))
        self.world.run()

    def aftermath(self) -> None:
        """Nothing goes wrong any more; what is on its way arrives, and all comes to its end."""
        self.hosts.troubled = False
        while self.sends_once_more() not in ENDS:
            pass
        self.world.run()

    # senders

    def keep_sending(self, number: int) -> None:
        """Start a sender, and start it again when it has died, a few times."""
        engine = self.hosts.senders[number]
        for _ in range(self.chance.randint(1, 4)):
            life = self.chance.choice([None, self.chance.randint(0, 300)])
            process = Process(f"sender {number}", life)
            sender = self.world.spawn(process.name, lambda: self.send(engine), process=process)
            self.world.wait_for(sender)
            if sender.error is not None and not isinstance(sender.error, Killed):
                raise sender.error
            engine.dispose()
            self.world.pause(self.chance.uniform(0, 60))

    def send(self, engine: Engine) -> None:
        """One run of a sender, unless there is nothing to do."""
        try:
            with reading(engine) as connection:
                campaign = campaigns.every(connection)[0]
            if campaign.state in (CampaignState.DONE, CampaignState.CANCELLED):
                return
            ended = self.dispatch(engine).run(campaign)
        except NewsletterError as error:
            self.world.note(f"gives up: {error}")
        else:
            self.world.note(f"ends, the campaign is {ended.state} {ended.reason}")

    def dispatch(self, engine: Engine) -> Dispatch:
        return Dispatch(
            engine=engine,
            provider=self.provider,
            clock=self.world,
            randomness=self.world,
            key=derive_key(b"a secret of the simulation", "unsubscribe"),
            progress=lambda _: None,
            concurrency=self.chance.randint(1, 3),
            settings=self.settings,
        )

    def sends_once_more(self) -> CampaignState:
        self.world.run(self.world.spawn("operator", lambda: self.send(self.hosts.quiet)))
        with reading(self.hosts.quiet) as connection:
            return campaigns.get(connection, 1).state

    # others

    def leave(self, number: int) -> None:
        """A reader unsubscribes."""
        entry = schema.subscription
        query = select(entry.c.id).where(entry.c.subscriber_id == number)
        with writing(self.hosts.quiet) as connection:
            subscription = connection.execute(query).scalar_one()
            consent.unsubscribe(connection, subscription, at=self.world.now())
        self.world.note(f"{number} unsubscribes")

    def call_back(self) -> None:
        with reading(self.hosts.quiet) as connection:
            campaign = campaigns.get(connection, 1)
        step = Step(self.world.now(), "proof")
        try:
            told = recall(self.hosts.quiet, self.provider, self.world, campaign, step)
        except NewsletterError as error:
            self.world.note(f"cannot call back: {error}")
        else:
            self.world.note(f"called back: {told}")

    def stop(self) -> None:
        """A person pauses, or now and then cancels, or calls everything back."""
        if isinstance(self.provider, KeepingProvider) and self.chance.random() < 0.5:
            self.call_back()
            return
        after = CampaignState(self.chance.choice(["paused", "paused", "cancelled"]))
        with writing(self.hosts.quiet) as connection:
            campaign = campaigns.hold(connection, 1)
            if after in CAMPAIGN_MOVES[campaign.state]:
                stage.move(connection, campaign, after, at=self.world.now())
        self.world.note(f"wants it {after}")


@contextmanager
def one_thread(world: World) -> Iterator[None]:
    """Senders take their threads, and the locks among these, from the world."""
    pool = type("Pool", (Pool,), {"world": world})
    modules = [
        module
        for name, module in sys.modules.items()
        if name.startswith("newsletter.") and hasattr(module, "ThreadPoolExecutor")
    ]
    patches = [mock.patch.object(module, "ThreadPoolExecutor", pool) for module in modules]
    # Whoever waits for an hour asks twenty times a world, and not 700 times.
    patches.append(mock.patch.object(sender, "LOOK_AGAIN", timedelta(minutes=3)))
    for module, name, lock in ((sender, "Undo", "_asking"), (senders, "Sender", "_renewing")):
        made = partial(_with_lock, world, getattr(module, name), lock)
        patches.append(mock.patch.object(module, name, made))
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in patches:
            patch.stop()


def _with_lock(world: World, kind: type, name: str, *parts: object) -> object:
    """A real lock that tasks of one thread wait for would never come free."""
    made = kind(*parts)
    setattr(made, name, Lock(world))
    return made


def play(seed: int, hosts: Hosts) -> tuple[list[str], list[str]]:
    """What one seed breaks, and its history."""
    simulation = Simulation(seed, hosts)
    with one_thread(simulation.world):
        try:
            found = simulation.play()
        except Exception:  # noqa: BLE001 - whatever it is, the seed and its history tell it
            found = [traceback.format_exc()]
    hosts.end()
    return found, simulation.world.history


@contextmanager
def some_hosts() -> Iterator[Hosts]:
    """Hosts with their database in memory, where there is a folder for that."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as name:
        yield Hosts(Path(name))


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("seeds", nargs="?", type=int, default=200, help="how many, from --from on")
    options.add_argument("--from", dest="first", type=int, default=0)
    options.add_argument("--seed", type=int, help="play this one, and print its history")
    chosen = options.parse_args()
    only = chosen.seed is not None
    seeds = [chosen.seed] if only else range(chosen.first, chosen.first + chosen.seeds)
    with some_hosts() as hosts:
        for seed in seeds:
            found, history = play(seed, hosts)
            if found or only:
                print(
                    "\n".join(history), f"seed {seed}:", *found or ["every promise holds"], sep="\n"
                )
            if found:
                return 1
    print(f"{len(seeds):,} seeds: nobody twice, nobody lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
