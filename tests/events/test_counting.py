"""Sums kept as events come in equal a recount of all that came, whatever the order and the repeats.

The recount is written apart from the product's: it asks every open and click about every other.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from newsletter.domain.event import ARRIVAL, RANK, Event, EventKind, Standing
from newsletter.domain.visit import TRAP, WEIGHTS, Sign
from newsletter.events.ingest import ingest
from newsletter.store import events as store
from newsletter.store import evidence, schema
from newsletter.store.engine import reading, writing

AT = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
PEOPLE = 12
UNTRACKED = (3, 11)
PROVIDERS = {1: "gmail.com", 2: "yahoo.co.uk", 4: "hotmail.fr", 5: "gmail.com"}
BRANDS = {"gmail.com": "gmail", "yahoo.co.uk": "yahoo", "hotmail.fr": "microsoft"}
LINKS = (
    (0, "https://example.com/logo", "", ""),
    (1, "https://example.com/ruby", "lead", "a1"),
    (2, "https://example.com/pearl", "lead", "b2"),
    (3, "https://example.com/pearl", "latest", "c3"),
    (4, "https://example.com/opal", "latest", "c3"),
)
URLS = (
    *dict.fromkeys(url for _, url, _, _ in LINKS),
    f"https://example.org{TRAP}",
    "https://x.example",
)
VISITS = (EventKind.OPENED, EventKind.CLICKED)
SIGNS = (0, Sign.BROWSER, Sign.NAMELESS, Sign.PREFETCH, Sign.SCANNER | Sign.BROWSER, Sign.PROGRAM)


def address(person):
    return f"reader{person}@{PROVIDERS.get(person, 'example.com')}"


def made(kind, person, seconds, *, url=None, signs=0, network="", cause=""):
    if url and TRAP in url:
        signs |= Sign.TRAP
    return Event(
        key=f"{kind}-{person}-{seconds}-{url}", kind=kind, at=AT + timedelta(seconds=seconds),
        address=address(person), delivery=person, url=url, signs=int(signs), cause=cause,
        network=network,
    )  # fmt: skip


people = st.integers(1, PEOPLE)
moments = st.one_of(st.integers(0, 40), st.sampled_from((70, 3000, 3700, 90_000)))
signs_borne = st.sampled_from(SIGNS)
networks = st.sampled_from(("", "192.0.2.0/24", "198.51.100.0/24"))
single = st.one_of(
    st.builds(made, st.sampled_from((*RANK, EventKind.COMPLAINED)), people, moments),
    st.builds(
        made, st.just(EventKind.BOUNCED), people, moments,
        cause=st.sampled_from(("reputation", "content")),
    ),
    st.builds(made, st.just(EventKind.OPENED), people, moments, signs=signs_borne),
    st.builds(
        made, st.just(EventKind.CLICKED), people, moments,
        url=st.sampled_from(URLS), signs=signs_borne, network=networks,
    ),
)  # fmt: skip


@st.composite
def rushes(draw):
    """Many readers, or one with many links, within seconds."""
    start = draw(st.sampled_from((0, 5, 3700)))
    who, urls = draw(
        st.one_of(
            st.tuples(st.sets(people, min_size=4), st.sampled_from(URLS).map(lambda url: {url})),
            st.tuples(people.map(lambda one: {one}), st.sets(st.sampled_from(URLS), min_size=2)),
        )
    )
    signs = draw(signs_borne)
    return [
        made(EventKind.CLICKED, person, start + draw(st.integers(0, 9)), url=url, signs=signs)
        for person in who
        for url in urls
    ]


def unique(parts):
    return list({event.key: event for part in parts for event in part}.values())


stories = st.lists(st.one_of(rushes(), st.lists(single, min_size=1, max_size=8)), max_size=9).map(
    unique
)


@pytest.fixture
def issue(engine, mailed):
    """An issue with links that was mailed to people of several providers; two did not consent."""
    mailed(engine, PEOPLE)
    with writing(engine) as connection:
        connection.execute(
            insert(schema.link),
            [
                {"campaign_id": 1, "place": place, "url": url, "section": section, "brief": brief,
                 "headline": brief}
                for place, url, section, brief in LINKS
            ],
        )  # fmt: skip
        for person in range(1, PEOPLE + 1):
            table = schema.delivery
            at = {"address": address(person), "canonical": address(person)}
            connection.execute(update(table).where(table.c.id == person).values(**at))
        people = schema.subscriber
        connection.execute(update(people).where(people.c.id.in_(UNTRACKED)).values(tracking=False))


def forget(engine):
    with writing(engine) as connection:
        for table in (schema.event, schema.tally, schema.suppression):
            connection.execute(delete(table))
        blank = {name: getattr(Standing(), name) for name in Standing.__slots__}
        blank |= {"human_opened_at": None, "human_clicked_at": None}
        connection.execute(update(schema.delivery).values(blank))


def sums(engine):
    table = schema.tally
    with reading(engine) as connection:
        rows = connection.execute(select(table.c["measure", "subject", "count"])).all()
    return {(row[0], row[1]): row[2] for row in rows if row[2]}


# The recount


def door(event):
    own = address(event.delivery).rpartition("@")[2]
    return event.network if own in BRANDS else own


def crowd_of(event):
    """What makes clicks one crowd; None for what is in none."""
    if event.kind is not EventKind.CLICKED or not door(event) or TRAP in event.url:
        return None
    return event.url, door(event), int(event.at.timestamp()) // 15


def crowds(every):
    """Those that five readers or more are in."""
    readers = {}
    for event in every:
        if crowd_of(event):
            readers.setdefault(crowd_of(event), set()).add(event.delivery)
    return {crowd for crowd, some in readers.items() if len(some) >= 5}


def with_crowds(every, known):
    return [
        replace(event, signs=event.signs | Sign.CROWD) if crowd_of(event) in known else event
        for event in every
    ]


def judged(event, own, delivered_at):
    """Signs and verdict of a visit among all visits to the same mail."""
    signs = event.signs or int(Sign.NAMELESS)
    if any(other.url and TRAP in other.url for other in run(event, own)):
        signs |= Sign.TRAP
    if hasty(event, own, 10):
        signs |= Sign.MANY
    if hasty(event, own, 1):
        signs |= Sign.STROKE
    if delivered_at is not None and event.at - delivered_at < timedelta(minutes=1):
        signs |= Sign.SOON
    if delivered_at is not None and event.at - delivered_at >= timedelta(hours=1):
        signs |= Sign.LATER
    weight = sum(points for sign, points in WEIGHTS.items() if signs & sign)
    return "machine" if weight >= 3 else "human" if weight <= -1 else "unsure"


def run(event, own):
    """Visits no more than ten seconds from this one, or from one of these."""
    found, asked = {event.key: event}, [event]
    while asked:
        one = asked.pop()
        near = [other for other in own if abs(other.at - one.at) <= timedelta(seconds=10)]
        asked += [other for other in near if other.key not in found]
        found |= {other.key: other for other in near}
    return found.values()


def hasty(event, own, seconds):
    """Whether it is among three links within so many seconds."""
    for first in own:
        last = first.at + timedelta(seconds=seconds)
        span = [other for other in own if first.at <= other.at <= last]
        if first.at <= event.at <= last and len({one.url for one in span if one.url}) >= 3:
            return True
    return False


def recounted(every):
    found = Counter()
    every = [*with_crowds(tracked(every), crowds(tracked(every))), *untracked(every)]
    for person in range(1, PEOPLE + 1):
        own = [event for event in every if event.delivery == person]
        found.update(of_arrival(person, own))
        found.update(of_stranger(own) if person in UNTRACKED else of_reader(own))
    return {key: count for key, count in found.items() if count}


def recounted_without(first, second, withdrawn):
    """As if some took consent back between the two: what they did before stays as it was counted
    then, and what they do later is a stranger's.
    """
    found = Counter()
    before = with_crowds(tracked(first), crowds(tracked(first)))
    stay = [event for event in tracked(first + second) if event.delivery not in withdrawn]
    marked = {crowd_of(one) for one in stay if one in first} & crowds(tracked(first))
    after = with_crowds(stay, crowds(stay) | marked)
    for person in range(1, PEOPLE + 1):
        own = [event for event in first + second if event.delivery == person]
        gone = [event for event in second if event.delivery == person]
        if person in UNTRACKED:
            found.update([*of_arrival(person, own), *of_stranger(own)])
        elif person in withdrawn:
            then = [event for event in before if event.delivery == person]
            cohort = [key for key in of_arrival(person, then) if "cohort" in key[0]]
            now = [key for key in of_arrival(person, own) if "cohort" not in key[0]]
            found.update([*cohort, *now, *of_reader(then), *of_stranger(gone)])
        else:
            own = [event for event in own if event not in stay]
            own += [event for event in after if event.delivery == person]
            found.update([*of_arrival(person, own), *of_reader(own)])
    return {key: count for key, count in found.items() if count}


def tracked(every):
    return [event for event in every if event.delivery not in UNTRACKED]


def untracked(every):
    return [event for event in every if event.delivery in UNTRACKED]


def moment(own):
    return min((event.at for event in own if event.kind is EventKind.DELIVERED), default=None)


def of_arrival(person, own):
    domain = address(person).rpartition("@")[2]
    provider = BRANDS.get(domain, "others")
    rank = max((RANK.get(event.kind, 0) for event in own), default=0)
    if rank:
        yield ARRIVAL[rank], provider
    if ARRIVAL[rank] == "delivered" and person not in UNTRACKED:
        yield "cohort delivered", "2026-11"
    if any(event.kind is EventKind.COMPLAINED for event in own):
        yield "complained", provider
    bounces = [event for event in own if event.kind is EventKind.BOUNCED]
    if bounces:
        yield "bounce cause", min(bounces, key=lambda event: (event.at, event.cause)).cause
        yield "bounce domain", domain


def of_stranger(own):
    for event in own:
        if event.kind not in VISITS:
            continue
        if event.url and TRAP in event.url:
            continue
        verdict = judged(event, [], None)
        yield ("opens" if event.kind is EventKind.OPENED else "clicks"), verdict
        places = [place for place, url, _, _ in LINKS if url == event.url]
        if places and verdict != "machine":
            yield "clicks link", str(places[0])


def taken_for(own):
    """Each visit among the events of one mail, and what it is taken for."""
    visits = [event for event in own if event.kind in VISITS]
    return [(event, judged(event, visits, moment(own))) for event in visits]


def of_reader(own):
    told = taken_for(own)
    told = [(event, verdict) for event, verdict in told if not (event.url and TRAP in event.url)]
    for kind, word in ((EventKind.OPENED, "opened"), (EventKind.CLICKED, "clicked")):
        some = [(event, verdict) for event, verdict in told if event.kind is kind]
        if some:
            yield word, best(some)
        human = [event.at for event, verdict in some if verdict == "human"]
        if human:
            yield f"{word} hour", f"{min(human):%Y-%m-%dT%H}"
            yield f"cohort {word}", "2026-11"
    clicks = [(event, verdict) for event, verdict in told if event.kind is EventKind.CLICKED]
    yield from of_places(clicks)


def of_places(clicks):
    firsts = {
        "link": lambda link: link[1],
        "brief": lambda link: link[2:] if link[3] else None,
        "section": lambda link: link[2] or None,
    }
    for measure, name in firsts.items():
        for thing in {name(link) for link in LINKS} - {None}:
            urls = {link[1] for link in LINKS if name(link) == thing}
            some = [one for one in clicks if one[0].url in urls]
            if some:
                first = min(link[0] for link in LINKS if name(link) == thing)
                yield measure, f"{best(some)} {first}"


def best(some):
    verdicts = {verdict for _, verdict in some}
    return next(word for word in ("human", "unsure", "machine") if word in verdicts)


def kept(engine):
    """The verdict of each visit that is kept, and when humans first did what, by the database."""
    event, mail = schema.event, schema.delivery
    with reading(engine) as connection:
        verdicts = connection.execute(
            select(event.c.key, event.c.verdict).where(event.c.delivery_id.is_not(None))
        )
        moments = connection.execute(select(*mail.c["id", "human_opened_at", "human_clicked_at"]))
        return {row[0]: row[1] for row in verdicts if row[1]}, {row[0]: row[1:] for row in moments}


def recounted_kept(every):
    every = with_crowds(tracked(every), crowds(tracked(every)))
    verdicts, moments = {}, {}
    for person in range(1, PEOPLE + 1):
        told = taken_for([event for event in every if event.delivery == person])
        verdicts |= {event.key: verdict for event, verdict in told}
        human = [event for event, verdict in told if verdict == "human"]
        moments[person] = tuple(
            min((event.at for event in human if event.kind is kind), default=None)
            for kind in VISITS
        )
    return verdicts, moments


def agree(engine, people, **values):
    table = schema.subscriber
    with writing(engine) as connection:
        connection.execute(update(table).where(table.c.id.in_(people)).values(**values))


def withdraw(engine, people):
    with writing(engine) as connection:
        store.take_turns(connection)
        for person in people:
            evidence.forget(connection, person)
    agree(engine, people, tracking=False)


def without_reasons(counts):
    return {key: count for key, count in counts.items() if "because" not in key[0]}


def in_posts(engine, clock, every, chance):
    while every:
        size = chance.randrange(1, 80)
        post, every = every[:size], every[size:]
        ingest(engine, post, clock=clock)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories, seed=st.integers(0, 2**32))
def test_sums_equal_a_recount_of_all_events(engine, issue, clock, story, seed):
    forget(engine)
    chance = random.Random(seed)
    often = [event for event in story for _ in range(chance.choice((1, 1, 2, 46)))]
    chance.shuffle(often)
    in_posts(engine, clock, often, chance)
    assert without_reasons(sums(engine)) == recounted(story)
    assert kept(engine) == recounted_kept(story)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=stories, second=stories, seed=st.integers(0, 2**32),
    withdrawn=st.sets(people, min_size=1, max_size=4).map(lambda some: some - set(UNTRACKED)),
    anew=st.booleans(),
)  # fmt: skip
def test_who_takes_consent_back_stays_counted_as_they_were_and_is_counted_no_more(
    engine, issue, clock, first, second, seed, withdrawn, anew
):
    forget(engine)
    everybody = set(range(1, PEOPLE + 1)) - set(UNTRACKED)
    agree(engine, everybody, tracking=True, tracking_since=None)
    chance = random.Random(seed)
    in_posts(engine, clock, first * 2, chance)
    withdraw(engine, withdrawn)
    if anew:
        agree(engine, withdrawn, tracking=True, tracking_since=clock.now() + timedelta(days=1))
    told = {event.key for event in first}
    second = [event for event in second if event.key not in told]
    often = [*first, *second, *second]
    chance.shuffle(often)
    in_posts(engine, clock, often, chance)
    assert without_reasons(sums(engine)) == recounted_without(first, second, withdrawn)
    verdicts, moments = kept(engine)
    assert all(moments[person] == (None, None) for person in withdrawn)
    gone = {event.key for event in first + second if event.delivery in withdrawn}
    assert not gone & verdicts.keys()


def test_who_agrees_after_the_freeze_is_no_reader_of_that_mail_and_no_sum_falls_below_zero(
    engine, issue, clock
):
    ingest(engine, [made(EventKind.DELIVERED, 3, 5)], clock=clock)
    agree(engine, [3], tracking=True, tracking_since=clock.now() + timedelta(seconds=1))
    later = [made(EventKind.OPENED, 3, 700, signs=Sign.BROWSER), made(EventKind.BOUNCED, 3, 900)]
    ingest(engine, later, clock=clock)
    assert sums(engine) == {
        ("bounced", "others"): 1, ("bounce cause", ""): 1, ("bounce domain", "example.com"): 1,
        ("opens", "human"): 1,
    }  # fmt: skip


def test_a_bounce_after_the_first_is_kept_no_longer_is_not_counted_anew(engine, issue, clock):
    ingest(engine, [made(EventKind.BOUNCED, 6, 5, cause="content")], clock=clock)
    before = sums(engine)
    with writing(engine) as connection:
        connection.execute(delete(schema.event))
    ingest(engine, [made(EventKind.BOUNCED, 6, 90_000, cause="reputation")], clock=clock)
    assert sums(engine) == before


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories, seed=st.integers(0, 2**32))
def test_another_order_ends_in_the_same_sums(engine, issue, clock, story, seed):
    forget(engine)
    ingest(engine, story, clock=clock)
    once = sums(engine)
    forget(engine)
    chance = random.Random(seed)
    often = story * 3
    chance.shuffle(often)
    in_posts(engine, clock, often, chance)
    assert sums(engine) == once
