"""What the DNS says of a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import dns.exception
import dns.resolver

if TYPE_CHECKING:
    from dns.rdata import Rdata


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one kind; `exists` is False where there is no such name at all."""

    values: tuple[str, ...]
    exists: bool = True


Ask: TypeAlias = Callable[[str, str], Records | None]
"""Name and kind (`TXT`, `CNAME`, `MX`, `A`, …) → records, None where no server answered."""


class Dns:
    """Asks the machine's resolver, or `nameservers`; each question ends after `seconds`."""

    def __init__(
        self, nameservers: tuple[str, ...] = (), *, port: int = 53, seconds: float = 4.0
    ) -> None:
        self._resolver = dns.resolver.Resolver(configure=not nameservers)
        if nameservers:
            self._resolver.nameservers = list(nameservers)
        self._resolver.port = port
        self._resolver.timeout = seconds / 2
        self._resolver.lifetime = seconds

    def __call__(self, name: str, kind: str) -> Records | None:
        """The records, aliases followed (but for CNAME itself)."""
        try:
            answer = self._resolver.resolve(name, kind, search=False)
        except dns.resolver.NXDOMAIN:
            return Records((), exists=False)
        except dns.resolver.NoAnswer:
            return Records(())
        except (dns.exception.DNSException, OSError):
            return None
        return Records(tuple(_text(record) for record in answer))


def _text(record: Rdata) -> str:
    """TXT joined, names without their last dot, MX as `10 mx.example.com`."""
    strings = getattr(record, "strings", None)
    if strings is not None:
        return b"".join(strings).decode("utf-8", "replace")
    text = record.to_text()
    return text if text.endswith(" .") else text.removesuffix(".")
