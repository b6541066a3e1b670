from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.domain.item import Dated, ItemKind
from newsletter.errors import GatherError
from newsletter.gather.listing import read_listing

URL = "https://wire.example.com/news"
TITLES = ("Gold passes four thousand", "Silver does not follow", "A mine closes for the winter")


def read(body, head=""):
    page = f'<html lang="en"><head>{head}</head><body>{body}</body></html>'
    return read_listing(page.encode(), url=URL, source="Wire")


def cards(inside="<h2><a href='/n/{n}'>{title}</a></h2>", titles=TITLES):
    made = (inside.format(n=number, title=title) for number, title in enumerate(titles, 1))
    return "".join(f"<article>{one}</article>" for one in made)


def test_each_story_is_a_teaser_with_its_link_second_line_and_day():
    first, *others = read(
        cards(
            "<p class=kicker>Metals</p><h2><a href='/n/{n}?utm_source=home'>{title}</a></h2>"
            "<p>Said on Friday, a house &amp; its guests. <a href='/n/{n}'>Read more</a></p>"
            "<span>By Ann Lee</span> <time datetime='2026-11-18T09:00:00Z'>Wed</time>"
        )
    )
    assert (first.kind, first.title) == (ItemKind.TEASER, TITLES[0])
    assert (first.dek, first.text) == ("Said on Friday, a house & its guests.", "")
    assert first.url == "https://wire.example.com/n/1"
    assert (first.published, first.dated) == (datetime(2026, 11, 18, 9, tzinfo=UTC), Dated.STATED)
    assert (first.author, first.language) == ("Ann Lee", "en")
    assert [one.title for one in others] == list(TITLES[1:])


def test_a_link_around_a_whole_card_gives_headline_and_teaser():
    body = (
        "<a href='/n/{n}'><div>Metals</div><div class=head>{title}</div>"
        "<p>It happened at noon.</p></a>"
    )
    first, *_ = read(cards(body))
    assert (first.title, first.dek) == (TITLES[0], "It happened at noon.")


def test_a_teaser_without_a_headline_stays_one():
    lines = ("Gold rose by two dollars on Friday, to a record.", "Silver fell for the third day.",
             "The mine at Letsike is flooded, its owner says.")  # fmt: skip
    found = read(cards("<p>{title} <a href='/n/{n}'>Read more</a></p>", lines))
    assert [(one.title, one.text) for one in found] == [("", line) for line in lines]


@pytest.mark.parametrize(
    "box",
    [
        "<nav><a href='/x'>All the metals of the earth</a></nav>",
        "<div class='most-read'><h3>x</h3>{}</div>",
        "<div><h3>Most read</h3>{}</div>",
        "<section><h2>Trending now</h2>{}</section>",
        "<footer>{}</footer>",
        "<div class='ad-slot'><a href='https://ads.example.net/c'>Insure your window</a></div>",
        "<p><a href='/about'>About us and the house we live in</a></p>",
    ],
)
def test_what_stands_beside_the_list_is_left_out(box):
    others = "".join(f"<li><a href='/o/{n}'>An older story number {n}</a></li>" for n in range(5))
    assert [one.title for one in read(cards() + box.format(others))] == list(TITLES)


def test_a_story_shown_twice_is_one_item():
    twice = cards() + cards("<h3><a href='/n/{n}#more'>{title}</a></h3>")
    assert len(read(twice)) == 3


def test_a_list_of_links_to_other_sites_is_a_list():
    found = read(cards("<h2><a href='https://e{n}.example.org/a'>{title}</a></h2>"))
    assert [one.url for one in found] == [f"https://e{n}.example.org/a" for n in (1, 2, 3)]


@pytest.mark.parametrize(
    "body", ["", "<p>One paragraph of text, without a link anywhere.</p>", "<a href='/x'>Home</a>"]
)
def test_a_page_without_a_list_is_an_error_naming_the_source(body):
    with pytest.raises(GatherError, match="Wire: the page holds no list of stories"):
        read(body)


def test_tags_nested_without_end_cost_little():
    with pytest.raises(GatherError):
        read("<div><a href='/x'>" * 20_000)
