"""Drives a Chromium of this machine without a window: a page's HTML goes in, a picture comes out.

It is spoken to over a pair of pipes (the DevTools protocol, `--remote-debugging-pipe`), has a
profile that is thrown away, runs no script of the page, and is given nothing from the network:
whatever the page asks for, we answer or refuse.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from newsletter.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    Answer = Callable[[str], bytes | None]

PROGRAMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-lcd-text",
    "--disable-quic",
    "--disable-sync",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--mute-audio",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
PATIENCE = 30.0
"""Seconds for one answer: a browser that starts for the first time reads much from the disk."""

TALLEST = 16_000
"""CSS pixels; a surface of more than 16,384 is more than Chromium paints."""

PAGE = "https://issue.invalid/"
"""Where the page believes to be (RFC 6761: no such name exists)."""

_HEADERS = [
    {"name": "Content-Type", "value": "text/html; charset=utf-8"},
    {"name": "Content-Security-Policy", "value": "script-src 'none'; object-src 'none'"},
]
_KEPT_NAMES = ("PATH", "LANG", "TZ", "FONTCONFIG_FILE", "XDG_CACHE_HOME")
_COMMANDS, _REPLIES = 3, 4  # the descriptors on which Chromium reads and writes


def find_chromium() -> str:
    """The browser's program; RenderError that says what to install where there is none."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        raise RenderError(
            "there is no Chromium on this machine to take pictures with; install one, on Debian "
            "`apt-get install chromium`, on a Mac `brew install --cask chromium`"
        )
    return found


class Chromium:
    """A running browser, for as long as the block lasts. Not for several threads at once."""

    def __init__(self) -> None:
        self._program = find_chromium()
        self._profile = Path()
        self._process = 0
        self._number = 0
        self._unread = b""
        self._session = ""
        self._answer: Answer = lambda _: None

    def __enter__(self) -> Self:
        """Start it with one empty page."""
        try:
            self._start()
            target = self._call("Target.createTarget", url="about:blank")["targetId"]
            attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
            self._session = attached["sessionId"]
            self._call("Page.enable")
            self._call("Emulation.setScriptExecutionDisabled", value=True)
            self._call("Fetch.enable", patterns=[{"urlPattern": "*"}])
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it, and throw its profile away."""
        with suppress(RenderError, OSError):
            self._call("Browser.close")
        self._stop()

    def picture(self, html: str, *, width: int, dark: bool, answer: Answer) -> bytes:
        """A PNG of the whole page, `width` pixels wide, in the scheme asked for.

        `answer` gives the bytes of an address the page asks for, or None to refuse it.
        RenderError where the browser fails or takes too long.
        """
        page = html.encode()
        self._answer = lambda url: page if url == PAGE else answer(url)
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=800,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", media="screen", features=[scheme])
        self._call("Page.navigate", url=PAGE)
        self._wait_for("Page.loadEventFired")
        height = self._call("Page.getLayoutMetrics")["cssContentSize"]["height"]
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, TALLEST), "scale": 1}
        taken = self._call(
            "Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip
        )
        return base64.b64decode(taken["data"])

    def _start(self) -> None:
        self._profile = Path(tempfile.mkdtemp(prefix="newsletter-chromium-"))
        child_reads, self._commands = os.pipe()
        self._replies, child_writes = os.pipe()
        # Beyond the two numbers they get in the child, so that neither takes the other's place.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (child_reads, child_writes)]
        for end in (child_reads, child_writes):
            os.close(end)
        flags = [f"--user-data-dir={self._profile}", *FLAGS]
        if os.geteuid() == 0:  # Chromium's own sandbox refuses to work for root
            flags.append("--no-sandbox")
        known = {name: os.environ[name] for name in _KEPT_NAMES if name in os.environ}
        said = str(self._profile / "said")
        self._process = os.posix_spawn(
            self._program,
            [self._program, *flags, "about:blank"],
            {"HOME": str(self._profile), **known},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, ends[0], _COMMANDS),
                (os.POSIX_SPAWN_DUP2, ends[1], _REPLIES),
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, said, os.O_WRONLY | os.O_CREAT, 0o600),
            ],
            setpgroup=0,
        )
        for end in ends:
            os.close(end)

    def _stop(self) -> None:
        if self._process:
            for end in (self._commands, self._replies):
                os.close(end)
            self._end_process()
            shutil.rmtree(self._profile, ignore_errors=True)

    def _end_process(self) -> None:
        """Give it a moment to go by itself, then end it with all its children."""
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline and os.waitpid(self._process, os.WNOHANG)[0] == 0:
            time.sleep(0.01)
        with suppress(ProcessLookupError):
            os.killpg(self._process, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self._process, 0)

    def _call(self, method: str, **parameters: object) -> dict[str, Any]:
        """What the browser answers; RenderError where it refuses, or is gone."""
        number = self._send(method, parameters)
        while True:
            message = self._receive()
            if message.get("id") == number:
                break
            self._attend(message)
        if "error" in message:
            raise RenderError(f"Chromium refused {method}: {message['error'].get('message', '')}")
        result: dict[str, Any] = message["result"]
        return result

    def _wait_for(self, event: str) -> None:
        while (message := self._receive()).get("method") != event:
            self._attend(message)

    def _attend(self, message: dict[str, Any]) -> None:
        """Answer what a page asks the network for; all else is of no account."""
        if message.get("method") != "Fetch.requestPaused":
            return
        asked = message["params"]
        content, name = self._answer(asked["request"]["url"]), {"requestId": asked["requestId"]}
        if content is None:
            self._send("Fetch.failRequest", name | {"errorReason": "BlockedByClient"})
            return
        headers = _HEADERS if asked["request"]["url"] == PAGE else []
        body = base64.b64encode(content).decode()
        answer = {"responseCode": 200, "responseHeaders": headers, "body": body}
        self._send("Fetch.fulfillRequest", name | answer)

    def _send(self, method: str, parameters: dict[str, Any]) -> int:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        unsent = json.dumps(message).encode() + b"\0"
        try:
            while unsent:
                unsent = unsent[os.write(self._commands, unsent) :]
        except OSError:
            raise self._gone() from None
        return self._number

    def _receive(self) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._replies], [], [], deadline - time.monotonic())
            if not ready:
                raise RenderError(f"Chromium has not answered for {PATIENCE:.0f} seconds")
            part = os.read(self._replies, 1 << 20)
            if not part:
                raise self._gone()
            self._unread += part
        line, _, self._unread = self._unread.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message

    def _gone(self) -> RenderError:
        said = (self._profile / "said").read_text(encoding="utf-8", errors="replace").strip()
        why = said.splitlines()[-1][:200] if said else "it said nothing"
        return RenderError(f"Chromium has ended by itself: {why}")
