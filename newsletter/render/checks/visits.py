"""Links as they answered when they were visited."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsletter.render.addresses import host
from newsletter.render.checks.rules import Checked, error, note, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding
    from newsletter.render.checks.known import Answer

LINK_DEAD = error(
    "link-dead",
    "A link leads to a page or a host that is not there.",
    "Find the right address, or remove the link.",
)
LINK_DOUBTFUL = warning(
    "link-doubtful",
    "A link did not answer as a page does; some sites do that to programs only.",
    "Open it in a browser.",
)
LINK_TO_FRONT_PAGE = warning(
    "link-to-front-page",
    "A link to a story ends at the front page, as links to removed stories do.",
    "Open it in a browser, and find the story's new address.",
)
LINK_MOVED = note(
    "link-moved",
    "A link leads on to another site.",
    "If that is where readers should go, link it directly.",
)
LINKS_UNVISITED = note(
    "links-unvisited",
    "Some links were not visited, so nobody knows whether they work.",
    "Run the check once without `--offline`.",
)
RULES = (LINK_DEAD, LINK_DOUBTFUL, LINK_TO_FRONT_PAGE, LINK_MOVED, LINKS_UNVISITED)


def check_answers(checked: Checked) -> Iterator[Finding]:
    """What each visited link answered, at every place it stands."""
    answers = checked.known.answers
    for link in checked.links:
        answer = answers.get(link.address)
        if answer is not None:
            yield from _told(link.place, link.address, answer)
    if count := checked.known.unvisited:
        links = "link was" if count == 1 else "links were"
        yield LINKS_UNVISITED.broken("issue.md", f"{count} {links} not visited")


def _told(place: str, address: str, answer: Answer) -> Iterator[Finding]:
    shown = address[:200]
    if answer.gone:
        why = answer.reason or f"answered {answer.status}"
        yield LINK_DEAD.broken(place, f"{shown}: {why}")
    elif answer.status is None or answer.status >= 400:
        why = answer.reason or f"answered {answer.status}"
        yield LINK_DOUBTFUL.broken(place, f"{shown}: {why}")
    elif _is_front_page(answer.url) and not _is_front_page(address):
        yield LINK_TO_FRONT_PAGE.broken(place, f"{shown} ends at {host(answer.url)}")
    elif host(answer.url) != host(address):
        yield LINK_MOVED.broken(place, f"{shown} leads on to {host(answer.url)}")


def _is_front_page(address: str) -> bool:
    parts = urlsplit(address)
    return parts.path in {"", "/"} and not parts.query
