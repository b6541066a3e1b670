"""What an operator asks of people: bring them in, take them out, count. See privacy, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.audience.exports import write_csv, write_json_lines
from newsletter.audience.failures import beside
from newsletter.audience.fields import Terms
from newsletter.audience.imports import import_file
from newsletter.audience.mapping import read_renamed
from newsletter.audience.rows import people_file
from newsletter.domain.audience import ListSize
from newsletter.errors import ConfigError
from newsletter.store import audience, people
from newsletter.store.engine import reading, writing
from newsletter.usecases.segments import asked_at, list_segments, segment_rule

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TextIO

    from newsletter.app import Workspace
    from newsletter.audience.mapping import Plan
    from newsletter.domain.audience import ImportReport

LONGEST_SOURCE = 200
"""Characters of where consent comes from."""


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
    preset: str | None = None,
    maps: tuple[str, ...] = (),
    failed: Path | None = None,
    dry_run: bool = False,
    skip_bad: bool = False,
    planned: Callable[[Plan], None] = lambda _: None,
    progress: Callable[[int], None] = lambda _: None,
) -> ImportReport:
    """Import a file in one transaction; see audience.imports.import_file.

    `preset` names the program it comes from and `maps` says `HEADER=NAME` where the guess would be
    wrong. `planned` hears what becomes of its columns before anything is kept, `progress` how many
    bytes more are done. Rows that failed are written to `failed`; where that is not named, beside
    the file, but not in a dry run.
    """
    settings = workspace.settings
    terms = Terms(
        at=workspace.clock.now(),
        known_lists=frozenset(settings.lists),
        list_keys=list_keys,
        attributes=settings.attributes,
    )
    with people_file(path, preset=preset, renamed=read_renamed(maps)) as file:
        planned(file.plan)
        with writing(workspace.engine) as connection:
            return import_file(
                connection,
                file,
                terms,
                consent_source=f"import of {path.name}"[:LONGEST_SOURCE],
                failed=failed or (None if dry_run else beside(path)),
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
        found = people.stream_people(
            connection, now=asked_at(workspace), list_key=list_key, rule=rule
        )
        if json_lines:
            return write_json_lines(found, file)
        fields = people.fields_in_use(connection)
        return write_csv(found, fields, audience.attribute_names(connection), file, raw=raw)


def count_people(workspace: Workspace) -> AudienceCount:
    """Sizes of the lists and segments of config.yaml, and of lists that only people still name."""
    with reading(workspace.engine) as connection:
        sizes = audience.list_sizes(connection)
    empty = {key: ListSize(0, 0, 0) for key in workspace.settings.lists}
    segments = {one.name: one.people for one in list_segments(workspace)}
    return AudienceCount(lists=empty | sizes, segments=segments)
