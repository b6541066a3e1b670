"""What every page of the studio shares: its frame, headers and token, how a change is asked."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from anyio.to_thread import run_sync
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse
from starlette.routing import Route

from newsletter import config
from newsletter.errors import NewsletterError
from newsletter.usecases.previews import Previews
from newsletter.usecases.stages import Stages
from newsletter.web.page import parse_form, read_body
from newsletter.web.studio.blocks import Blocks
from newsletter.web.studio.guard import is_ours
from newsletter.web.studio.listeners import Listeners
from newsletter.web.studio.looks import Looks
from newsletter.web.studio.senders import Senders

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from newsletter.app import Workspace
    from newsletter.usecases.previews import Preview

P = ParamSpec("P")
T = TypeVar("T")

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of the studio's own pages. A rendition has stricter ones: it is what others wrote."""

LARGEST_FORM = 8 * 2**20
"""Bytes of a posted form: the largest file that gather takes fits, as a form carries it."""

FORMER = 3
"""Workspaces kept open after config.yaml has changed; no request lasts so many saves."""

_TOO_LARGE = (
    f"this is more than the {LARGEST_FORM >> 20} MB the studio takes at once; split it, "
    "or give it as a file to `newsletter gather ISSUE --from FILE`"
)
_FROM_ANOTHER = (
    "the studio was started anew since this page was opened; copy what you typed, and reload"
)

Form = dict[str, list[str]]


def field(form: Form, name: str) -> str:
    """The first value of a field, exactly as it came, or ''."""
    return form.get(name, [""])[0]


PANELS = (
    ("findings", "Findings"),
    ("brief/1", "Brief"),
    ("candidates", "Candidates"),
    ("inbox", "Inbox"),
    ("differences", "Differences"),
    ("decide", "Decide"),
    ("report", "Report"),
)
"""What stands beside an issue's renditions: its path below `/i/{slug}/`, and what it is called."""


class Desk:
    """Fills the pages of `pages/` and guards what changes something.

    `allows_send` is whether the studio may mail subscribers: `preview --allow-send`. `workspace` is
    another once config.yaml has changed, so ask for it anew in each request. `opening` tells this
    studio from one that ran before it, whose pages may still be open.
    """

    def __init__(self, workspace: Workspace, *, allows_send: bool = False) -> None:
        self.workspace = workspace
        self.allows_send = allows_send
        self.token = workspace.randomness.token()
        self.opening = workspace.randomness.token()
        self.mistake: NewsletterError | None = None
        self._former: list[Workspace] = []
        self.previews = Previews()
        self.blocks = Blocks()
        self.stages = Stages()
        self.listeners = Listeners()
        self.looks = Looks()
        self.senders = Senders()
        self._templates = Environment(
            loader=PackageLoader("newsletter.web.studio", "pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(
            token=self.token, opening=self.opening, allows_send=allows_send, panels=PANELS
        )

    def page(self, template: str, /, *, status: int = 200, **names: object) -> Response:
        """A page of `pages/`, by its name without `.html.j2`, filled; or a part of one."""
        publication = self.workspace.settings.publication
        made = self._templates.get_template(f"{template}.html.j2")
        html = made.render(publication=publication, **names)
        return HTMLResponse(html, status_code=status, headers=HEADERS)

    def panel(
        self, request: Request, template: str, /, *, slug: str, status: int = 200, **names: object
    ) -> Response:
        """What stands beside an issue's renditions: the part alone for htmx, which puts it into
        `#panel`, and a whole page around it where there is no JavaScript.
        """
        if "HX-Request" in request.headers:
            return self.page(template, status=status, slug=slug, **names)
        return self.page("panel", status=status, slug=slug, part=f"{template}.html.j2", **names)

    def alert(self, request: Request, status: int, sentence: str) -> Response:
        """What is wrong: the words alone for htmx, and a whole page where there is no script."""
        template = "alert" if "HX-Request" in request.headers else "mistake"
        return self.page(template, status=status, sentence=sentence)

    async def preview(self, slug: str) -> Preview:
        """How an issue renders now; config.yaml's mistake goes before any other."""
        preview = await self.ask(self.previews.of, self.workspace, slug)
        return preview if self.mistake is None else replace(preview, mistake=self.mistake)

    def reopen(self) -> None:
        """Read config.yaml anew; while it is wrong, the settings stay as they were."""
        try:
            settings = config.load(self.workspace.root)
        except NewsletterError as mistake:
            self.mistake = mistake
            return
        self.mistake = None
        if settings != self.workspace.settings:
            self._former.append(self.workspace)  # somebody may be working with it
            for forgotten in self._former[:-FORMER]:
                forgotten.close()
            self._former = self._former[-FORMER:]
            self.workspace = replace(self.workspace, settings=settings)

    def close(self) -> None:
        """Let go of every workspace that was opened, once nobody asks any more."""
        for workspace in (*self._former, self.workspace):
            workspace.close()

    async def ask(self, use_case: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """What a use case answers, worked out in a thread."""
        return await run_sync(partial(use_case, *arguments, **named))

    def change(
        self, path: str, act: Callable[Concatenate[Request, Form, ...], Awaitable[Response]]
    ) -> Route:
        """A POST that changes something; 403 without the studio's token, 413 where it is too large.

        `act` gets the request and the fields of its form.
        """

        async def guarded(request: Request) -> Response:
            body = await read_body(request, LARGEST_FORM)
            if body is None:
                return self.alert(request, 413, _TOO_LARGE)
            form = parse_form(body)
            if not is_ours(request, form, self.token):
                return self.alert(request, 403, _FROM_ANOTHER)
            return await act(request, form)

        return Route(path, guarded, methods=["POST"])
