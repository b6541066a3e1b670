"""Feeds that rewrite their history."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.item import Item, ItemKind, SourceResult
from newsletter.gather.rewritten import capped, settled

DAY = datetime(2026, 11, 20, tzinfo=UTC)


def item(number, **more):
    return Item(
        **{
            "id": f"id{number}",
            "kind": ItemKind.TEASER,
            "source": "Trade",
            "title": f"Story {number}",
            "text": "",
            "dek": f"Words of {number}.",
            "url": f"https://trade.example.com/{number}",
            "published": DAY + timedelta(hours=number),
        }
        | more
    )


def test_the_same_words_under_a_new_address_are_the_old_item():
    before = [item(1), item(2)]
    rewritten = [
        replace(one, id=f"new-{one.id}", url=f"{one.url}?v=2", published=DAY + timedelta(days=7))
        for one in before
    ]
    assert settled(rewritten, before) == tuple(before)


def test_a_column_with_the_same_title_each_week_is_new_each_week():
    before = item(1, title="The week in gold", dek="It rose.")
    after = item(2, title="The week in gold", dek="It fell.")
    assert settled([after], [before]) == (after,)


def test_an_entry_twice_in_a_feed_is_one():
    twice = [item(1), item(1, dek="Other words, same entry.")]
    assert [one.id for one in settled(twice, ())] == ["id1"]
    rewritten = [item(1), item(9, title="Story 1", dek="Words of 1.")]
    assert len(settled(rewritten, [item(1)])) == 1


def test_too_many_new_items_are_capped_at_the_newest_and_told():
    result = SourceResult("Trade", tuple(item(n) for n in range(500)))
    kept = capped(result, frozenset(), most=100)
    assert [one.id for one in kept.items] == [f"id{n}" for n in range(400, 500)]
    (note,) = kept.notes
    assert note == (
        "Trade has 500 new items at once, as a feed does that rewrites its history; "
        "the 100 newest are taken (gathering.most_new)"
    )


def test_what_is_known_by_id_or_address_does_not_count():
    result = SourceResult("Trade", tuple(item(n) for n in range(10)))
    known = {f"id{n}" for n in range(5)} | {f"https://trade.example.com/{n}" for n in range(5, 8)}
    assert capped(result, known, most=2) is result
    assert len(capped(result, known, most=1).items) == 9


@given(
    st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=60),
    st.sets(st.integers(0, 60)),
    st.integers(1, 20),
)
def test_never_more_new_items_than_allowed_and_nothing_known_is_lost(found, known, most):
    items = settled([item(n, published=DAY if dated else None) for n, dated in found], ())
    ids = {f"id{n}" for n in known}
    kept = capped(SourceResult("Trade", items), ids, most=most)
    new = [one for one in kept.items if one.id not in ids]
    assert len(new) == min(most, len([one for one in items if one.id not in ids]))
    assert {one.id for one in items} & ids == {one.id for one in kept.items} & ids
    assert bool(kept.notes) == (len(kept.items) < len(items))
