"""What lists of the provider's mean for people here, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from newsletter.domain.address import address_digest
from newsletter.domain.campaign import Step
from newsletter.domain.suppression import OWN_WISH, Reason
from newsletter.store import bookmarks, provider_lists, schema, suppressions
from newsletter.store.engine import pepper, reading, writing
from newsletter.store.provider_lists import Listing

ADA, BOB, CLEO = (f"reader{number}@example.com" for number in range(1, 4))
STRANGER = "stranger@example.org"
DAY = timedelta(days=1)


@pytest.fixture
def people(engine, mailed, clock):
    """Three readers who came a day ago."""
    mailed(engine, 3)
    clock.advance(DAY.total_seconds())


@pytest.fixture
def digest(engine):
    with reading(engine) as connection:
        key = pepper(connection)
    return lambda address: address_digest(key, address)


def reasons(engine):
    table = schema.suppression
    with reading(engine) as connection:
        rows = connection.execute(select(table.c.digest, table.c.reason))
        return {row[0]: row[1] for row in rows}


def addresses(found):
    return [one.address for one in found]


def test_listed_addresses_are_suppressed_once(engine, people, clock, digest):
    listings = [
        Listing(ADA, clock.now()),
        Listing(STRANGER, clock.now()),
        Listing(ADA, clock.now()),
    ]
    with writing(engine) as connection:
        assert provider_lists.suppress_listed(connection, listings, Reason.BOUNCED) == 2
        assert provider_lists.suppress_listed(connection, listings, Reason.COMPLAINED) == 0
        assert provider_lists.suppress_listed(connection, [], Reason.BOUNCED) == 0
    assert reasons(engine) == {digest(ADA): "bounced", digest(STRANGER): "bounced"}


def test_the_later_of_a_lifting_and_a_listing_counts(engine, people, clock, digest):
    now = clock.now()
    with writing(engine) as connection:
        suppressions.put(connection, digest(ADA), Reason.BY_HAND, Step(now - DAY, "Bea"))
        assert suppressions.lift(connection, digest(ADA), Step(now, "Bea", "mended"))
        assert not suppressions.lift(connection, digest(ADA), Step(now, "Bea", "mended"))
        older, later = (Listing(ADA, now + one) for one in (-DAY, DAY))
        assert provider_lists.suppress_listed(connection, [older], Reason.BOUNCED) == 0
        assert provider_lists.suppress_listed(connection, [later], Reason.BOUNCED) == 1


@pytest.mark.parametrize("at", [timedelta(hours=-36), timedelta(hours=-12)])
def test_the_later_of_a_subscription_and_an_unsubscribe_counts(engine, people, clock, at):
    left = clock.now() + at  # they came 24 hours ago
    with writing(engine) as connection:
        found = provider_lists.leave_listed(
            connection, [Listing(ADA, left), Listing(STRANGER, left)], told_at=clock.now()
        )
        stays = at < -DAY
        assert found == (2, 0 if stays else 1, 1, (ADA,) if stays else ())
        again = provider_lists.leave_listed(connection, [Listing(ADA, left)], told_at=None)
        assert (again.ended, again.suppressed) == (0, 0)
        assert addresses(provider_lists.mistold(connection, 9)) == ([ADA] if stays else [])
        assert provider_lists.count_mistold(connection) == int(stays)
        assert provider_lists.untold(connection, 9) == ()


def test_who_wants_nothing_is_told_once_and_untold_when_they_are_back(engine, people, clock):
    subscription = schema.subscription
    with writing(engine) as connection:
        connection.execute(
            update(subscription).where(subscription.c.id < 3).values(status="unsubscribed")
        )
        found = provider_lists.untold(connection, 9)
        assert sorted(addresses(found)) == [ADA, BOB]
        assert len(provider_lists.untold(connection, 1)) == 1
        assert provider_lists.count_untold(connection) == 2
        provider_lists.mark_told(connection, found, at=clock.now())
        assert provider_lists.count_untold(connection) == 0
        assert provider_lists.mistold(connection, 9) == ()
        connection.execute(
            update(subscription).where(subscription.c.id == 1).values(status="subscribed")
        )
        back = provider_lists.mistold(connection, 9)
        assert addresses(back) == [ADA]
        provider_lists.mark_told(connection, back, at=None)
        assert provider_lists.mistold(connection, 9) == ()


def test_somebody_suppressed_is_not_told_to_be_back(engine, people, clock, digest):
    with writing(engine) as connection:
        suppressions.put(connection, digest(ADA), Reason.BY_HAND, Step(clock.now(), "Bea"))
        provider_lists.mark_told(connection, provider_lists.untold(connection, 9), at=clock.now())
        assert provider_lists.mistold(connection, 9) == ()


def test_an_unknown_unsubscriber_who_signs_up_later_is_let_in_and_sendgrid_hears_of_it(
    engine, people, clock, digest
):
    with writing(engine) as connection:
        listing = Listing(ADA, clock.now() - DAY)
        connection.execute(
            insert(schema.suppression).values(
                digest=digest(ADA), reason=Reason.UNSUBSCRIBED, at=listing.at, told_at=listing.at
            )
        )
        assert not suppressions.readmit(connection, digest(ADA), at=listing.at)
        assert suppressions.readmit(connection, digest(ADA), at=clock.now())
        assert not suppressions.readmit(connection, digest(ADA), at=clock.now())
        assert addresses(provider_lists.mistold(connection, 9)) == [ADA]
    assert reasons(engine) == {}


@pytest.mark.parametrize("reason", [one for one in Reason if one not in OWN_WISH])
def test_signing_up_lifts_no_other_suppression(engine, people, clock, digest, reason):
    with writing(engine) as connection:
        suppressions.put(connection, digest(ADA), reason, Step(clock.now() - DAY, "Bea"))
        assert not suppressions.readmit(connection, digest(ADA), at=clock.now())
    assert reasons(engine) == {digest(ADA): reason}


@pytest.mark.parametrize("reason", [one for one in Reason if one not in OWN_WISH])
def test_erasing_and_signing_up_is_no_way_around_a_suppression(
    engine, people, clock, digest, reason
):
    with writing(engine) as connection:
        suppressions.put(connection, digest(ADA), reason, Step(clock.now() - 2 * DAY, "Bea"))
        suppressions.put(connection, digest(ADA), Reason.ERASED, Step(clock.now() - DAY, "Bea"))
        assert not suppressions.readmit(connection, digest(ADA), at=clock.now())
    assert reasons(engine) == {digest(ADA): Reason.ERASED}


def test_who_was_erased_and_signs_up_is_let_in_and_the_log_tells_it(engine, people, clock, digest):
    with writing(engine) as connection:
        suppressions.put(connection, digest(ADA), Reason.ERASED, Step(clock.now() - DAY, "Bea"))
        assert suppressions.readmit(connection, digest(ADA), at=clock.now())
        log = select(schema.suppression_log.c["actor", "before", "after"])
        assert connection.execute(log).all()[-1] == ("the reader", "erased", "")
    assert reasons(engine) == {}


@pytest.mark.parametrize("worse", [Reason.COMPLAINED, Reason.BOUNCED])
def test_a_bounce_or_complaint_takes_the_place_of_what_a_sign_up_would_lift(
    engine, people, clock, digest, worse
):
    with writing(engine) as connection:
        listing = [Listing("new@example.com", clock.now() - DAY)]
        provider_lists.leave_listed(connection, listing, told_at=clock.now())
        assert provider_lists.suppress_listed(connection, listing, worse) == 1
        assert provider_lists.suppress_listed(connection, listing, worse) == 0
        assert provider_lists.leave_listed(connection, listing, told_at=None).suppressed == 0
        assert not suppressions.readmit(connection, digest("new@example.com"), at=clock.now())
    assert reasons(engine) == {digest("new@example.com"): worse}


def test_a_listed_complaint_older_than_a_sign_up_still_counts(engine, people, clock, digest):
    with writing(engine) as connection:
        suppressions.put(connection, digest(ADA), Reason.ERASED, Step(clock.now() - DAY, "Bea"))
        suppressions.readmit(connection, digest(ADA), at=clock.now())
        listing = [Listing(ADA, clock.now() - DAY)]
        assert provider_lists.suppress_listed(connection, listing, Reason.COMPLAINED) == 1


def test_a_bookmark_is_put_where_reading_stands(engine, clock):
    with writing(engine) as connection:
        assert bookmarks.find(connection, "a list") is None
        bookmarks.put(connection, "a list", "1 2 3", at=clock.now())
        bookmarks.put(connection, "a list", "4 5 6", at=clock.now())
        bookmarks.put(connection, "another", "7", at=clock.now())
    with reading(engine) as connection:
        assert bookmarks.find(connection, "a list") == ("4 5 6", clock.now())


def test_counts_and_stream_tell_what_is_known(engine, people, clock, digest):
    with writing(engine) as connection:
        for address, reason in ((ADA, Reason.BOUNCED), (BOB, Reason.BY_HAND)):
            suppressions.put(connection, digest(address), reason, Step(clock.now(), "Bea"))
        suppressions.put(connection, digest(STRANGER), Reason.BOUNCED, Step(clock.now(), "Bea"))
    with reading(engine) as connection:
        assert list(suppressions.counts(connection).items()) == [("bounced", 2), ("by hand", 1)]
        assert {one.address for one in suppressions.stream(connection)} == {ADA, BOB, None}
        assert [one.address for one in suppressions.stream(connection, "by hand")] == [BOB]
