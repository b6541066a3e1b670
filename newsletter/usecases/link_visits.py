"""Visits an issue's links, a few at once, and remembers the answers for a day."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.errors import GatherError
from newsletter.render.addresses import host
from newsletter.render.checks.known import Answer
from newsletter.usecases.link_memory import Answers, link_memory

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from newsletter.app import Workspace
    from newsletter.gather.fetch import GuardedFetcher

AT_ONCE = 8
_GONE = {404, 410}
_RESERVED = (".example.com", ".example.net", ".example.org", ".example", ".test", ".invalid")


@dataclass(frozen=True, slots=True)
class Visited:
    """Answers by address, and how many links nobody visited."""

    answers: Mapping[str, Answer]
    unvisited: int


def visit(workspace: Workspace, addresses: Iterable[str], *, offline: bool) -> Visited:
    """The answers of the last day, and with the network those of the others; never raises.

    Names reserved for examples (RFC 2606) are nobody's, and are not visited.
    """
    wanted = sorted({one for one in addresses if _is_of_the_web(one)})
    memory = link_memory(workspace)
    known = memory.read()
    missing = [address for address in wanted if address not in known]
    if missing and not offline:
        found = _visited(workspace, missing)
        if found:
            known |= found
            memory.write(known)
            missing = []
    answers = {one: known[one][1] for one in wanted if one in known}
    return Visited(answers, len(missing))


def _is_of_the_web(address: str) -> bool:
    if not address.lower().startswith(("http://", "https://")):
        return False
    name = "." + host(address)
    return not name.endswith(_RESERVED)


def _visited(workspace: Workspace, addresses: list[str]) -> Answers:
    """What each address answered; nothing where not even the publication's own site does."""
    fetcher = workspace.fetcher
    now = workspace.clock.now()
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="visit") as pool:
        answers = list(pool.map(lambda address: _answer(fetcher, address), addresses))
    if all(answer.status is None for answer in answers):
        own = _answer(fetcher, workspace.settings.publication.website)
        if own.status is None:
            return {}
    return {address: (now, answer) for address, answer in zip(addresses, answers, strict=True)}


def _answer(fetcher: GuardedFetcher, address: str) -> Answer:
    try:
        found = fetcher.visit(address)
    except GatherError as error:
        return Answer(None, address, error.message, gone=_has_no_host(error))
    return Answer(found.status, found.url, gone=found.status in _GONE)


def _has_no_host(error: GatherError) -> bool:
    """Whether the name is unknown for good; a resolver that is down says something else."""
    cause = error.__cause__
    return isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME
