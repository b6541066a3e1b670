"""What an operator asks of people: bring them in, take them out, look at one, count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.audience.addresses import parse_address
from newsletter.audience.exports import write_csv, write_json_lines
from newsletter.audience.imports import import_file
from newsletter.audience.segments import parse_segment
from newsletter.domain.audience import ListSize
from newsletter.errors import AudienceError, ConfigError
from newsletter.store import audience
from newsletter.store.engine import reading, writing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TextIO

    from newsletter.app import Workspace
    from newsletter.domain.audience import ImportReport, Subscriber
    from newsletter.domain.segment import Rule


@dataclass(frozen=True, slots=True)
class AudienceCount:
    """How many people each list and each segment of config.yaml has."""

    lists: dict[str, ListSize]
    segments: dict[str, int]


def import_people(
    workspace: Workspace,
    path: Path,
    *,
    list_keys: tuple[str, ...],
    dry_run: bool = False,
    skip_bad: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> ImportReport:
    """Import a file in one transaction; see audience.imports.import_file.

    `progress` hears how many rows more are done.
    """
    with writing(workspace.engine) as connection:
        return import_file(
            connection,
            path,
            known_lists=workspace.settings.lists.keys(),
            list_keys=list_keys,
            consent_source=f"import of {path.name}",
            at=workspace.clock.now(),
            dry_run=dry_run,
            skip_bad=skip_bad,
            progress=progress,
        )


def export_people(
    workspace: Workspace,
    file: TextIO,
    *,
    list_key: str | None,
    segment: str | None,
    json_lines: bool = False,
    raw: bool = False,
) -> int:
    """Write people to an open file; returns how many."""
    rule = segment_rule(workspace, segment)
    if list_key is not None and list_key not in workspace.settings.lists:
        raise ConfigError(
            f"there is no list “{list_key}”; config.yaml has: {', '.join(workspace.settings.lists)}"
        )
    with reading(workspace.engine) as connection:
        people = audience.stream_people(connection, list_key=list_key, rule=rule)
        if json_lines:
            return write_json_lines(people, file)
        return write_csv(people, audience.attribute_names(connection), file, raw=raw)


def show_person(workspace: Workspace, address: str) -> Subscriber:
    """All that is known of one person; AudienceError when there is none."""
    canonical = parse_address(address).canonical
    with reading(workspace.engine) as connection:
        person = audience.find_subscriber(connection, canonical)
        suppression = audience.find_suppression(connection, canonical)
    if person is not None:
        return person
    if suppression is not None:
        raise AudienceError(
            f"nobody has this address now; it is suppressed since {suppression.at:%Y-%m-%d} "
            f"({suppression.reason}) and will not be mailed"
        )
    raise AudienceError("nobody has this address; `newsletter subscribers import` adds people")


def count_people(workspace: Workspace) -> AudienceCount:
    """Sizes of the lists and segments of config.yaml, and of lists that only people still name."""
    with reading(workspace.engine) as connection:
        sizes = audience.list_sizes(connection)
        segments = {
            name: audience.count_people(connection, rule=parse_segment(expression))
            for name, expression in workspace.settings.segments.items()
        }
    empty = {key: ListSize(0, 0, 0) for key in workspace.settings.lists}
    return AudienceCount(lists=empty | sizes, segments=segments)


def segment_rule(workspace: Workspace, segment: str | None) -> Rule | None:
    """The rule of a segment of config.yaml; ConfigError when there is none of that name."""
    if not segment:
        return None
    segments = workspace.settings.segments
    if segment not in segments:
        known = ", ".join(segments) or "none"
        raise ConfigError(f"there is no segment “{segment}”; config.yaml has: {known}")
    return parse_segment(segments[segment])
