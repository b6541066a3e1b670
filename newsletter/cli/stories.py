"""Verbs about stories: which items are one, and what waits for a later issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsletter.cli.output import Day, as_json, opened, pass_folder, print_json, print_table
from newsletter.domain.prose import counted

if TYPE_CHECKING:
    from datetime import date, datetime
    from pathlib import Path

    from newsletter.domain.item import Item

issue = click.argument("issue")
items = click.argument("items", metavar="ITEM...", nargs=-1, required=True)


class _ShownByDefault(click.Group):
    """`stories ISSUE` shows; `stories split` and `stories join` decide."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Whatever is no verb of ours is an issue's name."""
        known = args[0] in self.commands
        return super().resolve_command(ctx, args if known else ["show", *args])


@click.group(
    cls=_ShownByDefault, subcommand_metavar="ISSUE | split ISSUE ITEM... | join ISSUE ITEM..."
)
def stories() -> None:
    """Show which items are one story, and why.

    Split a story, or join several. What you decide is kept in the issue's stories.yaml and obeyed
    by every later gather.

    \b
    Examples:
      newsletter stories 2026-11-27
      newsletter stories 2026-11-27 --all --json
      newsletter stories split 2026-11-27 b273e2a2e8a3
      newsletter stories join 2026-11-27 b273e2a2e8a3 0c4f19d2aa70
    """


@stories.command(hidden=True)
@issue
@click.option("--all", "all_", is_flag=True, help="Also the stories that one source alone tells.")
@as_json
@pass_folder
def show(folder: Path, issue: str, *, all_: bool, json_: bool) -> None:
    """Show the stories of an issue.

    \b
    Example:
      newsletter stories show 2026-11-27
    """
    from newsletter.usecases.stories import list_stories

    found = list_stories(opened(folder), issue)
    shown = [view for view in found if all_ or len(view.members) > 1]
    if json_:
        print_json(shown)
        return
    print_table(
        f"Stories of {issue}",
        ("story", "item", "source", "published", "headline", "because"),
        (
            (
                number,
                one.item.id,
                one.item.source,
                _day(one.item.published),
                _line(one.item),
                one.reason,
            )
            for number, view in enumerate(shown, 1)
            for one in view.members
        ),
    )
    alone = len(found) - len(shown)
    if alone:
        click.echo(f"{counted(alone, 'more story', 'more stories')} of one item; see --all.")


@stories.command()
@issue
@items
@pass_folder
def split(folder: Path, issue: str, items: tuple[str, ...]) -> None:
    """Take items out of their story.

    \b
    Example:
      newsletter stories split 2026-11-27 b273e2a2e8a3
    """
    from newsletter.usecases.stories import split as take_out

    taken = take_out(opened(folder), issue, items)
    _say("Apart from now on", taken, issue)


@stories.command()
@issue
@items
@pass_folder
def join(folder: Path, issue: str, items: tuple[str, ...]) -> None:
    """Make one story of the stories of these items.

    \b
    Example:
      newsletter stories join 2026-11-27 b273e2a2e8a3 0c4f19d2aa70
    """
    from newsletter.usecases.stories import join as make_one

    joined = make_one(opened(folder), issue, items)
    _say("One story from now on", joined, issue)


@click.command()
@issue
@click.argument("item")
@click.option(
    "--until",
    type=Day(),
    metavar="DAY",
    help="The last day it is offered; by default gathering.hold_over after the issue's.",
)
@pass_folder
def hold(folder: Path, issue: str, item: str, until: datetime | None) -> None:
    """Hold a brief over for a later issue.

    ITEM is the id that stands at its end, or how it begins. The brief moves to candidates.md as it
    is; the next issue's gather offers it there.

    \b
    Examples:
      newsletter hold 2026-11-27 b273e2a2e8a3
      newsletter hold 2026-11-27 b273e2a2e8a3 --until 2026-12-11
    """
    from newsletter.usecases.holding import hold as hold_over

    last = hold_over(opened(folder), issue, item, until=until.date() if until else None)
    click.echo(f"Held over until {last}, in issues/{issue}/candidates.md.")


def _say(what: str, chosen: tuple[Item, ...], issue: str) -> None:
    for item in chosen:
        click.echo(f"{item.id}  {item.source}: {_line(item)}")
    click.echo(f"{what}.\nNext: newsletter gather {issue}")


def _line(item: Item) -> str:
    return item.title or item.text[:100]


def _day(moment: datetime | None) -> date | str:
    return moment.date() if moment else "–"
