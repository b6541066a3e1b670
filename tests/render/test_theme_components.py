"""What each component makes of a brief, in both themes; and how a theme comes by components."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import orjson
import pytest
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from newsletter.config import Design
from newsletter.delivery.compose import compose_mailing, compose_message
from newsletter.domain.campaign import Claim, Envelope, PlannedDelivery
from newsletter.domain.issue import Brief, Section
from newsletter.domain.mailing import Mailbox
from newsletter.errors import IssueError, RenderError
from newsletter.providers.sendgrid.payload import body
from newsletter.providers.simulator.rules import problems
from newsletter.render.content import Places
from newsletter.render.theme import load

COMPONENTS = {
    "briefs", "cards", "divider", "events", "figure", "jobs", "lead", "picture", "poll",
    "quotation", "sponsor",
}  # fmt: skip
GOLDEN = Path(__file__).parents[1] / "golden" / "render" / "test_theme_components"


class _Golden(SingleFileSnapshotExtension):
    _write_mode = WriteMode.TEXT

    @classmethod
    def dirname(cls, *, test_location):  # noqa: ARG003
        return str(GOLDEN)


@pytest.mark.parametrize("form", ["html", "text", "mjml"])
def test_golden_issue_with_every_component(each_theme, written, rendered, snapshot, form):
    places = Places(
        "https://news.loupe.example.com", "https://news.loupe.example.com/archive/2026-11-27"
    )
    made = getattr(rendered(written("rich"), places=places), form)
    ending = {"file_extension": {"text": "txt"}.get(form, form)}
    assert made == snapshot(extension_class=type("_Form", (_Golden,), ending))


def test_golden_request_for_the_issue_with_every_component(each_theme, written, rendered, snapshot):
    people = (
        PlannedDelivery(1, 11, "ana@example.com", {"first_name": "Ana & Co"}),
        PlannedDelivery(2, 12, "ben@example.com", None),
    )
    base_url = "https://news.loupe.example.com"
    sender = Mailbox("editor@loupe.example.com", "The Loupe")
    envelope = Envelope(sender, "desk@loupe.example.com", "weekly.loupe.example.com", base_url,
                        "Weekly & Watches")  # fmt: skip
    message = compose_message("campaign-7", envelope, rendered(written("rich")))
    claim = Claim(1, "0" * 32, "all", people, 1)
    request = body(compose_mailing(message, claim, base_url=base_url, key=b"k" * 32))
    assert problems(request, now=0.0) == ()
    made = orjson.dumps(request, option=orjson.OPT_INDENT_2).decode()
    assert made == snapshot(extension_class=type("_Form", (_Golden,), {"file_extension": "json"}))


def text_of(html):
    return " ".join(re.sub(r"<style.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL).split())


@pytest.fixture
def shown_as(one_brief, rendered):
    """The HTML of one brief shown by a component."""

    def show(component, headline="Gold rises", text="", **changes):
        brief = Brief(headline, text, line=9, component=component, **changes)
        issue = one_brief()
        return rendered(replace(issue, sections=(Section("x", "Title", (brief,), line=7),))).html

    return show


def test_both_themes_know_the_same_components(each_theme):
    assert load(each_theme).components == COMPONENTS


@pytest.mark.parametrize("component", sorted(COMPONENTS))
def test_no_component_loses_a_word_of_a_brief(each_theme, component, shown_as):
    text = "![A tray](https://img.example.com/a.png)\n\nOne *word*.\n\n- [Yes](https://e.com/yes)"
    html = shown_as(component, "3 May: Fair", text, link="https://e.com/x", source="Wire")
    shown = text_of(html)
    wanted = ["Title", "3 May", "Fair", "One word .", "Yes", "Wire"]
    assert 'href="https://e.com/yes"' in html
    assert 'href="https://e.com/x"' in html
    assert [words for words in wanted if words not in shown] == []


@pytest.mark.parametrize("component", sorted(COMPONENTS))
def test_the_picture_that_opens_a_brief_is_shown_with_its_words(each_theme, component, shown_as):
    html = shown_as(component, text="![A tray](https://img.example.com/a.png)\n\nText.")
    (picture,) = re.findall(r"<img[^>]*>", html)
    assert 'alt="A tray"' in picture
    assert 0 < int(re.search(r' width="(\d+)"', picture)[1]) <= 680


@pytest.mark.parametrize("component", sorted(COMPONENTS))
def test_the_words_that_open_a_section_are_shown_without_a_brief(
    each_theme, component, one_brief, rendered
):
    section = Section("x", "Title", (), "Words of its own.", line=7, component=component)
    shown = text_of(rendered(replace(one_brief(), sections=(section,))).html)
    assert "Title" in shown
    assert "Words of its own." in shown


def test_an_unknown_component_is_an_error_that_names_the_known(each_theme, one_brief, rendered):
    section = Section("x", "T", (Brief("A", line=9),), line=7, component="carousel")
    with pytest.raises(IssueError) as caught:
        rendered(replace(one_brief(), sections=(section,)))
    assert (caught.value.file, caught.value.line) == ("issues/2026-11-27/issue.md", 7)
    assert f"no component “carousel”; it knows: {', '.join(sorted(COMPONENTS))}" in str(
        caught.value
    )


def test_a_brief_that_names_an_unknown_one_is_named_itself(one_brief, rendered):
    brief = Brief("A", line=9, component="carousel")
    with pytest.raises(IssueError) as caught:
        rendered(replace(one_brief(), sections=(Section("x", "T", (brief,), line=7),)))
    assert caught.value.line == 9


def test_a_file_is_a_component(theme, tmp_path, one_brief, rendered):
    own = tmp_path / "own"
    shutil.copytree(theme, own)
    (own / "components" / "whisper.mjml.j2").write_text(
        "<mj-section><mj-column><mj-text>{% for brief in block.briefs %}"
        "<p>psst: {{ brief.headline }}</p>{% endfor %}</mj-text></mj-column></mj-section>",
        encoding="utf-8",
    )
    section = Section("x", "T", (Brief("A ring"),), component="whisper")
    html = rendered(replace(one_brief(), sections=(section,)), theme=own).html
    assert "psst: A ring" in html


def test_a_mistake_in_a_component_names_its_file(theme, tmp_path, one_brief, rendered):
    own = tmp_path / "own"
    shutil.copytree(theme, own)
    (own / "components" / "whisper.mjml.j2").write_text("\n{{ nothing }}", encoding="utf-8")
    section = Section("x", "T", (Brief("A ring"),), component="whisper")
    with pytest.raises(RenderError) as caught:
        rendered(replace(one_brief(), sections=(section,)), theme=own)
    assert (caught.value.file, caught.value.line) == ("own/components/whisper.mjml.j2", 2)


def test_a_brief_may_differ_from_its_section_and_the_order_stays(each_theme, one_brief, rendered):
    briefs = (
        Brief("First", "Text."),
        Brief("41 %", "of rings", component="figure"),
        Brief("Last", "Text."),
    )
    shown = text_of(rendered(replace(one_brief(), sections=(Section("x", "Title", briefs),))).html)
    assert shown.count("Title") == 1
    places = [shown.index(words) for words in ("Title", "First", "41 %", "of rings", "Last")]
    assert places == sorted(places)


def test_the_section_with_the_key_lead_is_the_lead(each_theme, one_brief, rendered):
    section = Section("lead", "Top", (Brief("A", "Text."),))
    assert "lead-headline" in rendered(replace(one_brief(), sections=(section,))).html


@pytest.mark.parametrize(
    ("language", "label"), [("en", "Advertisement"), ("de", "Anzeige"), ("fr", "Publicité"),
                            ("es", "Publicidad"), ("de-AT", "Anzeige")]
)  # fmt: skip
def test_a_sponsor_is_labelled_in_the_publication_s_language(
    each_theme, language, label, one_brief, rendered, publication
):
    section = Section("x", "T", (Brief("Insurance", "Text."),), component="sponsor")
    html = rendered(
        replace(one_brief(), sections=(section,)),
        publication=publication.model_copy(update={"language": language}),
    ).html
    assert label in html
    assert html.index(label) < html.index("Insurance")


def test_links_that_end_a_poll_become_buttons(each_theme, shown_as):
    text = "Which?\n\n- [Gold](https://e.com/g)\n- [Silver](https://e.com/s)"
    html = shown_as("poll", "A question", text)
    assert re.findall(r'<a href="(https://e.com/.)"[^>]*padding', html) == [
        "https://e.com/g",
        "https://e.com/s",
    ]
    assert "<ul" not in html


def test_a_list_of_more_than_links_stays_a_list(each_theme, shown_as):
    html = shown_as("poll", text="- [Gold](https://e.com/g), mostly\n- [Silver](https://e.com/s)")
    assert "<ul" in html


def test_events_show_the_day_apart(each_theme, shown_as):
    html = shown_as("events", "3 May: Stones: a fair")
    assert re.search(r'class="when stack"[^>]*>3 May</td>', html)
    assert "Stones: a fair" in html


def test_a_divider_of_marks_shows_dots(each_theme, one_brief, rendered):
    section = Section("x", "***", component="divider")
    shown = text_of(rendered(replace(one_brief(), sections=(section,))).html)
    assert "· · ·" in shown
    assert "***" not in shown


def test_date_number_and_web_version_stand_on_top(each_theme, one_brief, rendered):
    address = "https://news.loupe.example.com/archive/2026-11-27"
    html = rendered(
        replace(one_brief(), number="48"), places=Places("https://n.example.com", address)
    ).html
    shown = text_of(html)
    assert "Friday, November 27, 2026" in shown
    assert "No. 48" in shown
    assert f'href="{address}"' in html
    plain = rendered(one_brief()).html
    assert "No." not in text_of(plain)
    assert "Read on the web" not in plain


@pytest.mark.parametrize(
    ("language", "day"),
    [
        ("de", "Freitag, 27. November 2026"),
        ("fr-CA", "vendredi 27 novembre 2026"),
        ("es", "viernes, 27 de noviembre de 2026"),
        ("he", "יום שישי, 27 בנובמבר 2026"),
        ("tlh", "Friday, November 27, 2026"),
    ],
)
def test_the_day_is_written_in_the_language(one_brief, rendered, publication, language, day):
    changed = publication.model_copy(update={"language": language})
    assert day in text_of(rendered(one_brief(), publication=changed).html)


def test_the_footer_says_why_how_to_stop_and_who(each_theme, one_brief, rendered):
    rendition = rendered(one_brief())
    words = {token.field: token.placeholder for token in rendition.tokens if token.part == "html"}
    footer = rendition.html[rendition.html.index("You receive this because") :]
    for field in ("list_title", "unsubscribe_url", "preferences_url"):
        assert words[field] in footer
    assert "The Loupe, 12 Assay Row, New York, NY 10036" in footer


def test_a_picture_alone_may_stand_before_a_line(each_theme, one_brief, rendered):
    briefs = (
        Brief("A tray", "![A tray](https://p.example.com/a.png)"),
        Brief("A line", link="https://trade.example.com/1"),
        Brief("Another tray", "![A tray](https://p.example.com/a.png)"),
    )
    html = rendered(replace(one_brief(), sections=(Section("x", "X", briefs),))).html
    assert html.count("<ul") == html.count("</ul>") == 1
    assert "<ul" in html[html.index("A tray") : html.index("A line")]


def test_the_text_names_the_number_and_the_web_version(each_theme, written, rendered):
    places = Places("https://news.loupe.example.com", "https://news.example.com/archive/48")
    head = rendered(written("rich"), places=places).text.split("\n\n")[0].split("\n")
    assert head[1:] == [
        "Friday, November 27, 2026, No. 48",
        "Read on the web: https://news.example.com/archive/48",
    ]


def test_the_text_ends_a_quotation_with_who_said_it(each_theme, one_brief, rendered):
    said = Section(
        "said", "Said", (Brief("Elin Marr, buyer", "We hope at ten."),), component="quotation"
    )
    text = rendered(replace(one_brief(), sections=(said,))).text
    assert "We hope at ten.\n\n— Elin Marr, buyer\n" in text


def test_a_logo_stands_for_the_name_and_has_a_dark_one(each_theme, one_brief, rendered):
    logo = {"light": "https://l.example.com/l.png", "dark": "https://l.example.com/d.png"}
    html = rendered(one_brief(), design=Design.model_validate({"logo": logo})).html
    assert re.findall(r'<img class="([^"]*)"[^>]*alt="The Loupe"', html) == [
        "logo logo-light",
        "logo logo-dark",
    ]
    assert ".logo-light { display: none !important; }" in html


def test_forty_briefs_stay_under_50_kb(each_theme, one_brief, rendered):
    briefs = tuple(
        Brief(f"Refiners quote by the day, item {number}", "words " * 50,
              f"https://trade.example.com/{number}", "Trade Wire")
        for number in range(40)
    )  # fmt: skip
    issue = replace(one_brief(), sections=(Section("latest", "The Latest", briefs),))
    assert len(rendered(issue).html.encode()) < 50_000


def test_style_elements_stay_far_below_gmail_s_limit(each_theme, written, rendered):
    styles = re.findall(r"<style[^>]*>(.*?)</style>", rendered(written("rich")).html, re.DOTALL)
    assert sum(len(style) for style in styles) < 8_000


def test_dark_rules_stand_in_style_elements_of_their_own(each_theme, written, rendered):
    styles = re.findall(r"<style[^>]*>(.*?)</style>", rendered(written("rich")).html, re.DOTALL)
    dark = [style for style in styles if "prefers-color-scheme" in style]
    outlook = [style for style in styles if "[data-ogsc]" in style]
    assert (len(dark), len(outlook)) == (1, 1)
    assert dark != outlook


def test_nothing_is_fetched_but_the_issue_s_own_pictures(each_theme, written, rendered):
    html = rendered(written("rich")).html
    assert "<link" not in html
    assert "@import" not in html
    assert {re.sub(r"[^/]*$", "", address) for address in re.findall(r'src="([^"]*)"', html)} == {
        "https://img.example.com/"
    }


def test_headings_are_real_and_in_order(each_theme, written, rendered):
    levels = [int(level) for level in re.findall(r"<h([1-6])", rendered(written("rich")).html)]
    assert levels[:3] == [1, 2, 3]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_page_speaks_to_screen_readers(each_theme, written, rendered):
    html = rendered(written("rich")).html
    assert '<html lang="en" dir="ltr"' in html
    assert 'role="article"' in html
    assert re.findall(r'<table\b(?![^>]*role="presentation")', html) == []
    assert re.findall(r"<img\b(?![^>]*\balt=)", html) == []


def test_outlook_s_conditional_comments_survive_in_pairs(each_theme, written, rendered):
    html = rendered(written("rich")).html
    assert html.count("<!--[if") == html.count("<![endif]-->") > 40
    inside = "".join(re.findall(r"<!--\[if mso[^>]*>(.*?)<!\[endif\]-->", html, re.DOTALL))
    for tag in ("table", "tr", "td"):
        assert len(re.findall(rf"<{tag}\b", inside)) == inside.count(f"</{tag}>")


def test_briefs_without_text_become_one_list(each_theme, sample_issue, rendered):
    html = rendered(sample_issue).html
    assert html.count('class="lines"') == 1
    assert html.count('<li class="line"') == 2
    assert "<h3>The trunk show" not in html


@pytest.mark.parametrize("text", ["", "Some words."])
def test_a_link_without_host_is_worded_without_source(each_theme, one_brief, rendered, text):
    rendition = rendered(one_brief(link="mailto:desk@example.com", text=text))
    assert "None" not in rendition.html + rendition.text
    assert "Read the story" in rendition.html


def test_a_brief_without_link_names_its_source(each_theme, sample_issue, rendered):
    assert re.search(r'<p class="source"[^>]*>Desk</p>', rendered(sample_issue).html)


def test_a_picture_known_to_be_narrow_is_not_blown_up(each_theme, one_brief, rendered):
    text = "![A mark](images/mark.png)\n\nText.\n\n![A tray](images/tray.png)"
    pictures = {
        "images/mark.png": ("https://n.example.com/images/1.png", 120),
        "images/tray.png": ("https://n.example.com/images/2.png", 1200),
    }
    html = rendered(one_brief(text=text), places=Places("https://n.example.com", pictures=pictures))
    mark, tray = re.findall(r"<img[^>]*>", html.html)
    assert 'src="https://n.example.com/images/1.png"' in mark
    assert 'width="120"' in mark
    assert "max-width:120px" in mark
    assert 'src="https://n.example.com/images/2.png"' in tray
    assert int(re.search(r' width="(\d+)"', tray)[1]) < 700
