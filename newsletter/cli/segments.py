"""Segments: which there are, how many and who is in one, and what its rule says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsletter.cli.output import as_json, opened, pass_folder, print_json, print_table

if TYPE_CHECKING:
    from pathlib import Path

    from newsletter.app import Workspace
    from newsletter.domain.segment import Rule

_where = click.option("--where", metavar="EXPR", help="An expression in place of a segment's name.")


@click.group()
def segments() -> None:
    """Look at the named rules of config.yaml, and try new ones.

    \b
    Examples:
      newsletter segments list
      newsletter segments count --where "opened within 90 days"
      newsletter segments explain retailers
    """


@segments.command("list")
@as_json
@pass_folder
def list_(folder: Path, json_: bool) -> None:
    """List every segment, with how many people it has who may be mailed."""
    from newsletter.usecases.segments import list_segments

    found = list_segments(opened(folder))
    if json_:
        print_json(found)
        return
    rows = ((one.name, one.people, one.expression) for one in found)
    print_table("Segments", ("segment", "mailable", "expression"), rows)


@segments.command()
@click.argument("name", required=False)
@_where
@click.option("--list", "list_key", help="Only those subscribed to this list.")
@as_json
@pass_folder
def count(
    folder: Path, name: str | None, where: str | None, list_key: str | None, json_: bool
) -> None:
    """Count the people of a segment, or of an expression, who may be mailed.

    \b
    Examples:
      newsletter segments count retailers --list weekly
      newsletter segments count --where "tag 'vip' and received < 3"
    """
    from newsletter.usecases.segments import count_segment

    workspace = opened(folder)
    people = count_segment(workspace, _rule(workspace, name, where), list_key)
    if json_:
        print_json({"people": people})
    else:
        print_table("Segment", ("segment", "mailable"), [(name or where, people)])


@segments.command()
@click.argument("name", required=False)
@_where
@click.option("-n", "number", type=click.IntRange(1, 1000), default=20, help="How many; 20.")
@click.option("--addresses", is_flag=True, help="Show addresses in full.")
@as_json
@pass_folder
def sample(
    folder: Path, name: str | None, where: str | None, number: int, addresses: bool, json_: bool
) -> None:
    """Show some people of a segment, drawn by lot, with the attributes its rule asks for.

    \b
    Examples:
      newsletter segments sample retailers
      newsletter segments sample --where "city like 'New%'" -n 5 --addresses
    """
    from newsletter.usecases.segments import sample_segment

    workspace = opened(folder)
    rule = _rule(workspace, name, where)
    people = sample_segment(workspace, rule, number, addresses=addresses)
    if json_:
        print_json(people)
        return
    names = sorted({attribute for one in people for attribute in one.attributes})
    rows = (
        (one.address, ", ".join(one.lists), *(one.attributes.get(each) for each in names))
        for one in people
    )
    print_table("Some of them", ("address", "lists", *names), rows)


@segments.command()
@click.argument("segment", metavar="NAME|EXPR")
@as_json
@pass_folder
def explain(folder: Path, segment: str, json_: bool) -> None:
    """Say in words what a segment, or an expression, asks for.

    \b
    Examples:
      newsletter segments explain retailers
      newsletter segments explain "clicked section 'jobs' within 30 days or tag 'hiring'"
    """
    from newsletter.usecases.segments import explain_segment

    told = explain_segment(opened(folder), segment)
    if json_:
        print_json(told)
    else:
        click.echo(told.words)


def _rule(workspace: Workspace, name: str | None, where: str | None) -> Rule:
    """The rule asked about, named or written out, but not both."""
    from newsletter.usecases.segments import named_rule, rule_of

    if (name is None) is (where is None):
        raise click.UsageError("name a segment, or write --where with an expression")
    return named_rule(workspace, name) if name is not None else rule_of(workspace, where or "")
