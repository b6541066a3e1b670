"""Verbs about sources: list, add, check, import and export."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.output import (
    as_json,
    moment,
    opened,
    pass_folder,
    plain,
    print_json,
    print_table,
    progress,
)
from newsletter.domain.prose import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.config import Source
    from newsletter.domain.source import Health
    from newsletter.usecases.sources import Found

_LONGEST_HEADLINE = 70


@click.group()
def sources() -> None:
    """List, find, check, import and export sources."""


@sources.command("list")
@as_json
@pass_folder
def list_(folder: Path, *, json_: bool) -> None:
    """List the sources in their order.

    \b
    Example:
      newsletter sources list --json
    """
    from newsletter.usecases.source_health import place_shown

    settings = opened(folder).settings
    if json_:
        print_json([source.model_dump(exclude_none=True) for source in settings.sources])
        return
    print_table(
        "Sources",
        ("source", "kind", "where", "weight", "follow"),
        (
            (one.name, *place_shown(one), f"{one.weight:g}", "yes" if one.follow else "")
            for one in settings.sources
        ),
    )


@sources.command()
@click.argument("url")
@click.option("--name", help="What to call it; by default what it calls itself.")
@click.option("--take", "numbers", multiple=True, type=click.IntRange(1), metavar="N",
              help="Add number N of what is found; may be given again.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Add the first that is found, without a question.")
@click.option("--weight", type=click.FloatRange(0, 100, min_open=True), default=1.0,
              help="How much the desk thinks of it.")  # fmt: skip
@click.option("--follow", is_flag=True, help="Read the article behind each entry, too.")
@as_json
@pass_folder
def add(
    folder: Path,
    url: str,
    *,
    name: str | None,
    numbers: tuple[int, ...],
    yes: bool,
    weight: float,
    follow: bool,
    json_: bool,
) -> None:
    """Show what a site offers and write what you choose into config.yaml.

    The address may be a site's front page, its news page, a feed or a sitemap. Comments and order
    of config.yaml stay as they are.

    \b
    Examples:
      newsletter sources add https://trade.example.com
      newsletter sources add https://trade.example.com --yes --weight 2
      newsletter sources add https://maison.example.org --take 1 --take 3
      newsletter sources add https://trade.example.com --json
    """
    from dataclasses import replace

    from newsletter.usecases.sources import add_sources, find_sources

    workspace = opened(folder)
    found = find_sources(workspace, url)
    if not json_:
        _print_found(found)
    chosen = _chosen(found, numbers, yes=yes, ask=not json_)
    offers = [
        replace(one.offer, name=name or one.offer.name, weight=weight, follow=follow)
        for one in chosen
    ]
    added = add_sources(workspace, offers) if offers else ()
    if json_:
        print_json({"found": found, "added": [one.name for one in added]})
    else:
        _print_added(added)


def _print_found(found: Sequence[Found]) -> None:
    print_table(
        "Found",
        ("no.", "kind", "address", "items", "text", "newest", "remark"),
        (
            (
                number,
                one.offer.kind,
                one.offer.url,
                one.sample.items,
                _fullness(one.sample.items, one.sample.articles),
                moment(one.sample.newest),
                f"is the source {one.taken_by} already" if one.taken_by else "",
            )
            for number, one in enumerate(found, start=1)
        ),
    )
    for number, one in enumerate(found, start=1):
        for headline in one.sample.headlines:
            click.echo(f"{number}  {_short(plain(headline))}")


def _chosen(found: Sequence[Found], numbers: Sequence[int], *, yes: bool, ask: bool) -> list[Found]:
    """What the options or a person choose; nothing where nobody was asked."""
    if numbers:
        if max(numbers) > len(found):
            raise click.UsageError(f"--take goes from 1 to {len(found)}")
        return [found[number - 1] for number in dict.fromkeys(numbers)]
    free = [one for one in found if one.taken_by is None]
    if yes:
        return free[:1]
    if not ask:
        return []
    if not sys.stdin.isatty():
        raise click.UsageError("nobody is here to choose; add --yes, or --take with a number")
    first = found.index(free[0]) + 1 if free else 0
    number = click.prompt(
        "Which one? 0 for none", type=click.IntRange(0, len(found)), default=first, err=True
    )
    return [found[number - 1]] if number else []


def _print_added(added: Sequence[Source]) -> None:
    if not added:
        click.echo("Nothing was added.")
    for one in added:
        click.echo(f"Added “{plain(one.name)}” to config.yaml.")


@sources.command()
@as_json
@pass_folder
def check(folder: Path, *, json_: bool) -> None:
    """Read every source once and tell how it does; exit code 1 when one cannot be read.

    \b
    Examples:
      newsletter sources check
      newsletter sources check --json
    """
    from newsletter.usecases.source_health import check_sources

    workspace = opened(folder)
    with progress("Reading", len(workspace.settings.sources)) as advance:
        checked = check_sources(workspace, progress=lambda _: advance(1))
    if json_:
        print_json(checked)
    else:
        _print_health(checked)
    if any(one.dead for one in checked):
        sys.exit(1)


def _print_health(checked: Sequence[Health]) -> None:
    rows = []
    for one in checked:
        remark = one.error or ""
        items, text, newest, asks = 0, "", "–", ""
        if one.sample:
            items = one.sample.items
            text = _fullness(items, one.sample.articles)
            newest = moment(one.sample.newest)
            asks = "yes" if one.sample.validators else "no"
            if one.sample.repeats:
                remark = f"tells what {one.sample.repeats} tells"
        state = "cannot be read" if one.dead else "fine"
        rows.append((one.source, one.kind, state, items, text, newest, asks, remark))
    print_table(
        "Sources",
        ("source", "kind", "state", "items", "text", "newest", "tells of changes", "remark"),
        rows,
    )


@sources.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@pass_folder
def import_(folder: Path, file: Path) -> None:
    """Add the feeds of an OPML file, as other feed readers write it.

    \b
    Example:
      newsletter sources import feeds.opml
    """
    from newsletter.usecases.sources import import_opml

    added, known = import_opml(opened(folder), file)
    click.echo(
        f"{counted(len(added), 'source')} added, {known:,} there before. "
        "`newsletter sources check` tells which of them can be read."
    )


@sources.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@pass_folder
def export(folder: Path, file: Path) -> None:
    """Write the sources to an OPML file; folders are not part of one.

    \b
    Example:
      newsletter sources export feeds.opml
    """
    from newsletter.usecases.sources import export_opml

    written, left = export_opml(opened(folder), file)
    folders = f" Not in it: {counted(left, 'folder')}." if left else ""
    click.echo(f"{counted(written, 'source')} written to {file}.{folders}")


def _fullness(items: int, articles: int) -> str:
    if not items:
        return ""
    if articles == items:
        return "full"
    return "teasers" if not articles else f"{articles} of {items} full"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_HEADLINE else f"{text[: _LONGEST_HEADLINE - 1]}…"
