"""Verbs about what is held on people: why, tidy, and subscribers show, data, consent, erase."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsletter.cli.output import (
    as_json,
    by,
    json_text,
    moment,
    opened,
    pass_folder,
    print_json,
    print_table,
    typed,
)
from newsletter.cli.subscribers import subscribers
from newsletter.domain.event import ARRIVAL
from newsletter.errors import AudienceError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from newsletter.usecases.privacy import Person


@subscribers.command()
@click.argument("address")
@as_json
@pass_folder
def show(folder: Path, address: str, json_: bool) -> None:
    """Show one person: standing, lists, consent, mails.

    \b
    Example:
      newsletter subscribers show ada@example.com
    """
    from newsletter.usecases.privacy import look_up

    person = look_up(opened(folder), address)
    if json_:
        print_json(_with_standing(person))
        return
    print_table(f"{person.address}: {person.standing}", ("what", "value"), _facts(person))
    for title, columns, rows in _sections(person.held):
        if rows:
            print_table(title, columns, rows)


def _with_standing(person: Person) -> dict[str, Any]:
    """What is known of a subscriber at the top, and below it what is held of their mails."""
    known = person.held.get("subscriber", [{}])[0]
    return {"address": person.address, "standing": person.standing, **known, **person.held}


def _facts(person: Person) -> list[tuple[str, object]]:
    known = person.held.get("subscriber", [{}])[0]
    tags = ", ".join(row["name"] for row in person.held.get("tag", ()))
    shown = {name: known.get(name) for name in ("name", "language", "time_zone", "frequency")}
    shown |= {"tags": tags, "paused until": known.get("paused_until")}
    shown |= {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in sorted(known.get("attributes", {}).items())
    }
    return [(name, value) for name, value in shown.items() if value not in (None, "")]


def _sections(held: dict[str, Any]) -> Iterable[tuple[str, tuple[str, ...], list[Any]]]:
    """Title, columns and rows of each table of `show`."""
    yield (
        "Subscriptions",
        ("list", "status", "since", "consent", "unsubscribed"),
        [
            (
                row["list_key"],
                row["status"],
                moment(row["subscribed_at"]),
                row["consent_source"],
                moment(row["unsubscribed_at"]),
            )
            for row in held.get("subscription", ())
        ],
    )
    yield "Consent", _LINK, [_link(row) for row in held.get("consent", ())]
    yield (
        "Sign-up that waits",
        ("asked", "lists", "form"),
        [
            (moment(row["asked_at"]), ", ".join(row["lists"]), row["source"])
            for row in held.get("signup", ())
            if row["confirmed_at"] is None
        ],
    )
    yield (
        "Suppressed",
        ("reason", "since", "provider told"),
        [
            (row["reason"], moment(row["at"]), moment(row["told_at"]))
            for row in held.get("suppression", ())
        ],
    )
    yield (
        "Changed by hand",
        ("when", "who", "from", "to", "why"),
        [
            (moment(row["at"]), row["actor"], row["before"], row["after"], row["reason"])
            for row in held.get("suppression_log", ())
        ],
    )
    yield (
        "Last mails",
        ("issue", "list", "arrival", "opened", "clicked", "ended"),
        [
            (
                row["issue"],
                row["list_key"],
                ARRIVAL[row["arrival"]],
                moment(row["opened_at"]),
                moment(row["clicked_at"]),
                row["ending"],
            )
            for row in held.get("delivery", ())[-10:]
        ],
    )
    yield (
        "Last events",
        ("when", "what", "delivery", "why"),
        [
            (moment(row["at"]), row["kind"], str(row["delivery_id"]), row["reason"])
            for row in held.get("event", ())[-10:]
        ],
    )


_LINK = ("when", "list", "what", "source", "words", "network")


def _link(row: dict[str, Any]) -> tuple[object, ...]:
    """A link of the chain of consent; '' is consent to be tracked."""
    place = row["list_key"] or "tracking"
    return moment(row["at"]), place, row["kind"], row["source"], row["words"], row["network"]


@subscribers.command()
@click.argument("address")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="The file to write; - is the standard output.",
)
@pass_folder
def data(folder: Path, address: str, out: Path) -> None:
    """Write all that is held on one person, for them.

    JSON, with the proofs of consent and their words: what the GDPR asks for in articles 15 and 20.

    \b
    Example:
      newsletter subscribers data ada@example.com --out ada.json
    """
    from newsletter.usecases.privacy import hand_out

    text = json_text(hand_out(opened(folder), address))
    if str(out) == "-":
        click.echo(text)
        return
    try:
        out.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise AudienceError(
            f"cannot be written: {error.strerror}; check the folder and its rights", file=str(out)
        ) from error
    click.echo(f"Written to {out}. Send it to nobody but the person.", err=True)


@subscribers.command()
@click.argument("address")
@as_json
@pass_folder
def consent(folder: Path, address: str, json_: bool) -> None:
    """Prove what somebody agreed to, and when.

    The chain, oldest first, with the words that were shown. It outlives an erasure, without a name.

    \b
    Example:
      newsletter subscribers consent ada@example.com --json
    """
    from newsletter.usecases.privacy import prove_consent

    chain = prove_consent(opened(folder), address)
    if json_:
        print_json(chain)
    elif chain:
        print_table("Consent", _LINK, (_link(row) for row in chain))
    else:
        click.echo("Nothing was kept of how this person came to their lists.")


@subscribers.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
@by
@as_json
@pass_folder
def erase(folder: Path, address: str, yes: bool, by: str, json_: bool) -> None:
    """Erase one person for good.

    Nobody can bring them back by an import. What has to stay stays without name and address; it is
    listed, with the reason. Erasing somebody twice does no harm.

    \b
    Example:
      newsletter subscribers erase ada@example.com
    """
    from newsletter.usecases.privacy import erase as take_out

    if not yes:
        typed("erase", "This removes the person from every table and cannot be taken back.")
    erasure = take_out(opened(folder), address, by=by)
    if json_:
        print_json(erasure)
        return
    rows = {name: getattr(erasure.erased, name) for name in erasure.erased.__slots__}
    gone = [(name.replace("_", " "), count) for name, count in rows.items() if count]
    if gone:
        print_table("Erased", ("what", "rows"), gone)
    else:
        click.echo("Nothing was held on this address.")
    for sentence in erasure.kept:
        click.echo(f"Kept: {sentence}.")
    for path in erasure.files:
        click.echo(f"Still there: {path} holds the address; delete it where it is not needed.")


@click.command()
@click.argument("issue")
@click.argument("address")
@as_json
@pass_folder
def why(folder: Path, issue: str, address: str, json_: bool) -> None:
    """Show why somebody got an issue, or did not.

    The whole path in order: list and consent, segment, version, batch, attempts, events, standing.

    \b
    Example:
      newsletter why 2026-11-27 ada@example.com
    """
    from newsletter.usecases.why import why as explain

    found = explain(opened(folder), issue, address)
    if json_:
        print_json(found)
        return
    for path in found.paths:
        print_table(
            f"{found.issue} to {path.audience}: {path.answer}",
            ("when", "what", "which"),
            ((moment(one.at) if one.at else "", one.what, one.words) for one in path.stations),
        )
    if not found.paths:
        click.echo(f"Nobody was sent this issue yet. The person is now: {found.standing}.")


@click.command()
@click.option("--dry-run", is_flag=True, help="Only count.")
@as_json
@pass_folder
def tidy(folder: Path, dry_run: bool, json_: bool) -> None:
    """Remove what config.yaml's privacy keeps no longer.

    `newsletter serve` does it once a day. Sums and reports lose nothing by it.

    \b
    Examples:
      newsletter tidy --dry-run
      newsletter tidy
    """
    from newsletter.usecases.retention import tidy as apply

    tidied = apply(opened(folder), dry_run=dry_run)
    if json_:
        print_json(tidied)
        return
    title = "Would be removed" if dry_run else "Removed"
    rows = ((name.replace("_", " "), getattr(tidied, name)) for name in tidied.__slots__)
    print_table(title, ("what", "rows"), rows)
    if dry_run:
        click.echo("Nothing was removed: this was a dry run.")
