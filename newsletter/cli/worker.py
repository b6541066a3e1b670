"""Verbs of the operator past one machine: worker and migrate-to."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import click

from newsletter.cli.interrupts import stoppable
from newsletter.cli.output import confirmed, opened, pass_folder, print_table, progress
from newsletter.domain.job import Queue
from newsletter.domain.prose import counted

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.option(
    "--queues",
    type=click.Choice([queue.value for queue in Queue]),
    multiple=True,
    default=[Queue.SENDING.value],
    show_default=True,
    help="May be repeated; newsroom only where issues/ lie.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 32),
    default=2,
    show_default=True,
    help="Jobs of each queue at once; a campaign makes sending.concurrency requests at once.",
)
@click.option(
    "--join", is_flag=True, help="Let this machine send beside those that do. Needed once on each."
)
@pass_folder
def worker(folder: Path, queues: tuple[str, ...], concurrency: int, *, join: bool) -> None:
    """Do jobs of a shared database, on any number of machines.

    Workers share the batches of a campaign; nobody is mailed twice. One that dies is replaced by
    the others. Ctrl-C lets the requests under way end.

    \b
    Examples:
      newsletter worker --join
      newsletter worker --queues sending --queues newsroom --concurrency 4
    """
    from newsletter.schedule.steadiness import watched_clock
    from newsletter.usecases import working

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("procrastinate").setLevel(logging.WARNING)  # not a line for every job
    workspace = opened(folder)
    working.refuse_lone(workspace)
    if join:
        working.join(workspace)
    working.refuse_stranger(workspace)
    with (
        stoppable() as stopping,
        working.working(
            workspace,
            stopping,
            may=watched_clock(workspace).look,
            queues=[Queue(queue) for queue in queues],
            concurrency=concurrency,
        ),
    ):
        click.echo(f"Working on {', '.join(queues)}. Ctrl-C ends it.")
        stopping.wait()


@click.command("migrate-to")
@click.argument("url")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_folder
def migrate_to(folder: Path, url: str, *, yes: bool) -> None:
    """Move a workspace from SQLite to an empty PostgreSQL.

    Stop `newsletter serve` first. Every row is read back and compared; until all agree, nothing is
    changed in the file. After it, the file sends no more.

    \b
    Example:
      newsletter migrate-to postgresql+psycopg://newsletter@db.example.net/newsletter
    """
    from newsletter.usecases.moving import move_store, rows_to_move

    workspace = opened(folder)
    rows = rows_to_move(workspace)
    confirmed(f"Move {counted(rows, 'row')} to PostgreSQL?", yes=yes)
    with progress("moved and compared", 2 * rows) as told:
        moved = move_store(workspace, url, progress=told)
    print_table(
        "Alike on both sides",
        ("table", "rows", "digest"),
        ((one.table, one.rows, one.digest) for one in moved if one.rows),
    )
    click.echo(
        "Set NEWSLETTER_DATABASE, or database: in config.yaml, to that address for every process, "
        "then start `newsletter serve`. The old file sends no more; keep it as a backup."
    )
