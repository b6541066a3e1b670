"""Where our own redirects of an issue's links lead. Only what stands here is ever redirected to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from newsletter.store.dialects import insert_into
from newsletter.store.schema import redirect

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from newsletter.domain.rendition import Rendition


@dataclass(frozen=True, slots=True)
class Redirect:
    """A link of an issue by its key, the brief it stands in ('' outside), and where it leads."""

    key: str
    brief: str
    target: str


def keep(connection: Connection, issue: str, renditions: Iterable[Rendition]) -> None:
    """Let the links of these renditions lead where they should; one that is there, stays: it may
    have been corrected.
    """
    links = {
        link.url.rpartition("/")[2]: link
        for rendition in renditions
        for link in rendition.links
        if link.target
    }
    rows = [
        {"issue": issue, "key": key, "brief": link.brief, "target": link.target}
        for key, link in links.items()
    ]
    if rows:
        connection.execute(insert_into(connection, redirect).on_conflict_do_nothing(), rows)


def target(connection: Connection, issue: str, key: str) -> str | None:
    """Where a link of an issue leads, or None where there is no such link."""
    query = select(redirect.c.target).where(redirect.c.issue == issue, redirect.c.key == key)
    return connection.execute(query).scalar()


def of_issue(connection: Connection, issue: str) -> tuple[Redirect, ...]:
    """Every redirect of an issue."""
    query = (
        select(redirect.c.key, redirect.c.brief, redirect.c.target)
        .where(redirect.c.issue == issue)
        .order_by(redirect.c.key)
    )
    return tuple(Redirect(*row) for row in connection.execute(query))


def lead(connection: Connection, issue: str, key: str, target: str) -> None:
    """Let one link lead elsewhere from now on."""
    connection.execute(
        update(redirect)
        .where(redirect.c.issue == issue, redirect.c.key == key)
        .values(target=target)
    )
