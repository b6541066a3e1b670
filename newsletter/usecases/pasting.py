"""The paste desk: a text, an address or a file becomes items, as `gather --from` makes them."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from newsletter.errors import GatherError
from newsletter.usecases.gathering import gather

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.app import Workspace
    from newsletter.usecases.drafting import Gathered


def paste_text(workspace: Workspace, slug: str, text: str) -> Gathered:
    """What a pasted page gave; GatherError where it holds no story."""
    if not text.strip():
        raise GatherError("there is nothing here; paste a text, give an address, or choose a file")
    return gather(workspace, slug, place="-", stdin_text=lambda: text)


def paste_release(workspace: Workspace, slug: str, text: str) -> Gathered:
    """What a press release gave: one item, its headline the first line; GatherError without one."""
    headline, _, rest = text.strip().partition("\n")
    if not rest.strip():
        raise GatherError("a press release has a headline and a text below it; paste both")
    return paste_file(workspace, slug, "press release.md", f"# {headline}\n{rest}".encode())


def paste_address(workspace: Workspace, slug: str, address: str) -> Gathered:
    """What a feed or a page on the web gave; GatherError where it cannot be had."""
    address = address.strip()
    if not address.startswith(("http://", "https://")):
        raise GatherError(f"“{address}” is no web address; begin it with https://")
    return gather(workspace, slug, place=address)


def paste_file(workspace: Workspace, slug: str, name: str, content: bytes) -> Gathered:
    """What a mail (.eml), saved page (.html), note (.md) or pasted page gave; GatherError with the
    file's name where it holds no story.
    """
    with _beside_the_state(workspace, name, content) as path:
        try:
            return gather(workspace, slug, place=str(path))
        except GatherError as error:
            raise GatherError(error.message, file=PurePath(name).name) from None


@contextmanager
def _beside_the_state(workspace: Workspace, name: str, content: bytes) -> Iterator[Path]:
    """The content as a file whose ending says what it is, for as long as it is read."""
    workspace.state.mkdir(mode=0o700, exist_ok=True)
    with TemporaryDirectory(dir=workspace.state, prefix="pasted-") as folder:
        path = Path(folder).resolve() / f"pasted{PurePath(name).suffix.lower()}"
        path.write_bytes(content)
        yield path
