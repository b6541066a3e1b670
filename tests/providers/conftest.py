"""Real parts for the providers' tests: mailings, odd servers, the simulator, a mail server."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult
from pydantic import SecretStr

from newsletter.config import Smtp
from newsletter.domain.mailing import Mailbox, Mailing, Message, Recipient
from newsletter.domain.rendition import Part, Token
from newsletter.providers.sendgrid.client import SendGridProvider
from newsletter.providers.sendgrid.transport import Timeouts
from newsletter.providers.simulator import Simulator
from newsletter.providers.smtp.connection import Timeouts as SmtpTimeouts
from newsletter.providers.smtp.provider import SmtpProvider

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

    def make(host, *, read=30.0, key="SG.test-key", **options):
        provider = SendGridProvider(
            SecretStr(key),
            host=host,
            clock=clock,
            timeouts=Timeouts(connect=30.0, read=read),
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
        listener.settimeout(60)
        listeners.append(listener)

        def serve():
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(60)
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
    length = sum(
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


class MailServer:
    """A real mail server on this machine, and the ledger of what it took.

    `at_rcpt` and `at_content` say what becomes of a recipient or of a mail to them: a reply, or one
    of LOST_BEFORE, LOST_AFTER, HALF_AFTER and HANG_AFTER.
    """

    LOST_BEFORE, LOST_AFTER, HALF_AFTER, HANG_AFTER = "-lost", "+lost", "+half", "+hang"

    def __init__(self, *, pipelining=True, encrypted=None, login=None, **options):
        self.taken = []  # (recipient, bytes)
        self.senders, self.connections = set(), 0
        self.at_rcpt, self.at_content, self.at_mail = {}, {}, None
        self.asked, self.logins, self.starts_for_nobody = 0, [], False
        self._protocols = []
        self._pipelining, self._encrypted = pipelining, encrypted
        if login is not None:
            options |= {"authenticator": self._authenticator(login), "auth_required": True}
        self._options = {"hostname": "mail.example.com"} | options
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self):
        self._thread.start()
        self._server = self._run(
            self._loop.create_server(self._protocol, "127.0.0.1", 0, ssl=self._encrypted)
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_):
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def stop(self):
        """Take no more connections, and end those there are."""
        self._run(self._stop())

    async def _stop(self):
        self._server.close()
        await self._end_connections()

    async def _end_connections(self):
        for protocol in self._protocols:
            if protocol.transport is not None:
                protocol.transport.abort()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def end_connections(self):
        """End every connection that is open, without a word."""
        self._run(self._end_connections())

    def mails_to(self, address):
        return [content for recipient, content in self.taken if recipient == address]

    def _run(self, job):
        return asyncio.run_coroutine_threadsafe(job, self._loop).result(10)

    def _protocol(self):
        self.connections += 1
        self._protocols.append(SMTP(self, loop=self._loop, **self._options))
        return self._protocols[-1]

    def _authenticator(self, login):
        def answer(_server, _session, _envelope, _mechanism, given):
            self.logins.append(given.login)
            right = (given.login.decode(), given.password.decode()) == login
            return AuthResult(success=right, handled=False)

        return answer

    async def handle_EHLO(self, _server, session, _envelope, hostname, responses):  # noqa: N802
        session.host_name = hostname
        return [*responses[:-1], *["250-PIPELINING"] * self._pipelining, responses[-1]]

    async def handle_MAIL(self, _server, _session, envelope, address, options):  # noqa: N802
        self.senders.add(address)
        self.asked += 1
        if self.at_mail is not None:
            return self.at_mail
        envelope.mail_from = address
        return "250 2.1.0 Ok"

    async def handle_RCPT(self, server, _session, envelope, address, _options):  # noqa: N802
        fault = self.at_rcpt.get(address)
        if fault == self.LOST_BEFORE:
            return await self._lose(server)
        if fault is not None:
            if self.starts_for_nobody:
                envelope.rcpt_tos.append("nobody")
            return fault
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802
        (address,) = envelope.rcpt_tos
        if address == "nobody":
            return "554 5.5.1 no valid recipients"
        fault = self.at_content.get(address, "+250 2.0.0 Ok: queued")
        if fault.startswith("+"):
            self.taken.append((address, envelope.content))
        if fault == self.HANG_AFTER:
            await asyncio.sleep(60)
        if fault == self.HALF_AFTER:
            server.transport.write(b"25")
        if fault in (self.LOST_BEFORE, self.LOST_AFTER, self.HALF_AFTER):
            return await self._lose(server)
        return fault.removeprefix("+")

    async def _lose(self, server):
        server.transport.close()
        await asyncio.sleep(60)  # its end cancels this


@pytest.fixture
def mail_server():
    """Start mail servers; stopped at the end."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(MailServer(**options))


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """An authority of the tests' own, and its certificate for localhost: two ssl contexts."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(server)
    return server, ssl.create_default_context(cafile=folder / "authority.pem")


@pytest.fixture
def smtp(clock):
    """Make a provider for a mail server; closed at the end."""
    with ExitStack() as stack:

        def make(server, *, password=None, context=None, sign=bytes, answer=2.0, **settings):
            settings = {"host": "127.0.0.1", "security": "none"} | settings
            provider = SmtpProvider(
                Smtp(port=server.port, **settings),
                password=SecretStr(password) if password else None,
                sender="desk@example.com",
                clock=clock,
                context=context,
                sign=sign,
                timeouts=SmtpTimeouts(connect=2.0, answer=answer),
            )
            stack.callback(provider.close)
            return provider

        yield make
