"""The page for who hears it: language, direction, headings in order, tables that only lay out."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from newsletter.render.checks.rules import HTML, CheckedVersion, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding

HEADING_ORDER = warning(
    "heading-order",
    "The headings skip a level, or none or several are of the first; who listens loses the way.",
    "Use h1 for the publication, h2 for sections, h3 for briefs in the theme.",
)
LANGUAGE_MISSING = warning(
    "language-missing",
    "The HTML does not name the publication's language; screen readers read it in their own.",
    'Write <mjml lang="{{ publication.language }}"> in the theme.',
)
DIRECTION_MISSING = warning(
    "direction-missing",
    "The language is read from right to left, and the HTML does not say so.",
    'Write dir="{{ publication.direction }}" on the theme\'s mjml element.',
)
TABLE_ROLE = warning(
    "table-role",
    "A table that only lays out is read aloud as a table.",
    'Give it role="presentation" in the theme.',
)
RULES = (HEADING_ORDER, LANGUAGE_MISSING, DIRECTION_MISSING, TABLE_ROLE)

_RIGHT_TO_LEFT = {"ar", "arc", "ckb", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"}


def check_headings(version: CheckedVersion) -> Iterator[Finding]:
    """One h1, and never a level deeper than one below the last (WCAG 1.3.1, 2.4.6)."""
    levels = [
        (int(element.tag[1]), element.line)
        for element in version.page.elements
        if len(element.tag) == 2 and element.tag[0] == "h" and element.tag[1] in "123456"
    ]
    first = [level for level, _ in levels].count(1)
    if levels and first != 1:
        yield HEADING_ORDER.broken(HTML, f"the page has {first or 'no'} h1")
    for (above, _), (level, place) in pairwise(levels):
        if level > above + 1:
            yield HEADING_ORDER.broken(f"html:{place}", f"an h{level} follows an h{above}")


def check_language(version: CheckedVersion) -> Iterator[Finding]:
    """`lang`, and `dir` where it matters, on the page (WCAG 3.1.1)."""
    root = version.page.root
    wanted = version.checked.publication.language
    told = (root.get("lang") or "").lower()
    if told.partition("-")[0] != wanted.lower().partition("-")[0]:
        yield LANGUAGE_MISSING.broken(HTML, f"it says “{told or 'nothing'}” and not “{wanted}”")
    if wanted.partition("-")[0].lower() in _RIGHT_TO_LEFT and root.get("dir") != "rtl":
        yield DIRECTION_MISSING.broken(HTML, f"“{wanted}” runs from right to left")


def check_tables(version: CheckedVersion) -> Iterator[Finding]:
    """Tables are for layout, but for those with header cells."""
    plain = [
        table
        for table in version.page.root.iter("table")
        if table.get("role") not in {"presentation", "none", "table"}
        and next(table.iter("th", "caption"), None) is None
    ]
    if plain:
        line = plain[0].sourceline
        yield TABLE_ROLE.broken(f"html:{line}", f"{len(plain)} of its tables have no role")
