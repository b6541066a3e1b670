"""DMARC: what servers do with mail that is not the domain's own (RFC 7489)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.domain.diagnosis import Diagnosis
from newsletter.domain.finding import Level
from newsletter.domain.mail_records import DmarcRecord, read_dmarc
from newsletter.usecases.authentication.names import Names, organisation, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.providers.dns import Ask


def dmarc(names: Names, ask: Ask) -> Iterator[Diagnosis]:
    """The domain's own record, or its organisation's."""
    places = dict.fromkeys((f"_dmarc.{names.domain}", f"_dmarc.{organisation(names.domain)}"))
    found: list[DmarcRecord] = []
    for place in places:
        records = ask(place, "TXT")
        if records is None:
            yield silent("DMARC")
            return
        found = [dmarc for value in records.values if (dmarc := read_dmarc(value))]
        if found:
            break
    yield Diagnosis("DMARC", *_policy(found, names))
    if len(found) == 1:
        yield from _strictly_aligned(found[0], names)


def _policy(found: list[DmarcRecord], names: Names) -> tuple[Level | None, str]:
    place = f"_dmarc.{organisation(names.domain)}"
    if not found:
        record = f"v=DMARC1; p=none; rua=mailto:dmarc@{organisation(names.domain)}"
        return Level.ERROR, f"there is none; publish a TXT record at {place}: “{record}”"
    if len(found) > 1:
        return Level.ERROR, f"there are {len(found)} records, which counts as none; keep one"
    if not found[0].policy:
        return Level.ERROR, "it names no policy; add p=none, p=quarantine or p=reject"
    if not found[0].reports:
        return Level.NOTE, f"p={found[0].policy}, but nobody gets the reports; add rua=mailto:…"
    return None, f"p={found[0].policy}"


def _strictly_aligned(dmarc: DmarcRecord, names: Names) -> Iterator[Diagnosis]:
    """Strict alignment wants the very domain, which a return path below it never is."""
    spf_fails = dmarc.strict_spf and names.return_path not in (None, names.domain)
    dkim_fails = dmarc.strict_dkim and names.signer != names.domain
    if spf_fails or dkim_fails:
        tags = " and ".join(
            tag for tag, fails in (("aspf=s", spf_fails), ("adkim=s", dkim_fails)) if fails
        )
        level = Level.ERROR if dkim_fails else Level.WARNING
        yield Diagnosis("DMARC", level, f"{tags} wants the very domain; leave it out")
