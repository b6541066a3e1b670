"""What the law wants in every issue (CAN-SPAM section 5, CASL): a way out and an address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.domain.rendition import Part
from newsletter.render.checks.rules import Checked, error
from newsletter.render.tokens import UNSUBSCRIBE_URL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding

UNSUBSCRIBE_MISSING = error(
    "unsubscribe-missing",
    "A part of the mail has no unsubscribe link.",
    "Put {{ unsubscribe_url }} into the theme's issue.mjml.j2 and issue.txt.j2.",
)
POSTAL_ADDRESS_MISSING = error(
    "postal-address-missing",
    "A part of the mail has no postal address.",
    "Put {{ publication.postal_address }} into the theme's issue.mjml.j2 and issue.txt.j2.",
)
RULES = (UNSUBSCRIBE_MISSING, POSTAL_ADDRESS_MISSING)


def check_unsubscribe(checked: Checked) -> Iterator[Finding]:
    """An unsubscribe link a reader can follow, in html and in text."""
    for rendition, page in zip(checked.renditions, checked.pages, strict=True):
        words = {
            token.placeholder: token.part
            for token in rendition.tokens
            if token.field == UNSUBSCRIBE_URL
        }
        links = {element.attributes.get("href") for element in page.elements if element.tag == "a"}
        if not any(part is Part.HTML and word in links for word, part in words.items()):
            yield UNSUBSCRIBE_MISSING.broken("html", "no link leads to {{ unsubscribe_url }}")
        if not any(part is Part.TEXT and word in rendition.text for word, part in words.items()):
            yield UNSUBSCRIBE_MISSING.broken("text", "{{ unsubscribe_url }} is not in the text")


def check_postal_address(checked: Checked) -> Iterator[Finding]:
    """The publication's address in html and in text."""
    address = _folded(checked.publication.postal_address)
    for rendition, page in zip(checked.renditions, checked.pages, strict=True):
        for part, text in (("html", page.text), ("text", rendition.text)):
            if address not in _folded(text):
                yield POSTAL_ADDRESS_MISSING.broken(part, "the postal address is not there")


def _folded(text: str) -> str:
    return re.sub(r"\s+", "", text).casefold()
