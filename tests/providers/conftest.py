"""Real parts for the providers' tests: mailings, odd servers, a running simulator."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest
from pydantic import SecretStr

from newsletter.domain.mailing import Mailbox, Mailing, Message, Recipient
from newsletter.domain.rendition import Part, Token
from newsletter.providers.sendgrid.client import SendGridProvider
from newsletter.providers.sendgrid.transport import Timeouts
from newsletter.providers.simulator import Simulator

GOLDEN = Path(__file__).parents[1] / "golden" / "providers"
TOKENS = (
    Token("-q7x1html-", "unsubscribe_url", Part.HTML),
    Token("-q7x2text-", "unsubscribe_url", Part.TEXT),
    Token("-q7x3name-", "reader.name", Part.HTML, "reader"),
    Token("-q7x4name-", "reader.name", Part.SUBJECT, "reader"),
)


def _message(**changes):
    values = {
        "campaign": "c41",
        "sender": Mailbox("desk@example.com", "The Vitrine Desk"),
        "subject": "Good morning, -q7x4name-: Überfluss & gold",
        "html": '<p>Dear -q7x3name-</p>\n<a href="-q7x1html-">Unsubscribe</a>\n',
        "text": "Lab-grown prices fell again.\n\nUnsubscribe: -q7x2text-\n",
        "tokens": TOKENS,
        "list_id": "<weekly.example.com>",
        "reply_to": "editor@example.com",
    }
    return Message(**(values | changes))


def _recipient(number, **changes):
    url = f"https://example.com/u/word{number}"
    values = {
        "delivery": str(1000 + number),
        "address": f"reader{number}@example.org",
        "values": (url, url, f"R&amp;D {number}", f"R&D {number}"),
        "unsubscribe_url": url,
    }
    return Recipient(**(values | changes))


@pytest.fixture
def make_message():
    return _message


@pytest.fixture
def make_recipient():
    return _recipient


@pytest.fixture
def make_mailing():
    def make(count=3, *, attempt="a" * 32, recipients=None, send_at=None, **message):
        people = recipients or tuple(_recipient(number) for number in range(count))
        return Mailing(attempt, _message(**message), tuple(people), send_at)

    return make


@pytest.fixture
def simulator(tmp_path, clock, randomness):
    with Simulator(tmp_path / "simulator", clock=clock, randomness=randomness) as running:
        yield running


@pytest.fixture
def connect(clock):
    """Make a SendGrid provider for a host; closed at the end."""
    made = []

    def make(host, *, read=5.0, key="SG.test-key", **options):
        provider = SendGridProvider(
            SecretStr(key),
            host=host,
            clock=clock,
            timeouts=Timeouts(connect=2.0, read=read),
            **options,
        )
        made.append(provider)
        return provider

    yield make
    for provider in made:
        provider.close()


@pytest.fixture
def sendgrid(simulator, connect):
    return connect(simulator.url)


@pytest.fixture
def answering():
    """Start a server that reads one request, writes the given bytes and ends the connection."""
    threads, listeners = [], []

    def start(answer, *, read=True):
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(5)
        listeners.append(listener)

        def serve():
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(5)
                if read:
                    _read_request(connection)
                connection.sendall(answer)

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for thread in threads:
        thread.join()
    for listener in listeners:
        listener.close()


def _read_request(connection):
    seen = b""
    while b"\r\n\r\n" not in seen:
        seen += connection.recv(65536)
    head, _, rest = seen.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length")
    )
    while len(rest) < length:
        rest += connection.recv(65536)


@pytest.fixture
def golden():
    """Compare bytes with a file of tests/golden/providers; UPDATE_GOLDEN=1 writes it anew."""

    def compare(name, content):
        path = GOLDEN / name
        if os.environ.get("UPDATE_GOLDEN"):
            path.write_bytes(content)
        assert content == path.read_bytes()

    return compare
