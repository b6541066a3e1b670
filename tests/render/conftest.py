from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from newsletter.config import Design, Publication
from newsletter.domain.issue import Brief, Issue, Section
from newsletter.issues.codec import parse
from newsletter.render.content import Places
from newsletter.render.pipeline import Setting, render
from newsletter.render.tokens import merge_prefix

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.domain.rendition import Rendition

TEMPLATES = Path(__file__).parents[2] / "templates"
DIGEST = TEMPLATES / "digest"
WRITTEN = Path(__file__).parents[1] / "data" / "themes"
HEBREW_WORDS = {
    "read": "לקריאה",
    "read_at": "לקריאה ב־{source}",
    "number": "גיליון {number}",
    "web_version": "לקריאה באתר",
    "advertisement": "מודעה",
    "why": "קיבלת הודעה זו כי נרשמת אל {list}.",
    "unsubscribe": "הסרה",
    "preferences": "שינוי העדפות",
    "visit": "אתר",
}


@pytest.fixture
def theme() -> Path:
    return DIGEST


@pytest.fixture(params=["digest", "magazine"])
def each_theme(request: pytest.FixtureRequest) -> Path:
    """The folder of each theme that ships; `rendered` renders with it."""
    return TEMPLATES / request.param


@pytest.fixture
def written() -> Callable[[str], Issue]:
    """An issue of tests/data/themes: `rich` (every component), `compact` or `hebrew`."""

    def read(name: str) -> Issue:
        text = (WRITTEN / f"{name}.md").read_text(encoding="utf-8")
        keys = {"top story": "lead"}
        return parse(text, slug="2026-11-27", file=f"{name}.md", keys=keys).issue

    return read


@pytest.fixture
def hebrew(publication: Publication) -> dict[str, object]:
    """What a Hebrew publication sets: its name, its language, and the theme's words."""
    return {
        "publication": publication.model_copy(update={"name": "הלופה", "language": "he"}),
        "design": Design.model_validate({"words": {"he": HEBREW_WORDS}}),
    }


@pytest.fixture
def publication() -> Publication:
    return Publication.model_validate(
        {
            "name": "The Loupe",
            "website": "https://loupe.example.com",
            "from": {"name": "The Loupe", "email": "editor@loupe.example.com"},
            "postal_address": "The Loupe, 12 Assay Row, New York, NY 10036",
        }
    )


@pytest.fixture
def sample_issue() -> Issue:
    """A lead, briefs with and without text and link, a list, a quotation, a picture, tokens."""
    return Issue(
        slug="2026-11-27",
        date=date(2026, 11, 27),
        subject="{{ reader.first_name | fallback('Good morning') }}: gold thins, a watch sells",
        preheader="Refiners report five weeks; a pocket watch finds its record",
        intro="Good morning, {{ reader.first_name | fallback('colleague') }}. Prices for *spring* "
        "are being set.",
        sections=(
            Section(
                "lead",
                "Top story",
                (
                    Brief(
                        "Halden & Voss buys a third of Second Setting",
                        "The Geneva group pays **$84 million**, the two said on Tuesday.\n\n"
                        "Buyers under 35 account for [four orders in ten]"
                        "(https://trade.example.com/buyers?from=a&to=b).\n\n"
                        "![A tray of signed rings](https://img.example.com/tray.jpg)",
                        "https://trade.example.com/halden-voss",
                        "Trade Wire",
                        line=12,
                    ),
                ),
                line=10,
            ),
            Section(
                "latest",
                "The Latest",
                (
                    Brief(
                        "Gold holds above its September high",
                        "Two refiners quote:\n\n- five weeks for grain\n- three for sheet\n\n"
                        "> We quote for 48 hours only.",
                        "https://trade.example.com/gold",
                        "Trade Wire",
                        line=24,
                    ),
                    Brief("The trunk show stays at Bellamy Jewelers until Easter.", line=30),
                    Brief(
                        "The founder will stay at the helm of the “Bellamy & Sons” brand.",
                        link="https://maison.example.org/helm",
                        line=32,
                    ),
                    Brief(
                        "Marchetti opens in the Dolomites",
                        "The boutique stays until Easter.",
                        source="Desk",
                        line=34,
                    ),
                ),
                intro="Five items from the week.",
                line=20,
            ),
        ),
    )


@pytest.fixture
def one_brief() -> Callable[..., Issue]:
    """An issue of one brief, made of whatever the test is about."""

    def made(**parts: object) -> Issue:
        brief = {"headline": "Gold rises", "link": "https://trade.example.com/gold", "line": 9}
        return Issue(
            slug="2026-11-27",
            date=date(2026, 11, 27),
            subject="Gold rises",
            preheader="And silver follows",
            sections=(Section("latest", "The Latest", (Brief(**(brief | parts)),), line=7),),
        )

    return made


@pytest.fixture
def rendered(
    request: pytest.FixtureRequest, theme: Path, publication: Publication
) -> Callable[..., Rendition]:
    if "each_theme" in request.fixturenames:
        theme = request.getfixturevalue("each_theme")

    def run(issue: Issue, **changes: object) -> Rendition:
        settings = {
            "publication": publication,
            "places": Places("https://news.loupe.example.com"),
            "theme": theme,
            "prefix": merge_prefix(b"a workspace secret", issue.slug),
        } | changes
        return render(issue, Setting(**settings))[0]

    return run


@pytest.fixture
def theme_with(tmp_path: Path) -> Callable[..., Path]:
    """A small theme whose MJML body or whole template the test writes."""

    def made(body: str = "", *, template: str | None = None, text: str | None = None) -> Path:
        folder = tmp_path / "plain"
        folder.mkdir(exist_ok=True)
        shutil.copy(DIGEST / "theme.yaml", folder)
        whole = template or (
            '<mjml lang="en"><mj-head><mj-title>t</mj-title><mj-attributes>'
            '<mj-all font-family="Arial" /></mj-attributes></mj-head><mj-body>\n<mj-section>'
            f"<mj-column>\n{body}\n</mj-column></mj-section></mj-body></mjml>"
        )
        (folder / "issue.mjml.j2").write_text(whole, encoding="utf-8")
        plain = text if text is not None else "{{ issue.subject }}\n{{ unsubscribe_url }}\n"
        (folder / "issue.txt.j2").write_text(plain, encoding="utf-8")
        return folder

    return made
