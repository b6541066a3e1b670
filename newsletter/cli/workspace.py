"""Verbs about a workspace as a whole: init, demo, doctor."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from newsletter.cli.output import as_json, opened, pass_folder, print_json, print_table


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def init(folder: Path) -> None:
    """Make a workspace: config.yaml, a theme, and a sample issue.

    \b
    Example:
      newsletter init gazette
    """
    from newsletter.usecases.workspace import init as make

    made = make(folder)
    click.echo(
        f"{made} is ready.\nNext: put your publication into {made / 'config.yaml'}, then\n"
        f"  export NEWSLETTER_SECRET_KEY=$(openssl rand -hex 32)   # once; keep it safe\n"
        f"  newsletter -C {made} doctor"
    )


@click.command()
@click.option(
    "--workspace",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep everything in this folder; by default in a temporary one.",
)
def demo(folder: Path | None) -> None:
    """Go the whole way once on sample data.

    Gather, render, check, approve, import, send, and take the events back in. Sources and a
    stand-in for SendGrid run on this machine; nobody is mailed. Exit code 0 only if every delivery
    is accounted for.
    """
    from newsletter.cli.tour import Tour
    from newsletter.demo.run import run

    sys.exit(0 if run(folder, Tour()) else 1)


@click.command()
@click.option("--offline", is_flag=True, help="Look up nothing in the DNS.")
@click.option(
    "--mail",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Look at one mail instead, saved with all its headers: signature and unsubscribe headers.",
)
@click.option("--live", is_flag=True, help="Try a real SendGrid account, step by step, with you.")
@click.option("--to", multiple=True, metavar="ADDRESS", help="With --live: your two mailboxes.")
@as_json
@pass_folder
def doctor(
    folder: Path,
    *,
    offline: bool,
    file: Path | None,
    live: bool,
    to: tuple[str, ...],
    json_: bool,
) -> None:
    """Look whether this workspace is fit to render and send. Exit code 1 where it is not.

    Where mail leaves through SendGrid or SMTP, also whether the DNS lets receiving servers believe
    it: SPF, DKIM, DMARC.

    \b
    Examples:
      newsletter doctor
      newsletter doctor --offline --json
      newsletter doctor --mail received.eml
      newsletter doctor --live --to ada@example.com --to bob@example.org
    """
    from newsletter.domain.finding import Level
    from newsletter.providers.dns import Dns
    from newsletter.usecases.diagnosis import diagnose
    from newsletter.usecases.mailcheck import check_mail

    if live:
        from newsletter.cli.trials import run_trials

        sys.exit(0 if run_trials(opened(folder), to) else 1)
    found = check_mail(file) if file else diagnose(opened(folder), None if offline else Dns())
    if json_:
        print_json(found)
    else:
        print_table(
            "Doctor",
            ("what", "state", "detail"),
            ((one.what, one.level or "ok", one.message) for one in found),
        )
    sys.exit(1 if any(one.level is Level.ERROR for one in found) else 0)
