"""What the demo tells its audience; the command line prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from newsletter.domain.audience import ImportReport
    from newsletter.domain.campaign import Campaign
    from newsletter.usecases.drafting import Gathered
    from newsletter.usecases.planning import Plan
    from newsletter.usecases.rendering import Rendered
    from newsletter.usecases.status import CampaignStatus
    from newsletter.usecases.subscribers import AudienceCount


class Report(Protocol):
    """Hears of each step when it begins and when it has ended."""

    def step(self, what: str, total: int | None) -> AbstractContextManager[Callable[[int], None]]:
        """A step begins; the block calls what it gets with how many more are done."""

    def gathered(self, gathered: Gathered) -> None:
        """Sources were read."""

    def rendered(self, rendered: Rendered, files: tuple[Path, ...]) -> None:
        """The issue was rendered, checked, approved and written to files."""

    def imported(self, report: ImportReport, counted: AudienceCount) -> None:
        """Readers were imported."""

    def sent(self, plan: Plan, campaign: Campaign) -> None:
        """The campaign was sent."""

    def events(self, status: CampaignStatus, *, posts: Counter[int]) -> None:
        """Events came back; `posts` counts the answers they got."""

    def judged(self, facts: Mapping[str, bool]) -> None:
        """The sums were held against the provider's ledger."""

    def end(self, steps: tuple[str, ...], *, complete: bool) -> None:
        """That was all; `steps` are commands and files to look at."""
