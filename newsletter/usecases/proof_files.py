"""A proof of run as files: a page to print, and its figures as CSV."""

from __future__ import annotations

import csv
import io
import re
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from newsletter.audience.cells import defused
from newsletter.issues.files import write_atomically
from newsletter.reports.drawn import counted, percent, share_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from newsletter.domain.report import Shares
    from newsletter.usecases.proof_of_run import ProofOfRun

COLUMNS = (
    "issue", "brief", "headline", "slot", "makes good", "section", "place", "link",
    "submitted", "delivered", "first delivered (UTC)", "last delivered (UTC)",
    "people who clicked", "unsure", "machines", "anonymous clicks",
)  # fmt: skip


def proof_files(proof: ProofOfRun, out: Path) -> tuple[Path, Path]:
    """Write both into a folder; returns the page and the table."""
    stem = f"proof-{proof.issue}-{_plain(proof.wanted)}"
    page, table = out / f"{stem}.html", out / f"{stem}.csv"
    write_atomically(page, proof_page(proof))
    write_atomically(table, proof_table(proof))
    return page, table


def proof_page(proof: ProofOfRun) -> str:
    """A page that needs nothing beside it but the pictures of the mail, ready for paper."""
    names = {"counted": counted, "percent": percent, "share_of": share_of}
    return _templates().get_template("proof.html.j2").render(proof=proof, **names)


def proof_table(proof: ProofOfRun) -> str:
    """A row for each brief, and one for each of its links."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    rows.writerows(_rows(proof))
    return text.getvalue()


def _rows(proof: ProofOfRun) -> Iterator[tuple[object, ...]]:
    for one in proof.briefs:
        sold = (one.slot, one.makes_good or "", defused(one.section), one.place or "")
        known = (proof.issue, one.brief, defused(one.headline), *sold)
        moments = [f"{at:%Y-%m-%d %H:%M}" if at else "" for at in (one.run.first, one.run.last)]
        went = (one.run.submitted, one.run.delivered, *moments)
        yield (*known, "", *went, *_clicks(one.clicked, one.anonymous))
        for link in one.links:
            yield (*known, link.url, *went, *_clicks(link.people, link.anonymous))


def _clicks(people: Shares | None, anonymous: int | None) -> tuple[str, ...]:
    if people is None:
        return "", "", "", ""
    counts = people.human, people.unsure, people.machine, anonymous
    return tuple(counted(count).replace(",", "") for count in counts)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:40] or "brief"


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("newsletter.reports", "letters"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
