"""Verbs that listen: serve (pages, events, what is due) and simulate (a stand-in provider)."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.interrupts import be_impatient
from newsletter.cli.logs import FORMATS, set_up
from newsletter.cli.output import opened, pass_folder
from newsletter.errors import NewsletterError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from uvicorn import Server

    from newsletter.app import Workspace
    from newsletter.usecases.pulse import Pulse

LAST_ANSWERS = 10
"""Seconds that requests under way have to end, once the process is told to."""

PORT = click.IntRange(0, 65535)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=PORT, default=8080, show_default=True, help="0 takes any free port.")
@click.option("--no-sending", is_flag=True, help="Only the pages; leave what is due to another.")
@click.option(
    "--metrics",
    metavar="HOST:PORT",
    help="Answer Prometheus there, as in 127.0.0.1:9464; let no proxy lead to it.",
)
@click.option(
    "--log-format",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="Lines for people, or an object a line for programs.",
)
@pass_folder
def serve(
    folder: Path, host: str, port: int, no_sending: bool, metrics: str | None, log_format: str
) -> None:
    """Serve readers' pages, the schedule and what is due.

    It takes the provider's events in, too.

    Put it behind a proxy with TLS that answers at web.base_url. The events address is
    /events/sendgrid; it is there only when SENDGRID_WEBHOOK_PUBLIC_KEY is set.

    Ctrl-C or a signal to end lets what is under way end; nothing is left in doubt.

    \b
    Examples:
      newsletter serve --port 8080
      newsletter serve --metrics 127.0.0.1:9464 --log-format json
    """
    from newsletter.usecases.pulse import Pulse

    set_up(log_format, os.environ)
    workspace = opened(folder)
    pulse, stopping = None if no_sending else Pulse(), threading.Event()
    # What is missing for the pages is told before anything is sent.
    server = _server(workspace, pulse, stopping)
    with (
        _listening(host, port) as listener,
        _ticking(workspace, pulse, stopping) if pulse else nullcontext(),
        _metrics(metrics, workspace, pulse),
    ):
        name = f"[{host}]" if ":" in host else host
        click.echo(f"Serving at http://{name}:{listener.getsockname()[1]}. Ctrl-C ends it.")
        with suppress(KeyboardInterrupt):  # uvicorn passes the signal on once it has stopped
            server.run(sockets=[listener])
        be_impatient()


def _ticking(
    workspace: Workspace, pulse: Pulse, stopping: threading.Event
) -> AbstractContextManager[Pulse]:
    from newsletter.schedule.ticker import ticking

    return ticking(workspace, pulse=pulse, stopping=stopping)


def _server(workspace: Workspace, pulse: Pulse | None, stopping: threading.Event) -> Server:
    import uvicorn

    from newsletter.config import WEBHOOK_KEY
    from newsletter.web.doors import PublicServer
    from newsletter.web.public import public_app

    key = workspace.environment.get(WEBHOOK_KEY)
    # No access log: its lines would hold the readers' links. Whose word counts on where a request
    # came from, signup.forwarded_by says.
    config = uvicorn.Config(
        public_app(workspace, webhook_key=key, pulse=pulse),
        access_log=False,
        log_config=None,
        proxy_headers=False,
        timeout_graceful_shutdown=LAST_ANSWERS,
    )
    return PublicServer(config, stopping)


@contextmanager
def _metrics(place: str | None, workspace: Workspace, pulse: Pulse | None) -> Iterator[None]:
    if place is None:
        yield
        return
    from newsletter.web.metrics import metrics_at

    host, _, port = place.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise click.BadParameter(
            f"“{place}” is no place to listen; write it as 127.0.0.1:9464", param_hint="--metrics"
        )
    with metrics_at(host.strip("[]"), int(port), workspace, pulse) as number:
        click.echo(f"Figures at http://{host}:{number}/metrics.")
        yield


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise NewsletterError(
            f"{host}:{port} cannot be used ({error.strerror}); choose others with --host and --port"
        ) from error


@click.command()
@click.option("--port", type=PORT, default=8025, show_default=True, help="0 takes any free port.")
@click.option(
    "--folder",
    "ledger",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the ledger lies; by default .newsletter/simulator.",
)
@click.option(
    "--fault", "faults", multiple=True, metavar="NAME[:COUNT[:VALUE]]", help="May be repeated."
)
@click.option("--events-to", metavar="URL", help="Post signed events there.")
@pass_folder
def simulate(
    folder: Path, port: int, ledger: Path | None, faults: tuple[str, ...], events_to: str | None
) -> None:
    """Run a stand-in for SendGrid, to rehearse a send. It mails nobody.

    \b
    Examples:
      newsletter simulate &
      export SENDGRID_API_KEY=SG.rehearsal NEWSLETTER_SENDING__PROVIDER=sendgrid
      export NEWSLETTER_SENDING__SENDGRID__HOST=http://127.0.0.1:8025
      newsletter send 2026-11-27
      newsletter simulate --fault 429:2 --fault reset-after
    """
    from newsletter.app import SystemClock, SystemRandomness
    from newsletter.providers.simulator.faults import parse_fault
    from newsletter.providers.simulator.server import Simulator

    place = ledger or folder / ".newsletter" / "simulator"
    with Simulator(
        place,
        port=port,
        clock=SystemClock(),
        randomness=SystemRandomness(),
        faults=tuple(parse_fault(fault) for fault in faults),
        events_to=events_to,
    ) as simulator:
        click.echo(f"SendGrid stand-in at {simulator.url}, ledger in {place}. Ctrl-C ends it.")
        click.echo(f"SENDGRID_WEBHOOK_PUBLIC_KEY={simulator.public_key}")
        simulator.run()
