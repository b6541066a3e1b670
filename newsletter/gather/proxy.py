"""Asking through a proxy: the path of a request to it, and a tunnel for https (RFC 9110, 9.3.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.gather.exchange import exchange

if TYPE_CHECKING:
    import socket

    from newsletter.gather.deadline import Deadline
    from newsletter.gather.target import Target


def tunnel(wire: socket.socket, target: Target, deadline: Deadline) -> None:
    """Have the proxy connect `wire` to the target; OSError where it refuses.

    The target is given by name, for a proxy's own rules are about names; so it resolves the name
    once more, and what it then finds is the proxy's to guard.
    """
    host = f"[{target.host}]" if ":" in target.host else target.host
    place = f"{host}:{target.port}"
    try:
        answer = exchange(
            wire, deadline, method="CONNECT", path=place.encode("ascii"), headers={"Host": place}
        )
    except BaseException:
        wire.close()
        raise
    if answer.status // 100 != 2:
        wire.close()
        raise OSError(f"the proxy answered {answer.status}")


def path_for(target: Target, *, proxied: bool) -> bytes:
    """What the request line names: the whole address where a proxy has to know it."""
    if proxied and not target.secure:
        return b"http://" + target.place.encode("ascii") + target.path
    return target.path
