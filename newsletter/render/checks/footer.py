"""What the law wants in every issue (CAN-SPAM section 5, CASL): a way out and an address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.domain.rendition import PREFERENCES_URL, UNSUBSCRIBE_URL, Part
from newsletter.render.checks.rules import HTML, TEXT, CheckedVersion, error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding

UNSUBSCRIBE_MISSING = error(
    "unsubscribe-missing",
    "A part of the mail has no unsubscribe link.",
    "Put {{ unsubscribe_url }} into the theme's issue.mjml.j2 and issue.txt.j2.",
    safety=True,
)
POSTAL_ADDRESS_MISSING = error(
    "postal-address-missing",
    "A part of the mail has no postal address.",
    "Put {{ publication.postal_address }} into the theme's issue.mjml.j2 and issue.txt.j2.",
    safety=True,
)
PREFERENCES_MISSING = warning(
    "preferences-missing",
    "A part of the mail has no link to the reader's preferences.",
    "Put {{ preferences_url }} into the theme's issue.mjml.j2 and issue.txt.j2.",
)
RULES = (UNSUBSCRIBE_MISSING, POSTAL_ADDRESS_MISSING, PREFERENCES_MISSING)


def check_unsubscribe(version: CheckedVersion) -> Iterator[Finding]:
    """An unsubscribe link a reader can follow, in html and in text."""
    if not _linked(version, UNSUBSCRIBE_URL):
        yield UNSUBSCRIBE_MISSING.broken(HTML, "no link leads to {{ unsubscribe_url }}")
    if not _told(version, UNSUBSCRIBE_URL):
        yield UNSUBSCRIBE_MISSING.broken(TEXT, "{{ unsubscribe_url }} is not in the text")


def check_preferences(version: CheckedVersion) -> Iterator[Finding]:
    """A link to the reader's preferences, in html and in text."""
    if not _linked(version, PREFERENCES_URL):
        yield PREFERENCES_MISSING.broken(HTML, "no link leads to {{ preferences_url }}")
    if not _told(version, PREFERENCES_URL):
        yield PREFERENCES_MISSING.broken(TEXT, "{{ preferences_url }} is not in the text")


def check_postal_address(version: CheckedVersion) -> Iterator[Finding]:
    """The publication's address in html and in text."""
    address = _folded(version.checked.publication.postal_address)
    for part, text in ((HTML, version.page.text), (TEXT, version.rendition.text)):
        if address not in _folded(text):
            yield POSTAL_ADDRESS_MISSING.broken(part, "the postal address is not there")


def _linked(version: CheckedVersion, field: str) -> bool:
    words = _words(version, field, Part.HTML)
    page = version.page
    return any(
        element.tag == "a" and element.attributes.get("href") in words for element in page.elements
    )


def _told(version: CheckedVersion, field: str) -> bool:
    return any(word in version.rendition.text for word in _words(version, field, Part.TEXT))


def _words(version: CheckedVersion, field: str, part: Part) -> set[str]:
    tokens = version.rendition.tokens
    return {token.placeholder for token in tokens if (token.field, token.part) == (field, part)}


def _folded(text: str) -> str:
    return re.sub(r"\s+", "", text).casefold()
