"""Verbs that show an issue as readers will see it: preview (the studio)."""

from __future__ import annotations

import webbrowser
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from newsletter.cli.output import opened, pass_folder

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("issue", required=False)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes any."
)
@click.option("--no-browser", is_flag=True, help="Only tell the address.")
@click.option("--allow-send", is_flag=True, help="Let the studio mail subscribers, too.")
@pass_folder
def preview(
    folder: Path, issue: str | None, port: int, *, no_browser: bool, allow_send: bool
) -> None:
    """Open the studio in the browser: look, edit, approve.

    It listens on this machine only, and nothing leaves it.

    \b
    Examples:
      newsletter preview
      newsletter preview 2026-11-27
      newsletter preview --port 0 --no-browser
    """
    from newsletter.web.studio.app import studio_app
    from newsletter.web.studio.server import StudioServer, listening

    workspace = opened(folder)
    with listening(port) as listener:
        port = listener.getsockname()[1]
        address = f"http://127.0.0.1:{port}/" + (f"i/{issue}" if issue else "")
        application = studio_app(workspace, port=port, allows_send=allow_send)
        click.echo(f"The studio is open at {address} – Ctrl-C closes it.")
        if not no_browser:
            webbrowser.open(address)
        with suppress(KeyboardInterrupt):  # uvicorn passes the signal on once it has stopped
            StudioServer(application).run(sockets=[listener])
