"""The freeze parts people into batches by version, by domain and by the canary slice."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from newsletter.audience.segments import parse_segment
from newsletter.domain.campaign import BatchState
from newsletter.domain.issue import Brief, Issue, Section
from newsletter.domain.version import versions as versions_of
from newsletter.errors import DeliveryError
from newsletter.store import candidates, claims, control, schema
from newsletter.store.engine import reading, writing

RULES = {
    "retailers": parse_segment("role = 'retailer'"),
    "press": parse_segment("press = true"),
}


def an_issue(*audiences):
    briefs = tuple(Brief(f"For {audience or 'all'}", audience=audience) for audience in audiences)
    return Issue("2026-11-27", date(2026, 11, 27), "Gold", "", (Section("news", "News", briefs),))


@pytest.fixture
def two_segments():
    """Versions and memberships of an issue for retailers, for others, and for the press."""
    return {
        "versions": versions_of(an_issue("", "retailers", "press")),
        "memberships": RULES,
    }


@pytest.fixture
def readers(engine, people):
    """7 retailers, 3 retailers of the press, 4 others; three addresses of two other domains."""
    people(engine, 7, role="retailer")
    people(engine, 3, start=8, role="retailer", press=True)
    people(engine, 2, start=11, role="designer")
    people(engine, 2, start=13)
    people(engine, 2, start=15, domain="example.org", role="retailer")
    people(engine, 1, start=17, domain="mail.example.org", press="yes")


@pytest.fixture
def renditions(rendered):
    return [rendered(key) for key in ("retailers+press", "retailers", "press", "others")]


def versions_read(engine, campaign):
    """Person → the version of the batch they are in."""
    batch, people = schema.batch, schema.delivery
    with reading(engine) as connection:
        rows = connection.execute(
            select(people.c.subscriber_id, batch.c.version)
            .join_from(people, batch, people.c.batch_id == batch.c.id)
            .where(people.c.campaign_id == campaign.id)
        )
        return {row[0]: row[1] for row in rows}


def test_everybody_is_in_a_batch_of_their_version(
    engine, readers, freeze, renditions, two_segments, ledger
):
    campaign = freeze(engine, renditions=renditions, **two_segments)
    assert versions_read(engine, campaign) == (
        dict.fromkeys([*range(1, 8), 15, 16], "retailers")
        | dict.fromkeys([8, 9, 10], "retailers+press")
        # An attribute that is missing or no flag puts nobody into a segment.
        | dict.fromkeys([11, 12, 13, 14, 17], "others")
    )
    assert [row[2:] for row in ledger.batches(campaign)] == [
        ("retailers+press", "", 3),
        ("retailers", "", 5),
        ("retailers", "", 4),
        ("others", "", 5),
    ]
    assert ledger.states(campaign) == {"planned": 17}


def test_only_versions_with_readers_are_kept(engine, readers, freeze, renditions, two_segments):
    campaign = freeze(engine, renditions=renditions, **two_segments)
    kept = select(schema.rendition.c.version).where(schema.rendition.c.campaign_id == campaign.id)
    with reading(engine) as connection:
        assert set(connection.execute(kept).scalars()) == {
            "retailers+press",
            "retailers",
            "others",
        }


def test_a_version_that_has_readers_and_no_rendition_stops_the_freeze(
    engine, readers, freeze, renditions, two_segments, ledger
):
    without = [one for one in renditions if one.version != "others"]
    with pytest.raises(DeliveryError, match="“others” has readers now"):
        freeze(engine, renditions=without, **two_segments)
    assert ledger.everything()["campaign"] == []


def test_the_headcount_is_what_the_freeze_makes_of_it(
    engine, readers, freeze, renditions, two_segments, clock
):
    with reading(engine) as connection:
        counted = candidates.count_audience(
            connection, "2026-11-27", "weekly", None, now=clock.now(), **two_segments
        )
    read = list(
        versions_read(engine, freeze(engine, renditions=renditions, **two_segments)).values()
    )
    assert counted.mailed == 17
    assert counted.versions == {key: read.count(key) for key in set(read)}


def test_people_of_named_domains_share_batches_with_nobody_else(
    engine, readers, freeze, renditions, two_segments, ledger
):
    campaign = freeze(
        engine, renditions=renditions, own_batches=("example.org", "example.net"), **two_segments
    )
    parted = [row[2:] for row in ledger.batches(campaign)]
    assert ("retailers", "example.org", 2) in parted
    assert ("others", "", 5) in parted  # mail.example.org is another domain
    assert {domain for _, domain, _ in parted} == {"", "example.org"}


@pytest.mark.parametrize(
    ("canary", "slices"), [(1, [1]), (5, [5]), (7, [5, 2]), (16, [5, 5, 5, 1])]
)
def test_the_first_batches_hold_exactly_the_canary(
    engine, readers, freeze, ledger, step, canary, slices
):
    campaign = freeze(engine, canary=canary)
    found = ledger.batches(campaign)
    assert [row[4] for row in found[: len(slices)]] == slices
    assert sum(row[4] for row in found) == 17
    with reading(engine) as connection:
        through = connection.execute(select(schema.campaign.c.open_through)).scalar_one()
    assert through == len(slices) - 1
    taken = 0
    with writing(engine) as connection:
        sending = control.resume(connection, campaign, step())
        for number in range(len(slices)):
            one = claims.claim(connection, sending, step(), attempt=f"{number:032}", owner=1)
            taken += len(one.deliveries)
        assert claims.claim(connection, sending, step(), attempt="f" * 32, owner=1) is None
    assert taken == canary


def test_the_canary_is_drawn_the_same_from_the_same_people_and_not_the_first_who_came(
    engine, readers, freeze, issue
):
    def drawn(slug):
        campaign = freeze(engine, issue(slug), canary=6)
        people, batch = schema.delivery, schema.batch
        first = (
            select(people.c.subscriber_id)
            .join_from(people, batch, people.c.batch_id == batch.c.id)
            .join(schema.campaign, schema.campaign.c.id == people.c.campaign_id)
            .where(
                people.c.campaign_id == campaign.id,
                batch.c.sequence <= schema.campaign.c.open_through,
            )
        )
        with reading(engine) as connection:
            return set(connection.execute(first).scalars())

    assert drawn("2026-11-27") == drawn("2026-12-04") != set(range(1, 7))


def test_the_canary_has_batches_of_each_version_too(
    engine, readers, freeze, renditions, two_segments, ledger
):
    campaign = freeze(engine, renditions=renditions, canary=9, **two_segments)
    with reading(engine) as connection:
        through = connection.execute(select(schema.campaign.c.open_through)).scalar_one()
    slice_ = [row for row in ledger.batches(campaign) if row[0] <= through]
    assert sum(row[4] for row in slice_) == 9
    read = versions_read(engine, campaign)
    assert sorted(row[2] for row in ledger.batches(campaign) for _ in range(row[4])) == sorted(
        read.values()
    )


@pytest.mark.parametrize("canary", [17, 18, 200])
def test_a_canary_as_large_as_the_audience_is_none(engine, readers, freeze, canary):
    freeze(engine, canary=canary)
    with reading(engine) as connection:
        assert connection.execute(select(schema.campaign.c.open_through)).scalar_one() is None


def test_an_audience_of_nobody_makes_no_batch(engine, freeze, ledger):
    campaign = freeze(engine, canary=5, own_batches=("example.org",))
    assert ledger.batches(campaign) == []
    assert ledger.states(campaign) == {}


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    kinds=st.lists(
        st.tuples(
            st.sampled_from(["retailer", "designer", None]),
            st.sampled_from([True, False, None]),
            st.sampled_from(["example.com", "example.org"]),
        ),
        max_size=12,
    ),
    size=st.integers(1, 4),
    canary=st.integers(0, 6),
    apart=st.booleans(),
)
def test_whatever_the_audience_everybody_is_in_one_batch_that_fits(
    engine, people, freeze, renditions, two_segments, ledger, kinds, size, canary, apart
):
    """Against a plain loop over the people."""
    with writing(engine) as connection:
        for table in ("delivery", "transition", "batch", "rendition", "exclusion", "campaign"):
            connection.execute(delete(schema.metadata.tables[table]))
        connection.execute(delete(schema.subscription))
        connection.execute(delete(schema.subscriber))
    expected = {}
    for number, (role, press, domain) in enumerate(kinds, 1):
        known = {"role": role, "press": press}
        known = {name: value for name, value in known.items() if value is not None}
        people(engine, 1, start=number, domain=domain, **known)
        names = ["retailers"] * (role == "retailer") + ["press"] * (press is True)
        expected[number] = "+".join(names) or "others"
    own = ("example.org",) if apart else ()
    campaign = freeze(
        engine, size=size, renditions=renditions, canary=canary, own_batches=own, **two_segments
    )
    assert versions_read(engine, campaign) == expected
    found = ledger.batches(campaign)
    assert [row[0] for row in found] == list(range(len(found)))
    assert all(0 < row[4] <= size and row[1] == BatchState.READY for row in found)
    batch, delivery = schema.batch, schema.delivery
    with reading(engine) as connection:
        mixed = connection.execute(
            select(func.count())
            .select_from(delivery)
            .join(batch)
            .where(
                (batch.c.domain == "example.org")
                != (delivery.c.canonical.like("%@example.org") & apart)
            )
        ).scalar_one()
        through = connection.execute(select(schema.campaign.c.open_through)).scalar_one()
    assert mixed == 0
    if 0 < canary < len(kinds):
        assert sum(row[4] for row in found if row[0] <= through) == canary
    else:
        assert through is None
