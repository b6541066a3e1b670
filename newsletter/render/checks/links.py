"""Links: where they lead, whether twice to the same place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.render.addresses import is_link
from newsletter.render.checks.rules import Checked, error, line, note, warning
from newsletter.render.markdown import addresses, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding
    from newsletter.domain.issue import Brief

LINK_SCHEME = error(
    "link-scheme",
    "A link is neither http, https nor mailto, or is no address at all; it was left out.",
    "Write the whole address, as in https://example.com/story.",
)
LINK_HTTP = warning(
    "link-http",
    "A link is http, which browsers warn of and networks can read.",
    "Use https if the site has it.",
)
LINK_EMPTY = error(
    "link-empty", "A link has no address or no words.", "Fill in what is missing, or remove it."
)
DUPLICATE_LINK = warning(
    "duplicate-link",
    "Two briefs link to the same page.",
    "Remove one brief, or join the two.",
)
BRIEF_WITHOUT_LINK = note(
    "brief-without-link",
    "A brief links nowhere.",
    "If there is a page to read on, end the brief with a line `[Source](https://…)`.",
)
RULES = (LINK_SCHEME, LINK_HTTP, LINK_EMPTY, DUPLICATE_LINK, BRIEF_WITHOUT_LINK)


def check_addresses(checked: Checked) -> Iterator[Finding]:
    """Each link of the issue has words, and an address that may stand in a mail."""
    for place, address, words in _links(checked):
        if not address or not words.strip():
            yield LINK_EMPTY.broken(place, f"the link “{words.strip() or address}” is not complete")
        elif not is_link(address):
            yield LINK_SCHEME.broken(place, f"“{address[:80]}” is no address for a mail")
        elif address.lower().startswith("http:"):
            yield LINK_HTTP.broken(place, f"{address[:200]} is not https")


def check_page_addresses(checked: Checked) -> Iterator[Finding]:
    """The same for links the theme makes."""
    tokens = {token.placeholder for rendition in checked.renditions for token in rendition.tokens}
    for page in checked.pages:
        for element, name, address in page.addresses():
            if element.tag in {"a", "area"} and name == "href" and not address.strip():
                yield LINK_EMPTY.broken(f"html:{element.line}", "a link of the page has no address")
            elif element.tag in {"a", "area"} and address not in tokens and not _may_stand(address):
                yield LINK_SCHEME.broken(
                    f"html:{element.line}", f"“{address[:80]}” is no address for a mail"
                )


def check_duplicates(checked: Checked) -> Iterator[Finding]:
    """No page is linked from two briefs."""
    first: dict[str, str] = {}
    for brief in checked.issue.briefs:
        if not brief.link:
            continue
        address = brief.link.partition("#")[0].rstrip("/")
        if address in first:
            yield DUPLICATE_LINK.broken(line(brief), f"{first[address]} has the same link")
        first.setdefault(address, line(brief))


def check_briefs_link(checked: Checked) -> Iterator[Finding]:
    """Each brief leads somewhere; those that do not are told together, for a paste has many."""
    unlinked = [brief for brief in checked.issue.briefs if not _leads_on(brief)]
    if len(unlinked) == 1:
        (brief,) = unlinked
        yield BRIEF_WITHOUT_LINK.broken(line(brief), f"“{brief.headline[:60]}” has no link")
    elif unlinked:
        lines = ", ".join(str(brief.line) for brief in unlinked)
        yield BRIEF_WITHOUT_LINK.broken(
            line(unlinked[0]), f"{len(unlinked)} briefs have no link, in lines {lines}"
        )


def _leads_on(brief: Brief) -> bool:
    return bool(brief.link) or any(kind == "link" for kind, _, _ in addresses(parse(brief.text)))


def _links(checked: Checked) -> Iterator[tuple[str, str, str]]:
    """(place, address, words) of every link a person wrote."""
    for brief in checked.issue.briefs:
        if brief.link is not None:
            yield line(brief), brief.link.strip(), brief.headline
    for place, text in checked.texts:
        for kind, address, words in addresses(parse(text)):
            if kind == "link":
                yield place, address, words


def _may_stand(address: str) -> bool:
    return is_link(address) or address.startswith(("tel:", "cid:", "#"))
