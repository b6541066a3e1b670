"""The verb that prints a sign-up form for other sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsletter.cli.output import as_json, opened, pass_folder, print_json

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("list_key", metavar="LIST")
@click.option("--language", help="Of its words; by default, the publication's.")
@as_json
@pass_folder
def embed(folder: Path, list_key: str, language: str | None, json_: bool) -> None:
    """Print a sign-up form for your own site, in plain HTML.

    Its hidden word shows that the form is ours. With --json, the word and the address to post to,
    for a form or a program of your own.

    \b
    Examples:
      newsletter embed weekly
      newsletter embed weekly --language de > anmeldung.html
    """
    from newsletter.usecases.embedding import form_parts, snippet

    workspace = opened(folder)
    if json_:
        print_json(form_parts(workspace, list_key))
    else:
        click.echo(snippet(workspace, list_key, language=language), nl=False)
