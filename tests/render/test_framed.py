"""The copy of a rendition that a frame of the studio shows: scheme, pictures, places."""

from __future__ import annotations

import re

import pytest
from lxml import html as parser

from newsletter.errors import RenderError
from newsletter.render.framed import Framing, framed


def page(body, head=""):
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"


STYLE = (
    "<style>:root{color-scheme:light dark;supported-color-schemes:light dark}"
    "@media (prefers-color-scheme: dark){p{color:red}}"
    "@media (prefers-color-scheme:light){p{color:blue}}</style>"
    '<meta name="color-scheme" content="light dark">'
)


@pytest.mark.parametrize(
    ("dark", "scheme", "kept", "gone"),
    [(True, "dark", "red", "blue"), (False, "light", "blue", "red")],
)
def test_the_scheme_is_decided_and_not_asked_of_the_browser(dark, scheme, kept, gone):
    made = framed(page("<p>Gold</p>", STYLE), Framing(dark=dark))
    assert "prefers-color-scheme" not in made
    assert re.search(rf"\(min-width:0px\)\s*\{{p\{{color:{kept}", made)
    assert re.search(rf"\(max-width:0px\)\s*\{{p\{{color:{gone}", made)
    assert f'content="{scheme}"' in made
    assert f":root{{color-scheme:{scheme};supported-color-schemes:{scheme}}}" in made


def test_a_mail_program_brings_its_own_scheme(rendered, written):
    html = rendered(written("compact")).html
    assert 'content="dark"' in framed(html, Framing(client="apple-mail-dark"))
    assert 'content="light"' in framed(html, Framing(client="gmail-web", dark=True))


def test_an_unknown_mail_program_is_an_error_that_names_those_known():
    with pytest.raises(RenderError, match="gmail-web"):
        framed(page(""), Framing(client="pegasus"))


def test_pictures_come_from_the_studio_or_say_where_they_lie():
    html = page(
        '<img src="https://news.example.com/images/a.png"><img '
        'src="https://media.example.com/b.jpg" srcset="https://media.example.com/b2.jpg 2x">'
    )
    framing = Framing(pictures={"https://news.example.com/images/a.png": "/images/a.png"})
    own, other = parser.fromstring(framed(html, framing)).iter("img")
    assert own.get("src") == "/images/a.png"
    assert other.get("src").startswith("data:image/svg+xml,")
    assert "media.example.com" in other.get("src")
    assert other.get("srcset") is None


def test_pictures_off_leaves_the_words_that_describe_them():
    made = framed(
        page('<img src="https://x.example.com/a.png" alt="Rings">'), Framing(shows_pictures=False)
    )
    (picture,) = parser.fromstring(made).iter("img")
    assert (picture.get("src"), picture.get("alt")) == (None, "Rings")


def test_what_could_run_or_lead_away_is_gone():
    made = framed(
        page(
            '<script>x</script><iframe src="//evil.example.com"></iframe><object data="x"></object>'
            '<a href="https://trade.example.com/">Gold</a>',
            '<base href="//evil.example/"><link rel="stylesheet" href="//evil.example/x.css">',
        ),
        Framing(),
    )
    for tag in ("script", "iframe", "object", "base", "link"):
        assert f"<{tag}" not in made
    (link,) = parser.fromstring(made).iter("a")
    assert link.get("target") == "_blank"


@pytest.mark.parametrize("name", ["rich", "compact"])
def test_every_heading_of_an_issue_is_marked_in_the_order_it_was_written(
    rendered, written, name, each_theme
):
    issue = written(name)
    places = [
        place
        for section in issue.sections
        for place in [
            (section.line, section.title),
            *((b.line, b.headline) for b in section.briefs),
        ]
    ]
    made = framed(rendered(issue).html, Framing(places=tuple(places)))
    lines = [int(found) for found in re.findall(r'id="line-(\d+)"', made)]
    assert lines == sorted(lines)
    shown = {brief.line for brief in issue.briefs}
    assert shown <= set(lines)
    assert len(lines) == len(set(lines))


def test_the_same_headline_twice_is_two_places():
    made = framed(
        page("<h3>Gold</h3><p>text</p><h3>Silver</h3><h3>Gold</h3>"),
        Framing(places=((1, "Gold"), (3, "Missing"), (5, "Gold"))),
    )
    assert made.index('id="line-1"') < made.index("Silver") < made.index('id="line-5"')


def test_an_event_is_found_by_what_stands_behind_its_day():
    made = framed(
        page("<td>3 December</td><td>Evening sale</td>"),
        Framing(places=((7, "3 December: Evening sale"),)),
    )
    assert 'id="line-7"' in made
