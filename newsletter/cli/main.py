"""The `newsletter` command: its options, its verbs, and how mistakes are told.

Exit codes: 0 fine, 1 findings, 2 a mistake in use or configuration, 130 stopped by Ctrl-C or a
signal to end.
"""

from __future__ import annotations

import errno
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsletter import __version__
from newsletter.cli import (
    choosing,
    control,
    correct,
    differences,
    embed,
    events,
    gathering,
    images,
    issues,
    output,
    privacy,
    proof,
    readers,
    report,
    resolving,
    schedule,
    segments,
    sending,
    shot,
    sources,
    sponsors,
    stories,
    studio,
    subscribers,
    suppressions,
    watching,
    worker,
    workspace,
)
from newsletter.errors import NewsletterError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Verbs(click.Group):
    """Lists verbs in the order people use them, and turns our errors into one sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The order of registration, not of the alphabet."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb; a NewsletterError ends with exit code 2, Ctrl-C with 130."""
        try:
            with _terminated_as_interrupted():
                return super().invoke(ctx)
        except NewsletterError as error:
            _fail(str(error), error.excerpt)
        except OSError as error:
            if error.errno == errno.EPIPE:  # `| head` has seen enough; click ends quietly
                raise
            place = f"{error.filename}: " if error.filename else ""
            _fail(f"{place}{error.strerror or error}; make room, or check the path and its rights")
        except KeyboardInterrupt:
            click.echo("\nStopped. Run the same command again to go on from here.", err=True)
            sys.exit(130)


def _fail(sentence: str, excerpt: str = "") -> None:
    # A sentence may quote a server or a file, and a terminal obeys what it is sent.
    click.echo(f"{click.style('Error:', fg='red', bold=True)} {output.plain(sentence)}", err=True)
    for line in excerpt.splitlines():
        click.echo(output.plain(line), err=True)
    sys.exit(2)


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """SIGTERM does what Ctrl-C does: requests under way end first, and nothing is in doubt."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-C",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Work in this workspace instead of the current folder.",
)
@click.version_option(__version__, prog_name="newsletter")
@click.pass_context
def main(ctx: click.Context, folder: Path) -> None:
    """Turn a week of trade news into an e-mail issue and send it, once to each person.

    \b
    A first issue:
      newsletter init gazette && cd gazette
      newsletter new
      newsletter gather 2026-11-27
      newsletter check 2026-11-27
      newsletter approve 2026-11-27
      newsletter send 2026-11-27 --dry-run
    """
    ctx.obj = folder


for verb in (
    workspace.init,
    workspace.demo,
    issues.new,
    sources.sources,
    gathering.gather,
    stories.stories,
    stories.hold,
    sponsors.sponsors,
    issues.list_,
    issues.show,
    images.images,
    issues.build,
    shot.shot,
    studio.preview,
    issues.check,
    differences.diff,
    issues.approve,
    sending.test,
    sending.send,
    schedule.schedule,
    watching.status,
    watching.log,
    choosing.choose,
    report.report,
    privacy.why,
    control.pause,
    control.resume,
    control.cancel,
    control.recall,
    correct.correct,
    proof.proof,
    resolving.resolve,
    control.unlock,
    subscribers.subscribers,
    segments.segments,
    suppressions.suppressions,
    privacy.tidy,
    events.events,
    readers.serve,
    worker.worker,
    worker.migrate_to,
    embed.embed,
    readers.simulate,
    workspace.doctor,
):
    main.add_command(verb)
