"""How `newsletter demo` shows itself: a table a step, bars in between, what to do next."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from newsletter.cli.output import print_table, progress
from newsletter.cli.watching import arrival_rows

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from newsletter.domain.audience import ImportReport
    from newsletter.domain.campaign import Campaign
    from newsletter.usecases.drafting import Gathered
    from newsletter.usecases.planning import Plan
    from newsletter.usecases.rendering import Rendered
    from newsletter.usecases.status import CampaignStatus
    from newsletter.usecases.subscribers import AudienceCount


class Tour:
    """Prints each step of the demo as it ends; see demo.report.Report."""

    @contextmanager
    def step(self, what: str, total: int | None) -> Iterator[Callable[[int], None]]:
        """A bar while a step runs."""
        with progress(what, total) as advance:
            yield advance

    def gathered(self, gathered: Gathered) -> None:
        """What each source gave, and where it went."""
        print_table(
            "1  Gathered",
            ("source", "items", "set aside", "error"),
            (
                (one.source, len(one.items), len(one.furniture), one.error)
                for one in gathered.results
            ),
        )
        places = ", ".join(f"{count} to {key}" for key, count in gathered.placed.items())
        click.echo(f"   {places}, {gathered.candidates} to candidates.md\n")

    def rendered(self, rendered: Rendered, files: tuple[Path, ...]) -> None:
        """The files, and what the checks say."""
        print_table(
            "2  Rendered, checked and approved",
            ("file", "bytes"),
            ((path, path.stat().st_size) for path in files),
        )
        click.echo(
            f"   {len(rendered.errors)} errors, {len(rendered.findings)} findings; "
            f"approved {rendered.digest[:12]}\n"
        )

    def imported(self, report: ImportReport, counted: AudienceCount) -> None:
        """The readers, list by list."""
        print_table(
            f"3  Imported {report.admission.added:,} readers",
            ("list or segment", "mailable"),
            [
                *((key, size.subscribed) for key, size in counted.lists.items()),
                *counted.segments.items(),
            ],
        )

    def sent(self, plan: Plan, campaign: Campaign) -> None:
        """The send, as the ledger has it."""
        audience = f"{plan.audience.list_key} / {plan.audience.segment}"
        print_table(
            f"4  Sent to {audience}: {campaign.state}",
            ("what", "people"),
            [
                ("candidates", plan.mailed + sum(plan.excluded.values())),
                *((f"excluded: {reason}", count) for reason, count in plan.excluded.items()),
                ("mailed", plan.mailed),
                ("requests", plan.requests),
            ],
        )

    def events(self, status: CampaignStatus, *, posts: Counter[int]) -> None:
        """How far each delivery came."""
        print_table(
            f"5  Signed events came back in {posts.total()} posts",
            ("what", "people"),
            [
                *((state.value, count) for state, count in status.accounting.states.items()),
                *arrival_rows(status),
            ],
        )

    def judged(self, facts: Mapping[str, bool]) -> None:
        """Our sums, held against the provider's ledger."""
        print_table(
            "6  Everybody accounted for",
            ("what must be true", "is it"),
            ((what, "yes" if true else "NO") for what, true in facts.items()),
        )

    def end(self, steps: tuple[str, ...], *, complete: bool) -> None:
        """Where to look next."""
        click.echo("Look next:" if complete else "Something does not add up. Look here:")
        for step in steps:
            click.echo(f"  {step}")
