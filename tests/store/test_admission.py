"""What a file may change of people, and what it may not, on both databases."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from newsletter.audience.addresses import parse_address
from newsletter.domain.address import address_digest
from newsletter.domain.audience import (
    Admission,
    Entry,
    Frequency,
    ListSize,
    ListStanding,
    Standing,
    Subscriber,
    Suppression,
)
from newsletter.domain.consent import Consent, ConsentKind, Proof
from newsletter.store import audience, candidates, consent, schema, subscriptions
from newsletter.store.admission import admitting
from newsletter.store.engine import pepper, reading, writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from newsletter.ports import Clock

    Admitter = Callable[..., Admission]

LAST_YEAR = datetime(2025, 2, 1, tzinfo=UTC)
ADA = "ada@example.org"


def entry(address: str = ADA, *lists: str, **said: object) -> Entry:
    standings = tuple(map(ListStanding, lists))
    return Entry(parse_address(address), {}, standings)._replace(**said)  # type: ignore[arg-type]


def left(address: str = ADA, when: datetime = LAST_YEAR) -> Entry:
    return entry(address, lists=(ListStanding("weekly", None, when),))


@pytest.fixture
def admitted(engine: Engine, clock: Clock) -> Admitter:
    def admit(*entries: Entry) -> Admission:
        with (
            writing(engine) as connection,
            admitting(connection, consent_source="import of a.csv", at=clock.now()) as one,
        ):
            return one(entries)

    return admit


@pytest.fixture
def found(engine: Engine) -> Callable[..., Subscriber]:
    def find(address: str = ADA) -> Subscriber:
        with reading(engine) as connection:
            person = audience.find_subscriber(connection, address)
        assert person is not None
        return person

    return find


@pytest.fixture
def chain(engine: Engine) -> Callable[[], list[tuple[str, str, datetime, str]]]:
    def read() -> list[tuple[str, str, datetime, str]]:
        table = schema.consent
        with reading(engine) as connection:
            rows = connection.execute(
                select(table.c.list_key, table.c.kind, table.c.at, table.c.source).order_by(
                    table.c.id
                )
            )
            return [tuple(row) for row in rows]

    return read


def test_name_language_zone_and_tags_arrive_and_grow(
    admitted: Admitter, found: Callable[..., Subscriber]
) -> None:
    first = entry(name="Ada", language="en", tags=("vip", "Basel 2026"))
    assert admitted(first) == Admission(added=1, tagged=2)
    again = entry(time_zone="Europe/Zurich", language="de", tags=("vip", "press"))
    assert admitted(again) == Admission(updated=1, tagged=1)
    ada = found()
    assert (ada.name, ada.language, ada.time_zone) == ("Ada", "de", "Europe/Zurich")
    assert ada.tags == ("Basel 2026", "press", "vip")
    assert admitted(first, again) == Admission(updated=0, unchanged=1, repeated=1)


def test_a_file_does_not_touch_what_a_reader_chose(
    admitted: Admitter, found: Callable[..., Subscriber], clock: Clock
) -> None:
    pause = clock.now() + timedelta(days=30)
    admitted(entry(frequency=Frequency.MONTHLY, paused_until=pause, tracking=False))
    assert admitted(entry(frequency=Frequency.WEEKLY, tracking=True)) == Admission(unchanged=1)
    ada = found()
    assert (ada.frequency, ada.paused_until, ada.tracking) == (Frequency.MONTHLY, pause, False)


def test_consent_to_be_counted_has_a_link_of_its_own(
    admitted: Admitter, chain: Callable[[], object], clock: Clock
) -> None:
    admitted(entry(tracking=True), entry("ben@example.org", tracking=False), entry("c@example.org"))
    clock.sleep(1)
    admitted(entry(tracking=False))
    source, at = "import of a.csv", clock.now() - timedelta(seconds=1)
    assert chain() == [("", "tracking given", at, source), ("", "tracking taken", at, source)]


def test_each_subscription_made_has_a_link_of_consent(
    admitted: Admitter, chain: Callable[[], object], clock: Clock
) -> None:
    admitted(entry(ADA, lists=(ListStanding("weekly", LAST_YEAR), ListStanding("gems"))))
    admitted(entry(ADA, "weekly", "gems"))
    assert chain() == [
        ("weekly", "imported", LAST_YEAR, "import of a.csv"),
        ("gems", "imported", clock.now(), "import of a.csv"),
    ]


def test_who_unsubscribed_elsewhere_arrives_unsubscribed(
    admitted: Admitter, found: Callable[..., Subscriber], chain: Callable[[], object]
) -> None:
    assert admitted(left()) == Admission(added=1, unsubscribed=1)
    (weekly,) = found().subscriptions
    assert weekly.unsubscribed_at == LAST_YEAR
    assert [link[:3] for link in chain()] == [
        ("weekly", "imported", LAST_YEAR),
        ("weekly", "left", LAST_YEAR),
    ]
    assert admitted(left()) == Admission(unchanged=1)
    assert admitted(entry(ADA, "weekly")) == Admission(unchanged=1, kept_unsubscribed=1)


def test_who_unsubscribed_elsewhere_leaves_the_list_an_import_put_them_on(
    admitted: Admitter, found: Callable[..., Subscriber], chain: Callable[[], object]
) -> None:
    admitted(entry(ADA, "weekly"), entry("ben@example.org", "weekly"))
    assert admitted(left()) == Admission(unchanged=1, unsubscribed=1)
    (weekly,) = found().subscriptions
    assert weekly.unsubscribed_at == LAST_YEAR
    assert found().standing(LAST_YEAR) is Standing.UNSUBSCRIBED
    assert found("ben@example.org").standing(LAST_YEAR) is Standing.ACTIVE
    assert chain()[-1][:3] == ("weekly", "left", LAST_YEAR)


@pytest.mark.parametrize("kind", [ConsentKind.CONFIRMED, ConsentKind.RETURNED])
@pytest.mark.parametrize(("days", "stays"), [(1, True), (-1, False)])
def test_ones_own_later_word_is_stronger_than_an_older_unsubscribe_in_a_file(
    engine: Engine,
    admitted: Admitter,
    found: Callable[..., Subscriber],
    kind: ConsentKind,
    days: int,
    stays: bool,
) -> None:
    admitted(entry(ADA, "weekly"))
    (weekly,) = found().subscriptions
    with writing(engine) as connection:
        consent.append_to(
            connection, weekly.id, kind, LAST_YEAR + timedelta(days=days), Proof("form")
        )
    assert admitted(left()) == Admission(unchanged=1, unsubscribed=int(not stays))
    assert (found().standing(LAST_YEAR) is Standing.ACTIVE) is stays


def test_in_one_file_to_have_left_is_stronger_whichever_row_comes_first(
    admitted: Admitter, found: Callable[..., Subscriber]
) -> None:
    on, off = entry(ADA, "weekly"), left()
    assert admitted(on, off) == Admission(added=1, repeated=1, unsubscribed=1)
    ben = "ben@example.org"
    admitted(left(ben), entry(ben, "weekly"))
    for address in (ADA, ben):
        assert found(address).standing(LAST_YEAR) is Standing.UNSUBSCRIBED


def test_a_file_suppresses_addresses_and_keeps_no_more_of_them_than_that(
    engine: Engine, admitted: Admitter
) -> None:
    bounced = Suppression("bounced", LAST_YEAR)
    assert admitted(entry(suppression=bounced)) == Admission(suppressed=1, newly_suppressed=1)
    later = Suppression("complained", LAST_YEAR + timedelta(days=1))
    assert admitted(entry(suppression=later)) == Admission(suppressed=1)
    with reading(engine) as connection:
        assert audience.find_suppression(connection, ADA) == bounced
        assert audience.find_subscriber(connection, ADA) is None


def test_somebody_suppressed_who_is_on_a_list_comes_whole_into_an_empty_database(
    admitted: Admitter, found: Callable[..., Subscriber], clock: Clock
) -> None:
    person = entry(ADA, "weekly", name="Ada", suppression=Suppression("bounced", LAST_YEAR))
    assert admitted(person) == Admission(added=1, newly_suppressed=1, subscribed=1)
    assert found().name == "Ada"
    assert found().standing(clock.now()) is Standing.SUPPRESSED
    assert admitted(person) == Admission(suppressed=1)


# F47: an import brings somebody in while a webhook suppresses the address


def _suppress(engine: Engine, clock: Clock) -> None:
    with writing(engine) as connection:
        digest = address_digest(pepper(connection), ADA)
        audience.suppress(connection, digest, reason="complained", at=clock.now())


def _mailable(engine: Engine, clock: Clock) -> tuple[int, object, object]:
    with reading(engine) as connection:
        headcount = candidates.count_audience(
            connection, "2026-11-27", "weekly", None, now=clock.now()
        )
        return (
            audience.count_people(connection, now=clock.now()),
            audience.list_sizes(connection).get("weekly", ListSize(0, 0, 0)).subscribed,
            headcount.mailed,
        )


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("order", ["before", "during", "after"])
def test_a_suppression_wins_over_an_import_in_every_order(
    engine: Engine, clock: Clock, admitted: Admitter, order: str, known: bool
) -> None:
    if known:
        admitted(entry(ADA, "weekly"))
    webhook = threading.Thread(target=_suppress, args=(engine, clock))
    if order == "before":
        _suppress(engine, clock)
    with (
        writing(engine) as connection,
        admitting(connection, consent_source="import of a.csv", at=clock.now()) as admit,
    ):
        if order == "during":
            webhook.start()
            if engine.dialect.name == "postgresql":
                webhook.join()  # committed before the import has looked at anybody
        admit([entry("ben@example.org", "weekly")])
        admit([entry(ADA, "weekly", name="Ada")])
    if order == "during":
        webhook.join()
    if order == "after":
        _suppress(engine, clock)
    assert _mailable(engine, clock) == (1, 1, 1)


def test_a_suppression_heard_while_the_import_is_not_committed_wins(
    engine: Engine, clock: Clock
) -> None:
    webhook = threading.Thread(target=_suppress, args=(engine, clock))
    with (
        writing(engine) as connection,
        admitting(connection, consent_source="import of a.csv", at=clock.now()) as admit,
    ):
        admit([entry(ADA, "weekly")])
        webhook.start()  # SQLite lets it in after the import, PostgreSQL at once
        if engine.dialect.name == "postgresql":
            webhook.join()
    webhook.join()
    assert _mailable(engine, clock) == (0, 0, 0)


def test_an_unsubscribe_here_is_not_undone_whichever_way_it_came(
    engine: Engine, clock: Clock, admitted: Admitter, found: Callable[..., Subscriber]
) -> None:
    admitted(entry(ADA, "weekly"))
    with writing(engine) as connection:
        subscriptions.leave(connection, found().id, "weekly", at=clock.now())
        link = Consent("weekly", ConsentKind.LEFT, clock.now(), Proof("page"))
        consent.append(connection, [link], subscriber=found().id, digest="d")
    clock.sleep(60)
    again = entry(ADA, lists=(ListStanding("weekly", clock.now()),))
    assert admitted(again) == Admission(unchanged=1, kept_unsubscribed=1)
    assert found().standing(clock.now()) is Standing.UNSUBSCRIBED
