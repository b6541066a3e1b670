"""Sending over SMTP with the ledger on, against two loops without any promise.

All three send the same 28 kB mail, each reader's own link in it, to a sink that only counts: ours
over as many connections as by default, so that one's commit does not keep the others waiting, the
loops over one. The pipelined limit is written by hand: it reads rows from SQLite, signs the links,
splices them into bytes made beforehand, and sends each mail's content together with the next one's
commands. The other loop hands the same bytes to smtplib, over one connection kept.
"""

from __future__ import annotations

import hmac
import multiprocessing
import smtplib
import socket
import sqlite3
import tempfile
import threading
import time
from base64 import urlsafe_b64encode
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.bar import Bar
from newsletter.app import SystemClock, SystemRandomness, Workspace
from newsletter.config import Smtp
from newsletter.delivery.dispatch import Dispatch
from newsletter.domain.campaign import Campaign, CampaignState, Envelope
from newsletter.domain.mailing import Mailbox
from newsletter.domain.rendition import Part, Rendition, Token
from newsletter.domain.token import derive_key
from newsletter.providers.smtp.provider import SmtpProvider
from newsletter.store import campaigns, freezing
from newsletter.store.engine import writing
from newsletter.usecases.subscribers import import_people
from newsletter.usecases.workspace import init

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PEOPLE = 10_000
SLOW_PEOPLE = 2_000  # of them get a mail by smtplib, whose loop takes so much longer
ROUNDS = 4
CONCURRENCY = 4  # as sending.concurrency is by default
SECRET = "benchmark secret of 32 characters"
KEY = derive_key(SECRET.encode(), "unsubscribe")
MARK = "https://nlb0.invalid/1"
HTML = f"<p>{'A brief about gold, stones and watches. ' * 660}</p><a href='{MARK}'>leave</a>"
TEXT = f"Gold. {MARK[:-1]}2"
TOKENS = (
    Token(MARK, "unsubscribe_url", Part.HTML),
    Token(f"{MARK[:-1]}2", "unsubscribe_url", Part.TEXT),
)


def bars() -> list[Bar]:
    with tempfile.TemporaryDirectory() as folder:
        workspace = _workspace(Path(folder) / "gazette")
        port, sink = _started_sink()
        ours, limits, slow = [], [], []
        for round_ in range(ROUNDS):
            ours.append(PEOPLE / _timed(_sender(workspace, port, round_)))
            limits.append(PEOPLE / _timed(lambda: _pipelined(workspace, port)))
            slow.append(SLOW_PEOPLE / _timed(lambda: _by_smtplib(workspace, port)))
        sink.terminate()
        sink.join()
        workspace.close()
    mine, bare, library = max(ours), max(limits), max(slow)
    told = f"{mine:,.0f} mails/s of {len(_mould()) / 1000:.0f} kB"
    return [
        Bar("SMTP, ours ÷ hand-written pipelined loop", mine / bare, 0.35, False,
            f"{told} against {bare:,.0f}"),
        Bar("SMTP, ours ÷ a kept smtplib connection", mine / library, 3, False,
            f"{told} against {library:,.0f}"),
    ]  # fmt: skip


def _timed(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _workspace(root: Path) -> Workspace:
    init(root)
    settings = Workspace.open(root).settings
    environment = {"NEWSLETTER_SECRET_KEY": SECRET}
    made = Workspace(root, settings, SystemClock(), SystemRandomness(), environment)
    people = root / "people.csv"
    rows = (f"reader{number:06}@example.com" for number in range(PEOPLE))
    people.write_text("\n".join(["email", *rows, ""]), encoding="utf-8")
    import_people(made, people, list_keys=("weekly",))
    return made


def _sender(workspace: Workspace, port: int, round_: int) -> Callable[[], None]:
    """A send of a campaign that is frozen by now."""
    wanted = Campaign(
        id=0, issue=f"bench-{round_}", list_key="weekly", segment="", state=CampaignState.FROZEN,
        envelope=Envelope(
            Mailbox("editor@example.com", "Bench"), None, "<weekly.example.com>",
            "https://n.example",
        ),
        digest="", frozen_at=workspace.clock.now(), send_at=None, reason="",
    )  # fmt: skip
    with writing(workspace.engine) as connection:
        campaign_id = freezing.freeze(
            connection,
            wanted,
            occurrence="",
            renditions=[Rendition("all", "Gold", "Gold", HTML, TEXT, TOKENS)],
            rule=None,
            largest_batch=SmtpProvider.largest_batch,
            actor="benchmark",
        )
        campaign = campaigns.get(connection, campaign_id)

    def send() -> None:
        provider = SmtpProvider(
            Smtp(host="127.0.0.1", port=port, security="none"),
            password=None,
            sender="editor@example.com",
            clock=workspace.clock,
        )
        ended = Dispatch(
            engine=workspace.engine,
            state=workspace.state,
            provider=provider,
            clock=workspace.clock,
            randomness=workspace.randomness,
            key=KEY,
            progress=lambda _: None,
            concurrency=CONCURRENCY,
        ).run(campaign)
        provider.close()
        if ended.state is not CampaignState.DONE:
            raise RuntimeError(f"the benchmark's campaign is {ended.state}: {ended.reason}")

    return send


def _people(workspace: Workspace) -> Iterator[tuple[str, str]]:
    """Address and link of everybody."""
    rows = sqlite3.connect(workspace.state / "newsletter.db").execute(
        "SELECT subscription.id, subscriber.address FROM subscription"
        " JOIN subscriber ON subscriber.id = subscriber_id WHERE list_key = 'weekly'"
    )
    for subscription, address in rows:
        payload = b"\x08" + subscription.to_bytes(8, "big") + subscription.to_bytes(8, "big")
        mark = hmac.digest(KEY, payload, "sha256")[:12]
        yield address, f"https://n.example/u/{urlsafe_b64encode(payload + mark).decode()}"


def _mail(address: str, link: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Bench <editor@example.com>", address, "Gold"
    mail["List-Unsubscribe"] = f"<{link}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(TEXT.replace(TOKENS[1].placeholder, link))
    mail.add_alternative(HTML.replace(MARK, link), subtype="html")
    return mail


def _by_smtplib(workspace: Workspace, port: int) -> None:
    mould = _mould()
    with smtplib.SMTP("127.0.0.1", port, local_hostname="example.com") as server:
        for (address, link), _ in zip(_people(workspace), range(SLOW_PEOPLE), strict=False):
            url = link.encode()
            mail = mould % (address.encode(), url, url, url)
            server.sendmail("editor@example.com", address, mail)


def _mould() -> bytes:
    """The mail with marks for what is each reader's own, dots made transparent."""
    content = _mail("ADDRESS", "LINK").as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return content.replace(b"%", b"%%").replace(b"ADDRESS", b"%b").replace(b"LINK", b"%b")


def _pipelined(workspace: Workspace, port: int) -> None:
    mould = _mould() + b".\r\n"
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    replies = connection.makefile("rb")
    replies.readline()
    connection.sendall(b"EHLO example.com\r\n")
    while replies.readline()[3:4] == b"-":
        pass
    content, confirmed = b"", True
    for address, link in _people(workspace):
        to, url = address.encode(), link.encode()
        opening = b"MAIL FROM:<editor@example.com>\r\nRCPT TO:<%b>\r\nDATA\r\n" % to
        connection.sendall(content + opening)
        codes = [replies.readline()[:3] for _ in range(4 if content else 3)]
        confirmed = confirmed and codes[-4:] in (
            [b"250", b"250", b"250", b"354"],
            [b"250", b"250", b"354"],
        )
        content = mould % (to, url, url, url)
    connection.sendall(content + b"QUIT\r\n")
    if not confirmed or replies.readline()[:3] != b"250":
        raise RuntimeError("the sink did not take a mail")
    connection.close()


def _started_sink() -> tuple[int, Any]:
    listener = socket.create_server(("127.0.0.1", 0))
    sink = multiprocessing.get_context("fork").Process(target=_sink, args=(listener,), daemon=True)
    sink.start()
    return listener.getsockname()[1], sink


def _sink(listener: socket.socket) -> None:
    """Accept connections, read mails to their end, confirm them."""
    while True:
        peer, _ = listener.accept()
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_swallow, args=(peer,), daemon=True).start()


def _swallow(peer: socket.socket) -> None:
    replies = {
        b"EHLO": b"250-sink\r\n250 PIPELINING\r\n",
        b"DATA": b"354 go on\r\n",
        b"QUIT": b"221 bye\r\n",
    }
    pending, in_content = b"", False
    with peer:
        peer.sendall(b"220 sink\r\n")
        while received := peer.recv(1 << 18):
            pending += received
            answer = b""
            while pending:
                end = pending.find(b"\r\n.\r\n" if in_content else b"\r\n")
                if end < 0:
                    break
                if in_content:
                    pending, in_content, answer = pending[end + 5 :], False, answer + b"250 ok\r\n"
                else:
                    verb = pending[:4].upper()
                    pending, in_content = pending[end + 2 :], verb == b"DATA"
                    answer += replies.get(verb, b"250 ok\r\n")
            if answer:
                peer.sendall(answer)
