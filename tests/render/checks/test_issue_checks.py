from __future__ import annotations

import re
from dataclasses import replace

import pytest

from newsletter.domain.finding import Level
from newsletter.domain.issue import Brief, Section
from newsletter.render.checks import check

SENDGRID_KEY = "SG." + "a" * 22 + "." + "b" * 43


@pytest.fixture
def codes(rendered, publication):
    """{(code, place)} of an issue, rendered with the digest theme or another."""

    def found(issue, **changes):
        rendition = rendered(issue, **changes)
        findings = check(issue, (rendition,), publication=publication)
        return {(finding.code, finding.place) for finding in findings}

    return found


@pytest.fixture
def page_codes(rendered, publication, one_brief):
    """Codes of a page whose HTML the test changes."""

    def found(change):
        rendition = rendered(one_brief())
        rendition = replace(rendition, html=change(rendition.html))
        return {
            finding.code for finding in check(one_brief(), (rendition,), publication=publication)
        }

    return found


def test_a_sound_issue_has_no_finding(codes, one_brief):
    assert codes(
        one_brief(text="Sales rose on Friday, Nov. 27, by [a tenth](https://e.com/a).")
    ) == (set())


BRIEFS = [
    ("link-scheme", {"link": "javascript:alert(1)"}),
    ("link-scheme", {"text": "a [b](file:///etc/passwd)"}),
    ("link-scheme", {"text": "a [b](jav&#x09;ascript:x)"}),  # codespell:ignore
    ("link-http", {"link": "http://trade.example.com/gold"}),
    ("link-http", {"text": "a [b](http://e.com)"}),
    ("link-empty", {"link": " "}),
    ("link-empty", {"text": "a [b]()"}),
    ("link-empty", {"text": "a [](https://e.com)"}),
    ("brief-without-link", {"link": None}),
    ("alt-missing", {"text": "![](https://e.com/a.png)"}),
    ("image-local", {"text": "![A ring](images/a.png)"}),
    ("image-local", {"text": "![A ring](https://e.com/a.svg)"}),
    ("image-local", {"text": "![A ring](http://e.com/a.png)"}),
    ("image-remote", {"text": "![A ring](https://e.com/a.png)"}),
    ("secret", {"text": f"key {SENDGRID_KEY}"}),
    ("secret", {"link": f"https://e.com/?key={SENDGRID_KEY}"}),
    ("secret", {"text": "-----BEGIN RSA PRIVATE KEY-----"}),
    ("placeholder", {"text": "Lorem ipsum dolor"}),
    ("placeholder", {"text": "TODO: ask"}),
    ("placeholder", {"text": "sales of TK million"}),
    ("placeholder", {"headline": "Dear {{ first_name }}"}),
    ("placeholder", {"headline": "For {{ reader.first_name | fallback('you') }}"}),
    ("weekday-mismatch", {"text": "on Monday, Nov. 27, they"}),
    ("weekday-mismatch", {"text": "on Friday 1 January 2027 and Friday, January 2nd"}),
    ("weekday-mismatch", {"headline": "Closing Tues., Dec. 2"}),
    ("weekday-mismatch", {"text": "am Montag, dem 27. November"}),
    ("weekday-mismatch", {"text": "le lundi 27 novembre 2026"}),
    ("weekday-mismatch", {"text": "lundi 1er déc."}),
    ("weekday-mismatch", {"text": "el lunes 27 de noviembre de 2026"}),
    ("link-private", {"link": "https://desk/gold"}),
    ("link-private", {"link": "https://wire.local/gold"}),
    ("link-private", {"link": "https://127.0.0.1:8000/gold"}),
    ("link-staging", {"link": "https://gold.vercel.app/a"}),
    ("link-words", {"text": "[hier](https://e.com/a)"}),
    ("link-words", {"text": "[En savoir plus](https://e.com/a)"}),
    ("placeholder", {"text": "[insert price]"}),
    ("secret", {"text": "ghp_" + "a" * 36}),
    ("anchor-dead", {"text": "see [below](#dates)"}),
    ("link-scheme", {"text": "[call](tel:the-desk)"}),
]


@pytest.mark.parametrize(("code", "parts"), BRIEFS)
def test_a_mistake_in_a_brief_is_found_at_its_line(codes, one_brief, code, parts):
    assert (code, "issue.md:9") in codes(one_brief(**parts))


def test_a_mistake_in_the_intro_is_found_at_its_line(codes, one_brief):
    issue = replace(one_brief(), intro="TODO, and [here](https://e.com/a)", intro_line=8)
    assert {("placeholder", "issue.md:8"), ("link-words", "issue.md:8")} <= set(codes(issue))


SOUND = [
    ("placeholder", {"text": "Hello {{ reader.first_name | fallback('you') }}, todos and Tk"}),
    (
        "weekday-mismatch",
        {"text": "Friday, Nov. 27; Fri 1 January 2027; Sunday marched on 3 fronts"},
    ),
    ("weekday-mismatch", {"text": "Monday, February 30"}),
    ("weekday-mismatch", {"text": "Freitag, 27. November 2026; vendredi 27 nov. 2026"}),
    ("weekday-mismatch", {"text": "viernes, 27 de noviembre; money 27 May; wedding 5 June"}),
    ("weekday-mismatch", {"text": "Friday 3 markets opened; Monday 12 Mayfair dealers"}),
    ("link-private", {"link": "https://local.example.com/gold"}),
    ("link-staging", {"link": "https://developer.example.com/latest"}),
    ("secret", {"text": "The SG. mark and SG.short. too"}),
    ("link-scheme", {"text": "[write](mailto:desk@example.com)"}),
    ("link-scheme", {"text": "[call](tel:+41-22-000-00-00)"}),
    ("brief-without-link", {"link": None, "text": "[a](https://e.com)"}),
    ("image-local", {"text": "![A ring](https://e.com/a.png)"}),
    ("alt-missing", {"text": "![A ring](https://e.com/a.png)"}),
]


@pytest.mark.parametrize(("code", "parts"), SOUND)
def test_what_only_looks_like_a_mistake_is_let_pass(codes, one_brief, code, parts):
    assert code not in {found for found, _ in codes(one_brief(**parts))}


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("subject-missing", {"subject": " "}),
        ("subject-long", {"subject": "Gold " * 13}),
        ("preheader-missing", {"preheader": ""}),
    ],
)
def test_a_mistake_in_the_head_is_found(codes, one_brief, code, changes):
    assert codes(replace(one_brief(), **changes)) == {(code, "issue.md:1")}


def test_a_token_in_the_subject_counts_as_its_fallback(codes, one_brief):
    subject = "{{ reader.first_name | fallback('You') }}, " + "x" * 55
    assert codes(replace(one_brief(), subject=subject)) == set()


def test_briefs_alike_are_found_at_the_second(codes, one_brief):
    first = Brief("Gold  rises", link="https://trade.example.com/gold/#top", line=20)
    section = Section("more", "More", (first,), line=18)
    issue = replace(one_brief(), sections=(*one_brief().sections, section))
    assert codes(issue) == {
        ("duplicate-headline", "issue.md:20"),
        ("duplicate-link", "issue.md:20"),
    }


@pytest.mark.parametrize("component", ["quotation", "figure"])
def test_a_quotation_or_a_figure_needs_no_page_to_read_on(codes, one_brief, component):
    assert codes(one_brief(link=None, component=component)) == set()
    (section,) = one_brief(link=None).sections
    whole = replace(one_brief(), sections=(replace(section, component=component),))
    assert codes(whole) == set()


def test_empty_sections_and_issues_are_found(codes, one_brief):
    empty = Section("more", "More", (), line=18)
    rule = replace(empty, component="divider")
    assert codes(replace(one_brief(), sections=(*one_brief().sections, rule))) == set()
    assert codes(replace(one_brief(), sections=(*one_brief().sections, empty))) == {
        ("section-empty", "issue.md:18")
    }
    assert codes(replace(one_brief(), sections=())) == {("issue-empty", "issue.md")}


def test_a_theme_without_footer_is_found(codes, one_brief, theme_with):
    found = codes(one_brief(), theme=theme_with("<mj-text>x</mj-text>", text="x"))
    assert found == {
        ("unsubscribe-missing", "html"),
        ("unsubscribe-missing", "text"),
        ("preferences-missing", "html"),
        ("preferences-missing", "text"),
        ("postal-address-missing", "html"),
        ("postal-address-missing", "text"),
    }


def test_an_unsubscribe_address_that_is_no_link_does_not_count(codes, one_brief, theme_with):
    theme = theme_with("<mj-text>{{ unsubscribe_url }} {{ publication.postal_address }}</mj-text>")
    assert ("unsubscribe-missing", "html") in codes(one_brief(), theme=theme)


@pytest.mark.parametrize(
    "markup",
    [
        "<script>x</script>",
        "<iframe></iframe>",
        '<form action="//evil.example.com"></form>',
        '<p onload="x">',
        '<meta http-equiv="refresh" content="0">',
        '<base href="https://e.com">',
        '<link rel="stylesheet" href="https://e.com/a.css">',
        '<a href=" java\tscript:alert(1)">x</a>',
        '<a href="data:text/html,x">x</a>',
        '<a href="vbscript:x">x</a>',
        "<!--[if mso]><script>x</script><![endif]-->",
        "<style>@import url(https://e.com/a.css);</style>",
        '<p style="width:expression(x)">',
        "<svg onload=x></svg>",
    ],
)
def test_active_content_is_found(page_codes, markup):
    assert "active-content" in page_codes(lambda html: html.replace("</body>", markup + "</body>"))


@pytest.mark.parametrize(
    ("theme_part", "code"),
    [
        ('<mj-button href="javascript:alert(1)">x</mj-button>', "active-content"),
        ("<mj-raw><script>x</script></mj-raw>", "active-content"),
        ("<mj-text><a href='ftp://e.com'>x</a></mj-text>", "link-scheme"),
        ("<mj-text><a href=''>x</a></mj-text>", "link-empty"),
        ("<mj-text><img src='https://e.com/a.png'></mj-text>", "alt-missing"),
    ],
)
def test_what_a_theme_should_not_hold_is_found(codes, one_brief, theme_with, theme_part, code):
    assert code in {found for found, _ in codes(one_brief(), theme=theme_with(theme_part))}


def test_size_with_rewritten_links_has_two_limits(one_brief, rendered, publication):
    def levels(size):
        rendition = rendered(one_brief())
        links = re.findall(r'href="(http[^"]*)"', rendition.html)
        rewritten = sum(350 + len(address) // 3 for address in links)
        missing = size - len(rendition.html.encode()) - rewritten
        rendition = replace(rendition, html=rendition.html + " " * missing)
        found = check(one_brief(), (rendition,), publication=publication)
        return [(finding.level, finding.code) for finding in found]

    assert levels(90_000) == []
    assert levels(90_001) == [(Level.WARNING, "html-size-near")]
    assert levels(100_000) == [(Level.WARNING, "html-size-near")]
    assert levels(110_000) == [(Level.ERROR, "html-size")]


@pytest.mark.parametrize(
    ("css", "code"),
    [
        (".a{margin:0}" * 2000, "css-size"),
        ("@media x{@media y{.a{top:0}}}", "style-nested-at"),
        ("@media x{.a{top:0}}@media y{.b{top:0}} /* { @media */", None),
    ],
)
def test_css_that_gmail_drops_is_found(page_codes, css, code):
    found = page_codes(lambda html: html.replace("</head>", f"<style>{css}</style></head>"))
    assert found == ({code} if code else set())


def test_a_token_in_the_wrong_part_is_found(one_brief, rendered, publication):
    rendition = rendered(one_brief())
    html_token = rendition.tokens[0].placeholder
    wrong = replace(rendition, text=rendition.text + html_token)
    found = check(one_brief(), (wrong,), publication=publication)
    assert [(finding.code, finding.place) for finding in found] == [("token-left", "text")]


def test_a_finding_does_not_repeat_the_secret(one_brief, rendered, publication):
    issue = one_brief(text=f"key {SENDGRID_KEY}")
    (finding,) = check(issue, (rendered(issue),), publication=publication)
    assert "aaaa" not in finding.message + finding.remedy


def test_errors_come_first(one_brief, rendered, publication):
    issue = replace(one_brief(link=None, text="![](x.png)"), preheader="")
    found = check(issue, (rendered(issue),), publication=publication)
    order = [list(Level).index(finding.level) for finding in found]
    assert order == sorted(order)
    assert len(set(order)) == 3
