"""SPF: which servers may send in the name bounces go to (RFC 7208)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.domain.diagnosis import Diagnosis
from newsletter.domain.finding import Level
from newsletter.domain.mail_records import SpfRecord, read_spf
from newsletter.usecases.authentication.names import (
    SENDGRID_SHOWS,
    Names,
    dangling,
    organisation,
    silent,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.providers.dns import Ask

MOST_LOOKUPS = 10


def spf(names: Names, ask: Ask) -> Iterator[Diagnosis]:
    """The record where bounces go, and whether that is below the sender's organisation."""
    path = names.return_path
    if path is None:
        yield Diagnosis(
            "SPF",
            Level.WARNING,
            "cannot be looked up: set sending.authentication.return_path to the name bounces go "
            f"to, such as em1234.{names.domain}; {SENDGRID_SHOWS}",
        )
        return
    what = f"SPF of {path}"
    records = ask(path, "TXT")
    if records is None:
        yield silent(what)
        return
    if trouble := dangling(path, ask, exists=records.exists):
        yield Diagnosis(what, Level.ERROR, trouble)
        return
    found = [spf for value in records.values if (spf := read_spf(value))]
    if len(found) != 1:
        yield Diagnosis(what, Level.ERROR, _no_spf(names, path, len(found)))
        return
    yield Diagnosis(what, *_judged(found[0], path, ask))
    if organisation(path) != organisation(names.domain):
        yield Diagnosis(
            what,
            Level.WARNING,
            f"is not aligned with {names.domain}, so DMARC rests on DKIM alone; let bounces go to "
            f"a name below {organisation(names.domain)}",
        )


def _no_spf(names: Names, path: str, count: int) -> str:
    if count:
        return f"there are {count} SPF records, which counts as none; keep one"
    if names.by_sendgrid:
        return f"has no SPF record; publish the CNAME for {path}, {SENDGRID_SHOWS}"
    return f"has no SPF record; publish a TXT record at {path}, as in “v=spf1 mx -all”"


def _judged(spf: SpfRecord, path: str, ask: Ask) -> tuple[Level | None, str]:
    if spf.all == "+":
        return Level.ERROR, "ends in +all, which lets anybody send in your name; write -all"
    lookups = _lookups(spf, ask, {path})
    if lookups > MOST_LOOKUPS:
        message = f"needs {lookups} look-ups, and servers give up after {MOST_LOOKUPS}"
        return Level.ERROR, f"{message}; remove includes you do not use"
    if spf.all in {"", "?"} and not spf.redirects:
        return Level.WARNING, "does not say what of other servers; end it in ~all or -all"
    return None, f"is there, with {lookups} look-ups of at most {MOST_LOOKUPS}"


def _lookups(spf: SpfRecord, ask: Ask, seen: set[str]) -> int:
    """The look-ups a receiving server makes, records it is referred to included."""
    total = spf.lookups
    for name in spf.refers_to:
        if name in seen or "%" in name or total > MOST_LOOKUPS:
            continue
        seen.add(name)
        records = ask(name, "TXT")
        for value in records.values if records else ():
            if inner := read_spf(value):
                total += _lookups(inner, ask, seen)
    return total
