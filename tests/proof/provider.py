"""The provider of the simulated world: it loses answers, repeats events, and keeps a ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.domain.event import Event, EventKind
from newsletter.domain.mailing import Receipt
from newsletter.errors import Busy, Refusal, Rejected, Uncertain
from newsletter.events.ingest import ingest

if TYPE_CHECKING:
    from newsletter.domain.mailing import Mailing
    from tests.proof.hosts import Hosts
    from tests.proof.world import World

FATES = {
    "accepted": 60,
    "accepted, answer lost": 8,
    "lost": 5,
    "late": 5,
    "busy": 6,
    "refused one": 4,
    "too large": 3,
    "refused": 1,
    "account": 1,
}
BUSY_FOR = (None, 0.0, 3.0, 20.0)
KINDS = (EventKind.PROCESSED, EventKind.DELIVERED, EventKind.BOUNCED, EventKind.COMPLAINED)
MARGIN = 600
"""Seconds before mail leaves, from which on a cancellation may or may not be honoured."""


class Provider:
    """Takes mailings, and posts events of what it took to the webhook."""

    name = "simulated"
    largest_batch = 1000
    fates = FATES

    def __init__(self, world: World, hosts: Hosts) -> None:
        self.world, self.hosts, self.chance = world, hosts, world.chance
        self.facts: list[dict] = []
        self.posts = 0

    def submit(self, mailing: Mailing) -> Receipt:
        self.world.live()
        self.posts += 1
        self.travel()
        fate = self.fate()
        self.world.note(f"posts {mailing.attempt[:6]} to {len(mailing.recipients)}: {fate}")
        if fate.startswith("accepted"):
            self.accept(mailing)
        if fate == "late":
            after = self.chance.uniform(1, 900)
            self.world.spawn("network", lambda: self.accept(mailing), after=after)
        self.travel()
        return self.answer(fate, mailing)

    def travel(self) -> None:
        """Bytes are under way."""
        self.world.pause(self.chance.uniform(0, 2))

    def fate(self) -> str:
        if not self.hosts.troubled:
            return "accepted"
        return self.chance.choices(list(self.fates), list(self.fates.values()))[0]

    def answer(self, fate: str, mailing: Mailing) -> Receipt:
        match fate:
            case "accepted":
                return Receipt(reference=mailing.attempt, status=202)
            case "busy":
                raise Busy("busy", retry_after=self.chance.choice(BUSY_FOR))
            case "refused one":
                place = self.chance.randrange(len(mailing.recipients))
                raise Rejected("one", refusal=Refusal.RECIPIENTS, positions=(place,))
            case "too large":
                raise Rejected("too large", refusal=Refusal.SIZE)
            case "refused":
                raise Rejected("refused", refusal=Refusal.MESSAGE)
            case "account":
                raise Rejected("account", refusal=Refusal.ACCOUNT)
            case _:
                raise Uncertain("lost")

    def accept(self, mailing: Mailing) -> None:
        people = [[one.address, one.delivery] for one in mailing.recipients]
        fact = {
            "fact": "accepted",
            "attempt": mailing.attempt,
            "campaign": mailing.message.campaign,
            "batch_id": mailing.recall,
            "people": people,
        }
        self.facts.append(fact)
        now = self.world.now()
        kept = (mailing.send_at - now).total_seconds() if mailing.send_at else 0.0
        for _ in range(self.chance.randint(0, 3)):  # posts of the webhook, repeated and shuffled
            told = [
                self.event(mailing.attempt, *one, self.chance.choice(KINDS))
                for one in self.chance.choices(people, k=self.chance.randint(1, 3))
            ]
            after = max(kept, 0.0) + self.chance.choice([0.0, self.chance.uniform(0, 7200)])
            self.world.spawn("webhook", lambda told=told: self.tell(fact, told), after=after)

    def event(self, attempt: str, address: str, delivery: str, kind: EventKind) -> Event:
        return Event(
            key=f"{kind}-{delivery}-{attempt}",
            kind=kind,
            at=self.world.now(),
            address=address,
            delivery=int(delivery),
            attempt=attempt,
            permanent=kind is EventKind.BOUNCED,
        )

    def tell(self, fact: dict, told: list[Event]) -> None:
        """Nothing is told of what was discarded."""
        if fact["batch_id"] and fact["batch_id"] in self.stopped():
            return
        self.world.note(f"tells of {fact['attempt'][:6]}: {', '.join(one.kind for one in told)}")
        ingest(self.hosts.quiet, told, clock=self.world)

    def stopped(self) -> set[str]:
        return {fact["batch_id"] for fact in self.facts if fact["fact"] == "stop"}


class KeepingProvider(Provider):
    """Keeps mailings until their hour, and discards what it is told to in time (ports.Recalling).

    Its answers to that get lost as well. A request that arrives after its id was cancelled is
    discarded, which the operator's live checks are to show of the real one.
    """

    fates = FATES | {"accepted, answer lost": 30, "lost": 20}  # for these are what a fuse is for

    def __init__(self, world: World, hosts: Hosts) -> None:
        super().__init__(world, hosts)
        self.leaves: dict[str, float] = {}  # id → the first moment at which mail under it leaves

    def submit(self, mailing: Mailing) -> Receipt:
        leaves = (mailing.send_at - self.world.now()).total_seconds() + self.world.seconds
        known = self.leaves.get(mailing.recall, leaves)
        self.leaves[mailing.recall] = min(known, leaves)
        return super().submit(mailing)

    def new_recall(self) -> str:
        self._exchange("asks for an id")
        self.facts.append({"fact": "batch", "batch_id": self.world.token()})
        return self.facts[-1]["batch_id"]

    def discard(self, recall: str) -> None:
        lost = self._exchange(f"discards {recall[:6]}")
        left = self.leaves.get(recall, self.world.seconds) - self.world.seconds
        if left > MARGIN or (left > 0 and self.chance.random() < 0.5):
            self.facts.append({"fact": "stop", "batch_id": recall, "status": "cancel"})
        if lost:
            raise Uncertain("lost")

    def discarded(self, recall: str) -> bool:
        self._exchange(f"is asked about {recall[:6]}")
        return recall in self.stopped()

    def _exchange(self, what: str) -> bool:
        """One request and its answer; raises where it never arrived, True where the answer is
        lost.
        """
        self.world.live()
        self.travel()
        if not self.hosts.troubled or self.chance.random() < 0.5:
            self.world.note(what)
            return False
        if self.chance.random() < 0.5:
            self.world.note(f"{what}, in vain")
            raise Busy("busy", retry_after=5.0)
        self.world.note(f"{what}, and the answer is lost")
        return True
