"""The studio on a socket of this machine."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import uvicorn

from newsletter.errors import NewsletterError

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def listening(port: int) -> socket.socket:
    """A socket only this machine reaches; port 0 takes any. NewsletterError where it is taken."""
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise NewsletterError(
            f"port {port} cannot be used ({error.strerror}); choose another with --port"
        ) from error


def studio_server(application: ASGIApp) -> uvicorn.Server:
    """The server; `run(sockets=[…])` serves until a signal, or until `should_exit`."""
    config = uvicorn.Config(
        application,
        access_log=False,
        log_config=None,
        log_level="critical",  # it would call every open page that it closes an error
        proxy_headers=False,
        timeout_graceful_shutdown=1,  # open pages listen for ever
    )
    return uvicorn.Server(config)
