"""The studio on a socket of this machine."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import uvicorn

from newsletter.errors import NewsletterError

if TYPE_CHECKING:
    from starlette.applications import Starlette


class StudioServer(uvicorn.Server):
    """Serves one studio: `run(sockets=[…])`, until a signal or `should_exit`."""

    def __init__(self, application: Starlette) -> None:
        self._let_go = application.state.let_go
        super().__init__(
            uvicorn.Config(
                application,
                access_log=False,  # addresses of pages are nobody's business
                log_config=None,
                log_level="error",
                proxy_headers=False,
            )
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Open pages listen for ever, and would be waited for."""
        self._let_go()
        await super().shutdown(sockets)


def listening(port: int) -> socket.socket:
    """A socket only this machine reaches; port 0 takes any. NewsletterError where it is taken."""
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise NewsletterError(
            f"port {port} cannot be used ({error.strerror}); choose another with --port"
        ) from error
