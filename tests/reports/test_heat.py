"""A tint and a count on the links of a rendition, and nothing else of it changed."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from lxml import html as parser

from newsletter.domain.report import Place, Shares
from newsletter.reports.heat import TINTS, heat, heated, level

A, B, C = (f"https://example.com/{letter}?x=1&y=2" for letter in "abc")


def place(url, human, number=0):
    return Place(number, url, "latest", "id", "Gold", Shares(human=human), 0)


def page(*urls):
    links = "".join(
        f'<p>Gold <a href="{url.replace("&", "&amp;")}">reads on</a> here</p>' for url in urls
    )
    return f"<html><body>{links}</body></html>"


def badges(html):
    return [badge.text for badge in parser.document_fromstring(html).find_class("heat-badge")]


def test_each_link_that_may_be_told_has_its_count_and_others_none():
    counts = heat([place(A, 41), place(B, None), place(C, 0)])
    assert counts == {A: 41}
    hot = heated(page(A, B, C), counts)
    assert badges(hot) == ["41"]
    tinted = [link for link in parser.document_fromstring(hot).iter("a") if link.get("style")]
    assert [link.get("href") for link in tinted] == [A]


def test_of_links_to_one_page_the_first_bears_the_count_and_all_the_tint():
    hot = heated(page(A, B, A), {A: 9})
    assert badges(hot) == ["9"]
    assert len(re.findall("outline:3px", hot)) == 2


def test_a_page_in_two_briefs_counts_its_people_once():
    assert heat([place(A, 12, 1), place(A, 12, 2)]) == {A: 12}


def test_all_words_of_the_mail_stay():
    before = parser.document_fromstring(page(A, B)).text_content()
    after = parser.document_fromstring(heated(page(A, B), {A: 7})).text_content()
    assert after == before.replace("reads on", "7reads on", 1)


def test_a_picture_that_is_a_link_bears_a_count_too():
    hot = heated(
        f'<html><body><a href="{A}"><img src="x.png" alt="A ring"></a></body></html>', {A: 5}
    )
    assert badges(hot) == ["5"]
    assert 'alt="A ring"' in hot


@given(st.integers(5, 10**7), st.integers(5, 10**7), st.integers(5, 10**7))
def test_more_clicks_are_never_paler_and_the_most_are_the_darkest(one, other, most):
    low, high = sorted((min(one, most), min(other, most)))
    assert 0 <= level(low, most) <= level(high, most) <= level(most, most) == len(TINTS) - 1
