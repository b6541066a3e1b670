"""robots.txt: whether a site lets programs read a page (RFC 9309)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.errors import GatherError, IsolationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.gather.shelf import Shelf
    from newsletter.gather.target import Target
    from newsletter.isolation import Isolation

PRODUCT = "newsletter"
"""Our product token: `User-agent: newsletter` addresses us."""

_KEPT = timedelta(days=1)
_MOST_READ = 500 * 1024


class Robots:
    """What sites say, asked once a day; safe to share between threads."""

    def __init__(self, shelf: Shelf, isolation: Isolation) -> None:
        self._shelf = shelf
        self._isolation = isolation
        self._known: dict[str, str | None] = {}

    def check(self, target: Target, ask: Callable[[str], tuple[int, str]]) -> None:
        """GatherError where the page must not be read.

        `ask` fetches robots.txt, its status and text; where it cannot, or the server fails, all of
        the site is off limits for now, and where there is no file, all is allowed.
        """
        site = f"{'https' if target.secure else 'http'}://{target.place}"
        if site not in self._known:
            self._known[site] = self._rules(site, ask)
        rules = self._known[site]
        if rules is None:
            raise GatherError(
                f"{target.name} could not be asked for its robots.txt, so its pages are not read "
                "now; gather again later"
            )
        try:
            allowed = not rules or self._isolation.run(allows, rules, target.url)
        except IsolationError as error:
            raise GatherError(f"{target.name} has a robots.txt that cannot be read: {error}") from (
                error
            )
        if not allowed:
            raise GatherError(
                f"{target.name} asks programs not to read this page (robots.txt); "
                "read a feed of the site, or save the page into the inbox"
            )

    def _rules(self, site: str, ask: Callable[[str], tuple[int, str]]) -> str | None:
        kept = self._shelf.read(f"robots {site}", within=_KEPT)
        if kept is not None:
            return str(kept["rules"])
        try:
            status, text = ask(f"{site}/robots.txt")
        except GatherError:
            return None
        if status >= 500:
            return None
        rules = text[:_MOST_READ] if status // 100 == 2 else ""
        self._shelf.write(f"robots {site}", {"rules": rules})
        return rules


def allows(rules: str, url: str) -> bool:
    """Whether a robots.txt lets us read `url`; its patterns are others', so a child asks."""
    # The standard library's parser takes the first rule that fits, not the longest, and knows no
    # wildcards.
    from protego import Protego  # noqa: PLC0415  # only a child needs it

    return bool(Protego.parse(rules).can_fetch(url, PRODUCT))
