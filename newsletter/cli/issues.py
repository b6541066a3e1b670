"""Verbs of the editor: new, list, show, build, check, approve."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.output import (
    as_json,
    by,
    moment,
    opened,
    pass_folder,
    plain,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from newsletter.domain.finding import Finding
    from newsletter.usecases.building import Comparison
    from newsletter.usecases.editing import IssueView

issue = click.argument("issue")


@click.command()
@click.argument("issue", required=False)
@pass_folder
def new(folder: Path, issue: str | None) -> None:
    """Make an issue's folder; without a name, for the next Friday.

    \b
    Examples:
      newsletter new
      newsletter new 2026-11-27
      newsletter new 2026-11-27-watches
    """
    from newsletter.usecases.editing import new_issue

    made = new_issue(opened(folder), issue)
    click.echo(f"{made.issue_file}\nNext: newsletter gather {made.slug}")


@click.command("list")
@as_json
@pass_folder
def list_(folder: Path, json_: bool) -> None:
    """List the issues, newest first."""
    from newsletter.usecases.approvals import judged
    from newsletter.usecases.editing import list_issues

    workspace = opened(folder)
    views = tuple(judged(workspace, view) for view in list_issues(workspace))
    if json_:
        print_json(views)
        return
    print_table(
        "Issues",
        ("issue", "date", "subject", "briefs", "approved"),
        (
            (
                view.slug,
                view.issue.date,
                view.issue.subject,
                len(view.issue.briefs),
                _approved(view),
            )
            if view.issue
            else (view.slug, "–", view.mistake, 0, "–")
            for view in views
        ),
    )


@click.command()
@issue
@as_json
@pass_folder
def show(folder: Path, issue: str, json_: bool) -> None:
    """Show an issue's sections and briefs.

    \b
    Example:
      newsletter show 2026-11-27
    """
    from newsletter.usecases.approvals import judged
    from newsletter.usecases.editing import show_issue

    workspace = opened(folder)
    view = judged(workspace, show_issue(workspace, issue))
    if json_:
        print_json(view)
        return
    if view.issue is not None:
        click.echo(plain(view.issue.subject) or "(no subject yet)")
        click.echo(f"{plain(view.issue.preheader)}\n")
        print_table(
            f"{issue}, approved {_approved(view)}",
            ("line", "section", "brief", "source"),
            (
                (brief.line, section.title, brief.headline, brief.source)
                for section in view.issue.sections
                for brief in section.briefs
            ),
        )


def _approved(view: IssueView) -> str:
    if view.approval is None:
        return "–"
    since = ", changed since" if view.changed else ""
    return f"{moment(view.approval.at)} by {view.approval.by}{since}"


@click.command()
@issue
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder; made if it is missing.",
)
@click.option(
    "--client",
    "clients",
    metavar="NAME",
    multiple=True,
    help="Also as this mail program shows it; may be repeated.",
)
@click.option(
    "--check", "compares", is_flag=True, help="Write nothing; hold it against its approval."
)
@pass_folder
def build(
    folder: Path, issue: str, out: Path | None, clients: tuple[str, ...], *, compares: bool
) -> None:
    """Write an issue's files: HTML, text, MJML, .eml, web page.

    The same folder and workspace secret give the same bytes on any machine; --check proves it of an
    approved issue. Exit code 1 where it renders otherwise now.

    \b
    Examples:
      newsletter build 2026-11-27 --out build
      newsletter build 2026-11-27 --out build --client outlook-windows --client gmail-web
      newsletter build 2026-11-20 --check
    """
    from newsletter.usecases import building

    workspace = opened(folder)
    if compares:
        _compare(building.compare(workspace, issue))
    elif out is None:
        raise click.UsageError("name a folder with --out, or add --check")
    else:
        for path in building.build(workspace, issue, out, clients=clients):
            click.echo(path)


def _compare(comparison: Comparison) -> None:
    approval = comparison.approval
    approved = f"{approval.by} approved on {moment(approval.at)}"
    if not comparison.differing:
        click.echo(f"The same bytes as {approved}.")
        return
    click.echo(f"Not the bytes {approved}. Different now: {', '.join(comparison.differing)}")
    sys.exit(1)


@click.command()
@issue
@click.option("--offline", is_flag=True, help="Visit no links; answers of a day ago count.")
@as_json
@pass_folder
def check(folder: Path, issue: str, *, offline: bool, json_: bool) -> None:
    """Check an issue, and visit its links.

    Exit code 0: fine or warnings only; 1: errors; 2: it cannot be read.

    \b
    Examples:
      newsletter check 2026-11-27
      newsletter check 2026-11-27 --offline --json
    """
    from newsletter.usecases.checking import check_issue

    rendered = check_issue(opened(folder), issue, offline=offline)
    if json_:
        print_json(rendered.findings)
    else:
        _print_findings(rendered.findings)
    sys.exit(1 if rendered.errors else 0)


@click.command()
@issue
@click.option("--revoke", is_flag=True, help="Take the approval back, until it is sent.")
@by
@pass_folder
def approve(folder: Path, issue: str, *, revoke: bool, by: str) -> None:
    """Record that an issue may go out exactly as it renders now.

    Any later change to the issue, the theme or the sender asks for a new approval. --revoke takes
    it back, as long as no campaign has frozen these bytes.

    \b
    Examples:
      newsletter approve 2026-11-27 --by Ada
      newsletter approve 2026-11-27 --revoke
    """
    from newsletter.usecases import deciding, rendering

    workspace = opened(folder)
    if revoke:
        approval = deciding.revoke(workspace, issue, by=by)
        click.echo(f"Revoked {approval.digest[:12]}, which {approval.by} had approved.")
        return
    rendered = rendering.approve(workspace, issue, by=by)
    _print_findings(rendered.findings)
    click.echo(f"Approved {rendered.digest[:12]} by {by}.\nNext: newsletter send {issue} --dry-run")


def _print_findings(findings: Iterable[Finding]) -> None:
    rows = [(one.level, _place(one), one.message, one.remedy, one.code) for one in findings]
    if rows:
        print_table("Findings", ("level", "place", "what", "what to do", "code"), rows)
    else:
        click.echo("No findings.")


def _place(finding: Finding) -> str:
    return f"{finding.place} ({finding.version})" if finding.version else finding.place
