"""How stories are offered: in which sections they may stand, and what the desk is told of each."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from newsletter.audience.segments import parse_segment
from newsletter.config import CONFIG_FILE
from newsletter.domain.segment import fields
from newsletter.domain.story import Evidence
from newsletter.errors import ConfigError, SegmentError
from newsletter.gather.draft import brief_of
from newsletter.gather.sections import FIELDS, Place
from newsletter.gather.traits import as_written
from newsletter.issues.codec import brief_block

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.app import Workspace
    from newsletter.config import SectionRule
    from newsletter.domain.item import Item
    from newsletter.domain.story import Ran, Story


def places(workspace: Workspace) -> tuple[Place, ...]:
    """The sections of config.yaml. ConfigError where an expression is wrong."""
    return tuple(_place(rule) for rule in workspace.settings.sections)


def block_of(story: Story, ran: Ran | None) -> str:
    """The story's lead as a brief, with where it ran before and who else has it, in comments."""
    remarks = () if ran is None else (_remark(ran),)
    return brief_block(brief_of(story.lead), remarks=remarks, also=_also(story))


def reason(story: Story, item: Item) -> str:
    """Why an item is in its story: the strongest evidence, and what it rests on."""
    order = list(Evidence)
    bonds = [bond for bond in story.bonds if item.id in (bond.first, bond.second)]
    if not bonds:
        return ""
    best = min(bonds, key=lambda bond: (order.index(bond.evidence), -bond.strength))
    shared = ", ".join(as_written(feature, item) for feature in best.shared)
    return f"{best.evidence}: {shared}" if shared else best.evidence.value


def _also(story: Story) -> Iterator[str]:
    for item in story.also:
        told = f"{item.source}, “{item.title or item.text}”"
        yield f"{told}, {item.url}" if item.url else told


def _remark(ran: Ran) -> str:
    where = (
        f"{ran.issue}, {ran.day:%d.%m.%Y}" if ran.day.isoformat() not in ran.issue else ran.issue
    )
    told = f"in {where}, as “{ran.headline}” ({ran.evidence})"
    return f"follows: {told}; new here: {', '.join(ran.new)}" if ran.new else f"ran before: {told}"


def _place(rule: SectionRule) -> Place:
    if not rule.match:
        return Place(rule)
    try:
        match = parse_segment(rule.match)
    except SegmentError as error:
        raise ConfigError(f"section “{rule.key}”: {error}", file=CONFIG_FILE) from None
    unknown = next((name for name in sorted(fields(match)) if name not in FIELDS), None)
    if unknown is not None:
        close = get_close_matches(unknown, FIELDS, n=1)
        hint = f"did you mean “{close[0]}”?" if close else f"known: {', '.join(FIELDS)}"
        raise ConfigError(
            f"section “{rule.key}”: items have no “{unknown}”; {hint}", file=CONFIG_FILE
        )
    return Place(rule, match)
