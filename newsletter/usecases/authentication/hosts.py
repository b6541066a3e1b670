"""The other names a mail rests on: where answers go, and where its links lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.domain.diagnosis import Diagnosis
from newsletter.domain.finding import Level
from newsletter.usecases.authentication.names import Names, dangling, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.providers.dns import Ask


def mail_exchanger(names: Names, ask: Ask) -> Iterator[Diagnosis]:
    """Whether the sender's domain takes mail itself."""
    what = f"MX of {names.domain}"
    records = ask(names.domain, "MX")
    if records is None:
        yield silent(what)
    elif not records.exists:
        yield Diagnosis(what, Level.ERROR, f"there is no domain {names.domain}; check the sender")
    elif not records.values or all(value.endswith(" .") for value in records.values):
        yield Diagnosis(
            what,
            Level.WARNING,
            "the domain takes no mail, so answers and complaints are lost, and some servers refuse "
            "its mail; publish an MX record",
        )
    else:
        yield Diagnosis(what, None, ", ".join(sorted(records.values)))


def links(names: Names, ask: Ask) -> Iterator[Diagnosis]:
    """The domain that links are rewritten to, where there is one."""
    if names.links:
        what = f"links at {names.links}"
        records = ask(names.links, "A")
        if records is None:
            yield silent(what)
        elif not records.exists:
            message = dangling(names.links, ask, exists=False) or "there is no such name"
            yield Diagnosis(what, Level.ERROR, message)
        else:
            yield Diagnosis(what, None, "is there")


def public_pages(host: str, ask: Ask) -> Iterator[Diagnosis]:
    """The host of `web.base_url`."""
    what = f"host {host}"
    records = ask(host, "A")
    if records is not None and not records.values:
        records = ask(host, "AAAA")
    if records is None:
        yield silent(what)
    elif not records.values:
        message = dangling(host, ask, exists=records.exists) or "has no address"
        yield Diagnosis(what, Level.ERROR, f"{message}: unsubscribe links would lead nowhere")
    else:
        yield Diagnosis(what, None, "has an address")
