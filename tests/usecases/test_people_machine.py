"""People come, confirm, leave, are imported, suppressed and erased, in any order, as in a model."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from newsletter.domain.address import Address, address_digest
from newsletter.domain.token import Purpose
from newsletter.errors import AudienceError
from newsletter.store import erasure, provider_lists, schema
from newsletter.store.engine import pepper, reading, writing
from newsletter.store.provider_lists import Listing
from newsletter.usecases import privacy, readers, signups, suppressions
from newsletter.usecases.subscribers import import_people

PEOPLE = tuple(f"{name}@example.com" for name in ("ada", "bob"))
EXAMPLES, STEPS = 20, 20
people = st.sampled_from(PEOPLE)


@dataclass
class Model:
    """What should be true of one address: on the list, off it, or never there (None)."""

    subscribed: bool | None = None
    suppressed: str = ""
    waiting: bool = False  # a sign-up that can be confirmed
    worse: bool = False  # suppressed by more than a wish of their own when they were erased

    @property
    def may_return(self) -> bool:
        return not self.worse and self.suppressed in ("", "unsubscribed", "erased")

    @property
    def mailable(self) -> bool:
        return self.subscribed is True and not self.suppressed


class PeopleMachine(RuleBasedStateMachine):
    """Against a real database; `workspace` and `folder` are set by the test."""

    workspace = None
    folder = None
    reset = None

    @initialize()
    def nobody(self):
        type(self).reset()
        self.model = {person: Model() for person in PEOPLE}

    @rule(person=people)
    def sign_up(self, person):
        self.pass_time()
        word = signups.form_word(self.workspace)
        self.pass_time(10)
        form = signups.Form(person, ("weekly",), "en", "I agree.", word)
        assert signups.ask(self.workspace, form, network=None) is signups.Answer.ASKED
        one = self.model[person]
        one.waiting = one.waiting or one.may_return

    @rule(person=people)
    def confirm(self, person):
        self.pass_time()
        number = self.number(schema.signup, person)
        word = self.workspace.keys.sign_at(
            Purpose.CONFIRM, number or 999_999, self.workspace.clock.now()
        )
        for _ in range(2):  # twice is once
            signups.confirm(self.workspace, word)
        one = self.model[person]
        if one.waiting:
            one.subscribed, one.waiting = True, False
            one.suppressed = "" if one.may_return else one.suppressed

    @rule(person=people, twice=st.booleans())
    def leave(self, person, twice):
        self.pass_time()
        number = self.number(schema.subscriber, person)
        subscription = self.subscription(number)
        word = self.workspace.keys.sign(Purpose.UNSUBSCRIBE, subscription or 999_999, 0)
        for _ in range(1 + twice):
            readers.unsubscribe(self.workspace, word)
        one = self.model[person]
        one.subscribed = False if one.subscribed is not None else None

    @rule(some=st.sets(people, min_size=1))
    def import_file(self, some):
        self.pass_time()
        path = self.folder / "people.csv"
        path.write_text("\n".join(["email", *sorted(some), ""]), encoding="utf-8")
        assert import_people(self.workspace, path, list_keys=("weekly",)).kept
        for person in some:
            one = self.model[person]
            if not one.suppressed and one.subscribed is None:
                one.subscribed = True

    @rule(person=people)
    def suppress(self, person):
        self.pass_time()
        new = suppressions.suppress(self.workspace, person, reason="by phone", by="Bea")
        assert new is (self.model[person].suppressed == "")
        self.model[person].suppressed = self.model[person].suppressed or "by hand"

    @rule(person=people)
    def lift(self, person):
        self.pass_time()
        one = self.model[person]
        if one.suppressed == "erased":
            with pytest.raises(AudienceError, match="was erased"):
                suppressions.lift(self.workspace, person, reason="mended", by="Bea")
            return
        was = suppressions.lift(self.workspace, person, reason="mended", by="Bea")
        assert was == one.suppressed
        one.suppressed = ""

    @rule(person=people)
    def unsubscribe_at_the_provider(self, person):
        """From everything; whoever is unknown here is kept from being brought in."""
        self.pass_time()
        now, one = self.workspace.clock.now(), self.model[person]
        with writing(self.workspace.engine) as connection:
            provider_lists.leave_listed(connection, [Listing(person, now)], told_at=now)
        if one.subscribed is None:
            one.suppressed = one.suppressed or "unsubscribed"
        else:
            one.subscribed = False

    @rule(person=people)
    def erase(self, person):
        self.pass_time()
        step = privacy.Step(self.workspace.clock.now(), "Bea", "erased")
        with writing(self.workspace.engine) as connection:
            erasure.erase(connection, Address(person, person), step)
        one = self.model[person]
        worse = one.worse or one.suppressed == "by hand"
        self.model[person] = Model(suppressed="erased", worse=worse)

    @invariant()
    def the_database_says_what_the_model_says(self):
        if not hasattr(self, "model"):
            return
        assert self.truth() == {
            person: (one.subscribed, one.suppressed) for person, one in self.model.items()
        }

    @invariant()
    def nobody_erased_is_named_anywhere(self):
        erased = [person for person, one in getattr(self, "model", {}).items()
                  if one.suppressed == "erased" and not one.waiting]  # fmt: skip
        with reading(self.workspace.engine) as connection:
            for table in (schema.subscriber, schema.signup, schema.delivery):
                named = connection.execute(
                    select(table.c.canonical).where(table.c.canonical.in_(erased))
                )
                assert named.scalars().all() == []

    def truth(self):
        """Address → (on the list, why suppressed)."""
        person, entry, kept = schema.subscriber, schema.subscription, schema.suppression
        with reading(self.workspace.engine) as connection:
            key = pepper(connection)
            known = {
                row[0]: row[1] == "subscribed"
                for row in connection.execute(
                    select(person.c.canonical, entry.c.status).join_from(
                        entry, person, entry.c.subscriber_id == person.c.id
                    )
                )
            }
            reasons = {
                row[0]: row[1] for row in connection.execute(select(kept.c.digest, kept.c.reason))
            }
        return {one: (known.get(one), reasons.get(address_digest(key, one), "")) for one in PEOPLE}

    def number(self, table, person):
        with reading(self.workspace.engine) as connection:
            query = select(table.c.id).where(table.c.canonical == person)
            return connection.execute(query).scalar_one_or_none()

    def subscription(self, subscriber):
        with reading(self.workspace.engine) as connection:
            table = schema.subscription
            query = select(table.c.id).where(table.c.subscriber_id == subscriber)
            return connection.execute(query).scalar_one_or_none()

    def pass_time(self, seconds=3600 * 25):
        """More than a day: a second confirmation may follow the first."""
        self.workspace.clock.advance(seconds)


@pytest.fixture
def on_either(workspace, engine):
    """The sample's workspace, on each database in turn."""
    here = replace(workspace)
    vars(here)["engine"] = engine
    return here


def test_people_are_where_the_model_says_on_both_databases(on_either, tmp_path):
    class Machine(PeopleMachine):
        workspace, folder = on_either, tmp_path

        @staticmethod
        def reset():
            with writing(on_either.engine) as connection:
                for table in reversed(schema.metadata.sorted_tables):
                    if table.name != "workspace":
                        connection.execute(table.delete())

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
