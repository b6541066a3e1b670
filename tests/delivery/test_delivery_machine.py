"""Any history of people, answers, crashes and events, against a model that is a few plain dicts.

The judge is what the provider accepted and what it was told by the model, never the sender.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event, insert, select, update

from newsletter.config.sending import Sending
from newsletter.delivery.settle import settle
from newsletter.domain.address import address_digest, blank, plain_address
from newsletter.domain.campaign import (
    BATCH_MOVES,
    CAMPAIGN_MOVES,
    DELIVERY_OF_BATCH,
    BatchState,
    CampaignState,
    Step,
)
from newsletter.domain.event import Event, EventKind
from newsletter.domain.mailing import Receipt
from newsletter.errors import Busy, Refusal, Rejected, Uncertain
from newsletter.events.ingest import ingest
from newsletter.store import accounting, audience, campaigns, consent, control, erasure, schema
from newsletter.store.engine import pepper, reading, writing

SIZE = 2
SETTINGS = Sending(provider="sendgrid", tracking=("opens", "clicks"))
EXAMPLES = {"sqlite": 40, "postgresql": 12}

ANSWERS = (
    "accepted",
    "accepted, events first",
    "accepted, answer lost",
    "accepted, events first, answer lost",
    "not accepted, answer lost",
    "busy",
    "first recipient refused",
    "too large",
    "account refused",
)
LISTS = ("weekly", "gems")
IF_MAILED = {"submitted", "unknown", "held", "planned"}  # planned: a crash came before the record
IF_NOT = {"planned", "suppressed", "rejected", "unknown", "held", "cancelled"}
WITHOUT_IT = ("suppressed", "rejected", "cancelled")
ENDS = (CampaignState.DONE, CampaignState.CANCELLED)


class Crash(BaseException):
    """The process is gone: nothing catches this, and nothing works after it."""


class Machine(RuleBasedStateMachine):
    """One workspace with its readers, its campaigns and its provider."""

    def __init__(self, engine, subscribe, freeze, dispatch, clock, folder):
        super().__init__()
        self.engine, self.subscribe, self.freeze = engine, subscribe, freeze
        self.dispatch, self.clock = dispatch, clock
        self.people = []  # addresses
        self.subscribed = set()  # (address, list)
        self.suppressed = set()  # addresses
        self.agreed = set()  # addresses, to be tracked
        self.frozen = {}  # campaign id → (issue, list, addresses to be mailed)
        self.ledger = []  # (campaign id, attempt, {address: delivery id}), as accepted
        self.posts = 0
        self.script = []  # answers to come
        self.life = None  # moments left until the crash
        self.erased = {}  # what stands for an address in the books → the address
        self.endings = {}  # delivery id → how it ended by itself
        event.listen(engine, "before_cursor_execute", self.live)
        self.commit = engine.dialect.do_commit
        engine.dialect.do_commit = self.committing
        with writing(engine) as connection:
            for table in reversed(schema.metadata.sorted_tables):
                if table is not schema.workspace:
                    connection.execute(table.delete())
            connection.execute(schema.workspace.update().values(generation=0, host=None))
        for mark in folder.rglob("*.mark"):  # another database begins here
            mark.unlink()

    def teardown(self):
        """Whatever happened: run again, all comes to its end, and after that nothing is posted."""
        self.life, self.script = None, []
        for _ in range(2):
            for campaign_id in self.frozen:
                self.run_to_the_end(campaign_id)
        self.books_are_right()
        posts = self.posts
        for campaign_id in self.frozen:
            self.run_to_the_end(campaign_id)
        event.remove(self.engine, "before_cursor_execute", self.live)
        del self.engine.dialect.do_commit
        assert self.posts == posts
        for campaign_id in self.frozen:
            state, people, _ = self.read(campaign_id)
            assert state in (CampaignState.DONE, CampaignState.UNSETTLED, CampaignState.CANCELLED)
            assert state is CampaignState.CANCELLED or "planned" not in people.values()

    # the world

    def live(self, *_):
        """One more moment; the process may end in it, and has no others after that."""
        if self.life is not None:
            self.life -= 1
            if self.life < 0:
                raise Crash

    def committing(self, connection):
        self.live()
        self.commit(connection)
        self.live()

    name = "machine"
    largest_batch = 1000

    def submit(self, mailing):
        self.live()
        self.posts += 1
        campaign_id = int(mailing.message.campaign)
        for recipient in mailing.recipients:
            assert self.mailable(recipient.address, self.frozen[campaign_id][1]), (
                "against their will"
            )
            assert not mailing.tracking or recipient.address in self.agreed
        answer = self.script.pop(0) if self.script else "accepted"
        if answer.startswith("accepted"):
            people = {one.address: int(one.delivery) for one in mailing.recipients}
            self.ledger.append((campaign_id, mailing.attempt, people))
        self.live()
        if "events first" in answer:
            self.tell(self.ledger[-1], EventKind.PROCESSED)
        return self.answered(answer, mailing)

    def answered(self, answer, mailing):
        if "lost" in answer:
            raise Uncertain("lost")
        if answer == "busy":
            raise Busy("busy", retry_after=5)
        if answer == "first recipient refused":
            raise Rejected("refused", refusal=Refusal.RECIPIENTS, positions=(0,))
        if answer == "too large":
            raise Rejected("too large", refusal=Refusal.SIZE)
        if answer == "account refused":
            raise Rejected("refused", refusal=Refusal.ACCOUNT)
        return Receipt(reference=mailing.attempt, status=202)

    def tell(self, accepted, kind, repeats=1, everybody=False):
        """Events about an accepted mailing; the model hears of them, too."""
        campaign_id, attempt, people = accepted
        chosen = people if everybody else list(people)[:1]
        told = [
            Event(
                key=f"{kind}-{people[address]}",
                kind=kind,
                at=self.clock.now(),
                address=address,
                delivery=people[address],
                attempt=attempt,
                permanent=kind is EventKind.BOUNCED,
            )
            for address in chosen
        ]
        ingest(self.engine, told * repeats, clock=self.clock)
        if kind in (EventKind.COMPLAINED, EventKind.BOUNCED):
            self.suppressed |= set(chosen)
        if kind is EventKind.UNSUBSCRIBED:
            self.subscribed -= {(one, self.frozen[campaign_id][1]) for one in chosen}

    def mailable(self, address, list_key):
        return (address, list_key) in self.subscribed and address not in self.suppressed

    # what people do

    @initialize(people=st.integers(1, 7))
    def begin(self, people):
        self.come(people)
        self.fix("weekly", 1)

    @precondition(lambda self: len(self.people) < 12)
    @rule(people=st.integers(1, 3))
    def come(self, people):
        """Everybody subscribes to the one list, and every second person to the other as well."""
        start = len(self.people) + 1
        self.subscribe(self.engine, people, start=start)
        for number in range(start, start + people):
            self.people.append(f"reader{number}@example.com")
            self.subscribed.add((self.people[-1], "weekly"))
            self.answer(number - 1, agrees=number % 3 > 0)
            if number % 2:
                self.subscribed.add((self.people[-1], "gems"))
                with writing(self.engine) as connection:
                    both = {"subscriber_id": number, "list_key": "gems", "status": "subscribed"}
                    since = {"consent_source": "test", "subscribed_at": self.clock.now()}
                    connection.execute(insert(schema.subscription).values(both | since))

    @rule(number=st.integers(0, 11))
    def suppress(self, number):
        number %= len(self.people)
        if self.people[number] in self.erased.values():
            return
        person = schema.subscriber
        with writing(self.engine) as connection:
            digest = select(person.c.digest).where(person.c.id == number + 1)
            digest = connection.execute(digest).scalar_one()
            audience.suppress(connection, digest, reason="asked", at=self.clock.now())
        self.suppressed.add(self.people[number])

    @rule(number=st.integers(0, 11), agrees=st.booleans())
    def answer(self, number, agrees):
        """Somebody agrees to be tracked, or takes that back."""
        number %= len(self.people)
        person = schema.subscriber
        with writing(self.engine) as connection:
            here = person.c.id == number + 1
            connection.execute(update(person).where(here).values(tracking=agrees))
        (self.agreed.add if agrees else self.agreed.discard)(self.people[number])

    @precondition(lambda self: self.subscribed)
    @rule(number=st.integers(0, 20))
    def unsubscribe(self, number):
        address, list_key = sorted(self.subscribed)[number % len(self.subscribed)]
        entry, person = schema.subscription, schema.subscriber
        with writing(self.engine) as connection:
            subscription = connection.execute(
                select(entry.c.id)
                .join(person, person.c.id == entry.c.subscriber_id)
                .where(person.c.address == address, entry.c.list_key == list_key)
            ).scalar_one()
            consent.unsubscribe(connection, subscription, at=self.clock.now())
        self.subscribed.remove((address, list_key))

    @rule(list_key=st.sampled_from(LISTS), issue=st.integers(1, 2))
    def fix(self, list_key, issue):
        """Freeze an issue for a list; who has it, or may still get it, by the other is left out."""
        earlier = [one for one, (other, *_) in self.frozen.items() if other == issue]
        if any(self.frozen[one][1] == list_key for one in earlier):
            return
        has_it = set()
        for one in earlier:
            stands = self.read(one)[1].items()
            has_it |= {who for who, state in stands if state not in WITHOUT_IT}
        campaign = self.freeze(
            self.engine,
            size=SIZE,
            issue=f"issue-{issue}",
            list_key=list_key,
            tracking=SETTINGS.noted,
        )
        people = {one for one in self.people if self.mailable(one, list_key)} - has_it
        self.frozen[campaign.id] = (issue, list_key, people)

    @rule(
        place=st.integers(0, 2),
        script=st.lists(st.sampled_from(ANSWERS), max_size=5),
        life=st.none() | st.integers(0, 60),
    )
    def send(self, place, script, life):
        self.script = list(script)
        self.crashing(life, lambda: self.run(self.campaign(place)))

    @precondition(lambda self: self.ledger)
    @rule(
        place=st.integers(0, 30),
        kind=st.sampled_from(list(EventKind)),
        repeats=st.integers(1, 3),
        everybody=st.booleans(),
    )
    def hear(self, place, kind, repeats, everybody):
        self.tell(self.ledger[place % len(self.ledger)], kind, repeats, everybody)

    @rule(
        place=st.integers(0, 2),
        after=st.sampled_from([CampaignState.PAUSED, CampaignState.CANCELLED]),
    )
    def stop(self, place, after):
        do = control.pause if after is CampaignState.PAUSED else control.cancel
        with writing(self.engine) as connection:
            campaign = campaigns.hold(connection, self.campaign(place))
            if after in CAMPAIGN_MOVES[campaign.state]:
                do(connection, campaign, Step(self.clock.now(), "ada"))

    @rule(number=st.integers(0, 11))
    def forget(self, number):
        """Erase a person: what was frozen of them stays without their name, and they are mailed no
        more.
        """
        address = self.people[number % len(self.people)]
        with writing(self.engine) as connection:
            step = Step(self.clock.now(), "ada", "the person was erased")
            erasure.erase(connection, plain_address(address), step)
            digest = address_digest(pepper(connection), address)
        self.erased[blank(digest)] = address
        self.subscribed -= {one for one in self.subscribed if one[0] == address}

    @rule(hours=st.integers(20, 30))
    def wait_for_evidence(self, hours):
        """Time goes by, and what nobody told anything of for a day is held for a person."""
        self.clock.advance(hours * 3600)
        settle(self.engine, self, self.clock, fuse=False, webhook=True)

    @rule(place=st.integers(0, 2), after=st.sampled_from([BatchState.READY, BatchState.CANCELLED]))
    def decide(self, place, after):
        """A person has looked at the provider, and decides each doubt by what is there."""
        accepted = {attempt for _, attempt, _ in self.ledger}
        step = Step(self.clock.now(), "ada", "looked at the provider")
        campaign_id = self.campaign(place)
        with writing(self.engine) as connection:
            for doubt in accounting.doubtful(connection, campaign_id):
                campaign = campaigns.get(connection, campaign_id)
                ended = campaign.state is CampaignState.CANCELLED
                word = BatchState.CANCELLED if ended else after
                if doubt.attempt in accepted:
                    word = BatchState.SUBMITTED
                control.decide(connection, campaign, doubt.sequence, word, step)

    def campaign(self, place):
        return list(self.frozen)[place % len(self.frozen)]

    def crashing(self, life, work):
        self.life = life
        try:
            work()
        except Crash:
            self.engine.dispose()
        finally:
            self.life = None

    def run(self, campaign_id):
        with reading(self.engine) as connection:
            campaign = campaigns.get(connection, campaign_id)
        if campaign.state not in ENDS:
            self.dispatch(self, engine=self.engine, settings=SETTINGS).run(campaign)

    def run_to_the_end(self, campaign_id):
        for _ in range(3):
            self.run(campaign_id)

    # what must hold at every moment

    def read(self, campaign_id):
        """A campaign's state, its deliveries' by address, and its sums."""
        people, batch = schema.delivery, schema.batch
        with reading(self.engine) as connection:
            campaign = campaigns.get(connection, campaign_id)
            rows = connection.execute(
                select(people.c.canonical, people.c.ending, batch.c.state)
                .join_from(people, batch, people.c.batch_id == batch.c.id)
                .where(people.c.campaign_id == campaign_id)
            )
            states = {
                self.erased.get(person, person): ending or DELIVERY_OF_BATCH[state]
                for person, ending, state in rows
            }
            return campaign.state, states, accounting.account(connection, campaign_id)

    @invariant()
    def nobody_twice(self):
        times = Counter(
            (self.frozen[campaign_id][0], address)
            for campaign_id, _, people in self.ledger
            for address in people
        )
        assert not [who for who, often in times.items() if often > 1]

    @invariant()
    def books_are_right(self):
        for campaign_id, (_, _, planned) in self.frozen.items():
            state, people, sums = self.read(campaign_id)
            mailed = {who for one, _, all_ in self.ledger if one == campaign_id for who in all_}
            assert sums.balances
            assert mailed <= planned == set(people)
            for address, stands in people.items():
                assert stands in (IF_MAILED if address in mailed else IF_NOT), (address, stands)
            if state is CampaignState.DONE:
                assert not {"planned", "unknown"} & set(people.values())

    @invariant()
    def what_has_ended_stays_ended_and_every_move_is_logged(self):
        people, batch, campaign = schema.delivery, schema.batch, schema.campaign
        with reading(self.engine) as connection:
            endings = dict(connection.execute(select(people.c.id, people.c.ending)).all())
            batches = dict(connection.execute(select(batch.c.id, batch.c.state)).all())
            states = dict(connection.execute(select(campaign.c.id, campaign.c.state)).all())
        assert all(endings[one] == ending for one, ending in self.endings.items() if ending)
        self.endings = endings
        for (campaign_id, batch_id), state in self.logged().items():
            assert state == (batches[batch_id] if batch_id else states[campaign_id])

    def logged(self):
        """Where the log leaves each campaign and batch; no move in it is forbidden or missing."""
        log = schema.transition
        columns = (log.c.campaign_id, log.c.batch_id, log.c.before, log.c.after)
        with reading(self.engine) as connection:
            moves = connection.execute(select(*columns).order_by(log.c.id)).all()
        reached = {}
        for campaign_id, batch_id, before, after in moves:
            assert before == reached.get((campaign_id, batch_id), "ready" if batch_id else "")
            if batch_id:
                assert BatchState(after) in BATCH_MOVES[BatchState(before)]
            elif before:
                assert CampaignState(after) in CAMPAIGN_MOVES[CampaignState(before)]
            reached[campaign_id, batch_id] = after
        return reached


def test_any_history_ends_with_nobody_twice_and_nobody_lost(
    engine, subscribe, freeze, dispatch, clock, tmp_path
):
    run_state_machine_as_test(
        lambda: Machine(engine, subscribe, freeze, dispatch, clock, tmp_path),
        settings=settings(
            max_examples=EXAMPLES[engine.dialect.name],
            stateful_step_count=12,
            phases=(Phase.reuse, Phase.generate),  # 12 steps can be read; to shrink takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
