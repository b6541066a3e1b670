"""Verbs about who must not be mailed: suppressions, and subscribers suppress, unsuppress."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsletter.cli.output import (
    as_json,
    by,
    moment,
    opened,
    pass_folder,
    print_json,
    print_json_line,
    print_table,
    progress,
    typed,
)
from newsletter.cli.subscribers import subscribers
from newsletter.domain.prose import counted

if TYPE_CHECKING:
    from pathlib import Path

because = click.option("--reason", required=True, help="Why, in a few words, for the log.")


@click.group()
def suppressions() -> None:
    """List who must not be mailed, in step with SendGrid."""


@suppressions.command()
@click.option("--dry-run", is_flag=True, help="Read and count, keep and tell nothing.")
@click.option("--from-start", is_flag=True, help="Read the lists whole, not only what is new.")
@as_json
@pass_folder
def sync(folder: Path, dry_run: bool, from_start: bool, json_: bool) -> None:
    """Read SendGrid's lists, and tell it of ours.

    Interrupted, it goes on where it was. Blocks are counted only: such an address may be good.

    \b
    Examples:
      newsletter suppressions sync --dry-run
      newsletter suppressions sync
    """
    from newsletter.usecases.provider_lists import synchronise

    with progress("Reading", None) as advance:
        found = synchronise(opened(folder), dry_run=dry_run, from_start=from_start, heard=advance)
    if json_:
        print_json(found)
        return
    print_table(
        "SendGrid's lists",
        ("list", "read", "no address", "suppressed", "subscriptions ended", "came back since"),
        (
            (one.name, one.read, one.unfit, one.suppressed, one.ended, one.returned)
            for one in found.lists
        ),
    )
    would = "would be told" if dry_run else "was told"
    click.echo(
        f"SendGrid {would} of {counted(found.told, 'person', 'people')} who want no mail, "
        f"and of {found.untold:,} who came back."
    )


@suppressions.command("list")
@click.option("--reason", help="Only those of this reason.")
@as_json
@pass_folder
def list_(folder: Path, reason: str | None, json_: bool) -> None:
    """List suppressions, the newest first.

    The address is known while somebody has it; else there is only its digest. With --json, one
    object a line.
    """
    from newsletter.usecases.suppressions import stream_suppressed

    found = stream_suppressed(opened(folder), reason)
    if json_:
        for one in found:
            print_json_line(one._asdict())
        return
    print_table(
        "Suppressions",
        ("address or digest", "reason", "since", "provider told"),
        (
            (one.address or one.digest, one.reason, moment(one.at), moment(one.told_at))
            for one in found
        ),
    )


@suppressions.command()
@as_json
@pass_folder
def count(folder: Path, json_: bool) -> None:
    """Count suppressions by reason."""
    from newsletter.usecases.suppressions import count_suppressed

    counts = count_suppressed(opened(folder))
    if json_:
        print_json(counts)
    else:
        print_table("Suppressions", ("reason", "addresses"), counts.items())


@subscribers.command()
@click.argument("address")
@because
@by
@pass_folder
def suppress(folder: Path, address: str, reason: str, by: str) -> None:
    """Never mail an address again.

    It need not be known: an import will leave it out.

    \b
    Example:
      newsletter subscribers suppress ada@example.com --reason "asked by telephone"
    """
    from newsletter.usecases.suppressions import suppress as keep_from

    new = keep_from(opened(folder), address, reason=reason, by=by)
    click.echo("Suppressed." if new else "It was suppressed before; nothing was changed.")


@subscribers.command()
@click.argument("address")
@because
@by
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Even though the person reported mail as spam.")
@pass_folder
def unsuppress(folder: Path, address: str, reason: str, by: str, yes: bool, force: bool) -> None:
    """Let an address be mailed again.

    SendGrid is told to take it off its lists, too. Whoever was erased comes back only by a sign-up
    that they confirm.

    \b
    Example:
      newsletter subscribers unsuppress ada@example.com --reason "mailbox mended, she wrote"
    """
    from newsletter.usecases.suppressions import lift, liftable

    workspace = opened(folder)
    before = liftable(workspace, address, force=force)
    if before and not yes:
        typed("unsuppress", f"The address is suppressed: {before}.")
    lift(workspace, address, reason=reason, by=by, force=force)
    click.echo("It can be mailed again." if before else "It was not suppressed here.")
