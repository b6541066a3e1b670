"""Connections for the fetcher: to public addresses only, the ones that were checked.

A host is resolved once; every answer must be public, and the connection goes to an address that
was checked, while SNI and Host keep the name. So a name that changes its answer gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from threading import Thread
from typing import TYPE_CHECKING, TypeAlias

from newsletter.errors import GatherError
from newsletter.gather.addresses import IpAddress, is_public
from newsletter.gather.proxy import tunnel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from newsletter.gather.deadline import Deadline
    from newsletter.gather.target import Target

Resolver: TypeAlias = Callable[[str, int], tuple[str, ...]]


def system_resolver(host: str, port: int) -> tuple[str, ...]:
    """Every address the system knows for a host name or a number that stands for one."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(answer[4][0]) for answer in found))


class Connector:
    """Opens connections, through the proxy where there is one.

    `allowed` names hosts and addresses that may be contacted although they are not public.
    """

    def __init__(
        self, allowed: Iterable[str], *, proxy: Target | None, resolve: Resolver = system_resolver
    ) -> None:
        self._allowed = frozenset(name.lower().strip("[]") for name in allowed)
        self._proxy = proxy
        self._resolve = resolve

    def open(self, target: Target, deadline: Deadline) -> socket.socket:
        """A connection on which `target` can be asked, encrypted for https.

        Raises GatherError for a host that must not be contacted, OSError and TimeoutError for one
        that cannot be.
        """
        addresses = self._checked(target, deadline)
        if self._proxy is not None:
            wire = self._to_proxy(self._proxy, target, deadline)
        else:
            wire = _connected(addresses, target.port, deadline)
        if not target.secure:
            return wire
        try:
            deadline.bind(wire)
            return _tls().wrap_socket(wire, server_hostname=target.host)
        except BaseException:
            wire.close()
            raise

    def _to_proxy(self, proxy: Target, target: Target, deadline: Deadline) -> socket.socket:
        """The operator's own choice, so its address may be a private one."""
        wire = _connected(self._addresses(proxy, deadline), proxy.port, deadline)
        if target.secure:
            tunnel(wire, target, deadline)
        return wire

    def _checked(self, target: Target, deadline: Deadline) -> list[IpAddress]:
        """The addresses of a host, each of which may be contacted."""
        try:
            addresses = self._addresses(target, deadline)
        except TimeoutError:
            raise
        except (OSError, ValueError) as error:
            raise GatherError(f"{target.name} is not a host that can be found; check it") from error
        if not addresses:
            raise GatherError(f"{target.name} is not a host that can be found; check it")
        if not all(self._may_contact(target.host, address) for address in addresses):
            raise GatherError(
                f"{target.name} is on a private or reserved network and is not fetched; "
                "if you trust it, add it to gathering.allow_private"
            )
        return addresses

    def _addresses(self, target: Target, deadline: Deadline) -> list[IpAddress]:
        literal = _literal(target.host)
        if literal is not None:
            return [literal]
        answers = _within(deadline, self._resolve, target.host, target.port)
        return [ipaddress.ip_address(answer.partition("%")[0]) for answer in answers]

    def _may_contact(self, host: str, address: IpAddress) -> bool:
        return is_public(address) or host.lower() in self._allowed or str(address) in self._allowed


def _within(deadline: Deadline, resolve: Resolver, host: str, port: int) -> tuple[str, ...]:
    """What the resolver answers, if it does in time: it takes no timeout, hence the thread."""
    answer: Future[tuple[str, ...]] = Future()

    def ask() -> None:
        try:
            answer.set_result(resolve(host, port))
        except Exception as error:  # noqa: BLE001  # raised again where it is waited for
            answer.set_exception(error)

    Thread(target=ask, name="resolve", daemon=True).start()
    return answer.result(deadline.left())


def _literal(host: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _connected(addresses: list[IpAddress], port: int, deadline: Deadline) -> socket.socket:
    """A connection to the first address that takes one; each gets its share of the time left."""
    for number, address in enumerate(addresses, 1):
        patience = deadline.left() / (len(addresses) - number + 1)
        try:
            return _opened(address, port, patience)
        except OSError:
            if number == len(addresses):
                raise
    raise OSError("it has no address")


def _opened(address: IpAddress, port: int, patience: float) -> socket.socket:
    # Not `create_connection`, which would have the address looked up once more.
    wire = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6)
    try:
        wire.settimeout(patience)
        wire.connect((str(address), port))
    except BaseException:
        wire.close()
        raise
    return wire


@cache
def _tls() -> ssl.SSLContext:
    """Loading the certificate authorities takes longer than many a fetch, so it is done once."""
    return ssl.create_default_context()
