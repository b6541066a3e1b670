"""Pictures of an issue as readers see it: each width, light and dark, and each mail program."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from newsletter.domain.rendition import Part
from newsletter.errors import RenderError
from newsletter.issues.files import write_atomically
from newsletter.providers.mime import exchanged
from newsletter.render.chromium import Chromium
from newsletter.render.clients import CLIENTS, as_shown, client_named
from newsletter.usecases.pictures import images_folder
from newsletter.usecases.rendering import apart, render_issue, setting, specimen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from newsletter.app import Workspace
    from newsletter.domain.rendition import Rendition
    from newsletter.render.clients import Client
    from newsletter.usecases.rendering import Rendered

WIDTHS = (390, 768, 1024)
"""CSS pixels of a phone, a tablet, a desktop."""

MODES = ("light", "dark")
NARROWEST, WIDEST = 240, 2_000


@dataclass(frozen=True, slots=True)
class View:
    """How an issue is looked at. Without a client it is the page as it was rendered."""

    width: int
    mode: str
    client: Client | None

    def name(self, slug: str, version: str) -> str:
        """`2026-11-27-all-390-dark.png`, `2026-11-27-all-390-light-gmail-web.png`."""
        program = f"-{self.client.key}" if self.client else ""
        return f"{slug}-{version}-{self.width}-{self.mode}{program}.png"


def views(
    widths: tuple[int, ...] = (), modes: tuple[str, ...] = (), clients: tuple[str, ...] = ()
) -> tuple[View, ...]:
    """Every view of these widths, modes and clients; what is left out means all there are.

    A client shows an issue in its own mode only. RenderError for an unknown client, and where no
    view is left.
    """
    programs = tuple(map(client_named, clients)) if clients else (None, *CLIENTS)
    found = tuple(
        View(width, mode, program)
        for program, width, mode in product(programs, widths or WIDTHS, modes or MODES)
        if program is None or (mode == "dark") is program.dark
    )
    if not found:
        raise RenderError(
            f"{', '.join(clients)} shows nothing in {' or '.join(modes)}; leave the mode out"
        )
    return found


def shoot(
    workspace: Workspace,
    slug: str,
    out: Path,
    wanted: tuple[View, ...],
    *,
    begin: Callable[[int], Callable[[int], None]],
) -> tuple[Path, ...]:
    """Write a PNG of every version in every view into `out`, and return the files.

    `begin` is told how many there will be, and gives back what is called after each. RenderError
    where there is no browser, or it fails.
    """
    rendered = render_issue(workspace, slug)
    answer = _own_pictures(workspace, rendered)
    done = begin(len(wanted) * len(rendered.renditions))
    paths = []
    with Chromium() as browser:
        for rendition in rendered.renditions:
            pages = _pages(workspace, rendered, rendition, wanted)
            for view in wanted:
                picture = browser.picture(
                    pages[view.client], width=view.width, dark=view.mode == "dark", answer=answer
                )
                paths.append(out / view.name(slug, rendition.version))
                write_atomically(paths[-1], picture)
                done(1)
    return tuple(paths)


def _pages(
    workspace: Workspace, rendered: Rendered, rendition: Rendition, wanted: tuple[View, ...]
) -> dict[Client | None, str]:
    """The page each client shows to a reader of whom nothing is known."""
    message, reader = specimen(workspace, rendered.issue, rendition)
    html = exchanged(message.html, message.tokens, reader, Part.HTML)
    return {
        client: apart(workspace, rendered.issue, as_shown, html, client.key) if client else html
        for client in dict.fromkeys(view.client for view in wanted)
    }


def _own_pictures(workspace: Workspace, rendered: Rendered) -> Callable[[str], bytes | None]:
    """What gives the bytes of the issue's and the theme's own pictures by their address."""
    places = setting(workspace, rendered.issue, rendered.pictures).places.pictures
    files = {
        places[written][0]: images_folder(workspace) / picture.name
        for written, picture in rendered.pictures.items()
    }

    def answer(url: str) -> bytes | None:
        return files[url].read_bytes() if url in files else None

    return answer
