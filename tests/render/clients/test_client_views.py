"""A page as named mail programs show it, held to facts of caniemail.com."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from newsletter.errors import ConfigError, RenderError
from newsletter.render.clients import CLIENTS, as_shown, reader_shares
from newsletter.render.clients.catalogue import feature_titles, unsupported
from newsletter.render.clients.refresh import trimmed

GOLDEN = Path(__file__).parents[2] / "golden" / "render" / "test_client_views"
NAMES = [client.key for client in CLIENTS]
SAMPLE = Path(__file__).with_name("sample.html")


class _Golden(SingleFileSnapshotExtension):
    _write_mode = WriteMode.TEXT
    file_extension = "html"

    @classmethod
    def dirname(cls, *, test_location):  # noqa: ARG003
        return str(GOLDEN)


@pytest.fixture(scope="module")
def sample():
    return SAMPLE.read_text(encoding="utf-8")


def page(body="", head=""):
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"


def styled(declaration):
    return page(f'<p style="{declaration}">Gold</p>')


@pytest.mark.parametrize("client", NAMES)
def test_the_sample_as_each_program_shows_it(client, sample, snapshot):
    assert as_shown(sample, client) == snapshot(extension_class=_Golden)


@pytest.mark.parametrize("client", NAMES)
def test_a_view_keeps_the_words_and_comes_out_the_same_again(client, sample):
    shown = as_shown(sample, client)
    assert shown == as_shown(sample, client)
    assert "Gold holds its floor" in shown
    assert "<!--" not in shown


def test_gmail_keeps_styles_but_not_for_other_accounts():
    html = page(head="<style>.a{color:#111111}</style>")
    assert ".a{color:#111111}" in as_shown(html, "gmail-web")
    assert "#111111" not in as_shown(html, "gmail-other")


def test_gmail_drops_a_style_element_with_nested_at_rules_and_what_is_beyond_16_kb():
    nested = page(head="<style>@media screen{@media screen{.a{color:#111111}}}</style>")
    assert "#111111" not in as_shown(nested, "gmail-web")
    large = page(head=f"<style>.a{{color:#111111}}</style><style>{'.b{top:1px}' * 1600}</style>")
    shown = as_shown(large, "gmail-web")
    assert ("#111111" in shown, ".b" in shown) == (True, False)


@pytest.mark.parametrize(
    ("declaration", "lost_in"),
    [
        ("color:#111111", set()),
        ("max-width:600px", set()),
        ("border-radius:4px", {"outlook-windows"}),
        ("background-image:url(https://e.com/a.png)", {"outlook-windows", "images-off"}),
        ("box-shadow:0 0 2px #000000", {"gmail-web", "outlook-windows", "yahoo"}),
        ("position:absolute", {"gmail-web", "gmail-other", "outlook-windows"}),
        ("height:20px", {"yahoo"}),
        ("display:flex", {"gmail-other", "outlook-windows"}),
        ("display:block", set()),
        ("width:calc(100% - 2px)", {"gmail-other", "outlook-windows", "outlook-com", "yahoo"}),
        ("color:var(--ink)", {
            "gmail-web", "gmail-other", "outlook-windows", "outlook-com", "yahoo",
        }),
    ],
)  # fmt: skip
def test_a_declaration_is_lost_where_it_is_not_supported(declaration, lost_in):
    name, _, value = declaration.partition(":")
    lost = {
        client for client in NAMES if f"{name}:{value}" not in as_shown(styled(declaration), client)
    }
    assert lost == lost_in


DARK = "<style>@media (prefers-color-scheme: dark) { .a { color: #eeeeee !important } }</style>"


def test_only_dark_apple_mail_shows_dark_rules_and_shows_them_to_everybody():
    shows = {client for client in NAMES if "#eeeeee" in as_shown(page(head=DARK), client)}
    assert shows == {"apple-mail-dark"}
    assert "@media all{.a{color:#eeeeee !important}}" in as_shown(
        page(head=DARK), "apple-mail-dark"
    )


def test_a_scheme_joined_with_a_width_leaves_the_width():
    joined = DARK.replace("dark)", "dark) and (max-width: 480px)")
    assert "@media (max-width: 480px){" in as_shown(page(head=joined), "apple-mail-dark")


def test_outlook_reads_its_comments_and_nobody_else_does():
    html = page(
        "<!--[if mso | IE]><i>outlook</i><![endif]--><!--[if !mso]><!--><i>others</i>"
        "<!--<![endif]--><!--[if lte mso 11]><i>old</i><![endif]-->"
    )
    for client in NAMES:
        shown = re.findall(r"<i>(\w+)</i>", as_shown(html, client))
        assert shown == (["outlook"] if client == "outlook-windows" else ["others"])


def test_outlook_has_no_media_queries_and_no_attribute_selectors():
    css = "<style>@media (max-width:480px){.a{color:#111111}}[dir] .b{color:#222222}</style>"
    shown = as_shown(page(head=css), "outlook-windows")
    assert ("#111111" in shown, "#222222" in shown) == (False, False)


def test_of_a_list_of_selectors_the_understood_ones_stay():
    css = "<style>.a,.b:nth-child(2){color:#111111}</style>"
    assert ".a{color:#111111}" in as_shown(page(head=css), "gmail-web")


def test_without_pictures_their_descriptions_are_left():
    html = page(
        '<img src="https://e.com/a.png" srcset="https://e.com/b.png 2x" alt="A ring">'
        '<td background="https://e.com/c.png">x</td>',
        "<style>.a{background:url(https://e.com/d.png)}</style>",
    )
    shown = as_shown(html, "images-off")
    assert 'alt="A ring"' in shown
    assert "https://" not in shown


def test_a_picture_of_a_format_nobody_draws_there_leaves_its_description():
    html = page('<img src="https://e.com/a.webp?w=2" alt="A ring">')
    assert "a.webp" not in as_shown(html, "outlook-windows")
    assert "a.webp" in as_shown(html, "apple-mail")


def test_what_is_not_supported_takes_its_content_along_or_leaves_it():
    html = page("<video>film</video><section>words</section><script>x</script>")
    shown = as_shown(html, "outlook-windows")
    assert ("film" in shown, "words" in shown, "<section" in shown) == (False, True, False)
    assert "<script" not in as_shown(html, "apple-mail")


@given(st.text())
def test_any_text_comes_through(words):
    for client in NAMES:
        as_shown(page(words.replace("\x00", "")), client)


def test_an_unknown_program_is_a_mistake_that_names_the_known_ones():
    with pytest.raises(RenderError, match="gmail-web, gmail-other, outlook-windows"):
        as_shown(page(), "lotus-notes")


def test_shares_come_to_one_and_the_publications_own_win():
    assert sum(reader_shares({}).values()) == pytest.approx(1)
    assert reader_shares({"yahoo": 3, "gmail-web": 1, "apple-mail": 0}) == {
        "yahoo": 0.75,
        "gmail-web": 0.25,
    }
    with pytest.raises(ConfigError, match="did you mean “yahoo”"):
        reader_shares({"yahooo": 3})


def test_every_column_is_in_the_data():
    for client in CLIENTS:
        assert unsupported(client.column) <= feature_titles().keys()
    assert len(unsupported("outlook-windows")) > len(unsupported("apple-mail"))


def test_the_data_is_trimmed_to_the_newest_version():
    feature = {
        "slug": "css-x",
        "title": "x",
        "stats": {
            "gmail": {
                "desktop-webmail": {"2019-06": "n", "2023-01": "a #1 #2"},
                "android": {"2019-06": "y #2"},
            },
            "yahoo": {"desktop-webmail": {"2019-06": "y"}},
        },
        "notes_by_num": {"1": "Partial.", "2": "Partial. Not supported with non Google accounts."},
    }
    made = trimmed({"last_update_date": "2026-05-13", "data": [feature]})
    marks = dict(zip(made["columns"], made["features"]["css-x"], strict=True))
    assert marks["gmail-web"] == "a"
    assert marks["gmail-other"] == "n"
    assert (marks["yahoo"], marks["apple-mail"]) == ("y", "u")
    assert json.loads(json.dumps(made)) == made
