"""An issue's own pictures: made fit for mail, kept by their content, and found again by readers.

They stand in `.newsletter/images`: `newsletter serve` shows them there, `build` copies them.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING

from newsletter.domain.picture import Picture
from newsletter.errors import GatherError, IsolationError, IssueError, RenderError
from newsletter.issues import folder
from newsletter.issues.files import read_text, write_atomically
from newsletter.render.images import prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from newsletter.app import Workspace
    from newsletter.domain.issue import Issue
    from newsletter.gather.fetch import GuardedFetcher
    from newsletter.issues.folder import IssueFolder
    from newsletter.render.theme import Theme

WIDEST = 1_200
"""CSS pixels for which a picture from elsewhere is kept: wider than the column of any theme."""

_IMAGE = re.compile(r"(!\[(?:\\.|[^\[\]\\])*\]\(\s*<?)([^\s()<>]+)")
_NAME = re.compile(r"[0-9a-f]{20}\.(?:png|jpg|gif)\Z")


def images_folder(workspace: Workspace) -> Path:
    """Where prepared pictures are kept; a name in it always stands for the same bytes."""
    return workspace.state / "images"


def image_file(workspace: Workspace, name: str) -> Path | None:
    """The file of a prepared picture, or None for any other name."""
    path = images_folder(workspace) / name
    return path if _NAME.match(name) and path.is_file() else None


def issue_pictures(workspace: Workspace, issue: Issue, column: int) -> dict[str, Picture]:
    """Address in issue.md (`images/x.jpg`) → the prepared picture, for a column in CSS pixels.

    RenderError with file and line for one that is missing, outside the issue, or no picture.
    """
    texts = [issue.intro, *(section.intro for section in issue.sections)]
    texts += [brief.text for brief in issue.briefs]
    named = dict.fromkeys(found[2] for text in texts for found in _IMAGE.finditer(text))
    own = [address for address in named if "://" not in address and not address.startswith("//")]
    return {address: _prepared(workspace, issue.slug, address, column) for address in own}


def theme_pictures(workspace: Workspace, theme: Theme) -> dict[str, Picture]:
    """File of the theme (`logo.png`) → the prepared picture, at the width of the logo.

    RenderError naming the theme's file where it is missing or no picture.
    """
    brand = theme.design["logo"]
    names = {str(brand[kind]) for kind in ("light", "dark") if brand[kind]}
    made = {}
    for name in sorted(name for name in names if "://" not in name):
        path = theme.folder / name
        try:
            if not path.resolve().is_relative_to(theme.folder.resolve()):
                raise RenderError("is a link out of the theme; copy the file")  # noqa: TRY301
            made[name] = _kept(workspace, path.read_bytes(), int(brand["width"]))
        except (OSError, RenderError, IsolationError) as error:
            why = str(getattr(error, "strerror", None) or getattr(error, "message", ""))
            raise RenderError(why, file=f"{theme.folder.name}/{name}") from None
    return made


def rehost(
    workspace: Workspace, slug: str, progress: Callable[[str], None] = lambda _: None
) -> tuple[dict[str, str], dict[str, str]]:
    """Fetch the pictures issue.md names on other sites into the issue's `images/`.

    Returns address → new address, and address → why not. Only the addresses in issue.md change;
    one that cannot be had stays as it is.
    """
    target = folder.find(workspace.issues, slug)
    fetcher = workspace.fetcher
    moved: dict[str, str] = {}
    failed: dict[str, str] = {}
    for address, _ in _addresses(read_text(target.issue_file)):
        if address.startswith(("https://", "http://")):
            progress(address)
            try:
                moved[address] = _fetched(workspace, target, fetcher, address)
            except (GatherError, RenderError, IsolationError) as error:
                failed[address] = error.message
    if moved:
        # Read anew: an editor may have written meanwhile.
        text = read_text(target.issue_file)
        target.write(_IMAGE.sub(lambda found: found[1] + moved.get(found[2], found[2]), text))
    return moved, failed


def _addresses(text: str) -> Iterator[tuple[str, int]]:
    """Every picture's address once, with the line where it first stands."""
    seen = set()
    for found in _IMAGE.finditer(text):
        if found[2] not in seen:
            seen.add(found[2])
            yield found[2], text.count("\n", 0, found.start()) + 1


def _prepared(workspace: Workspace, slug: str, address: str, column: int) -> Picture:
    target = folder.find(workspace.issues, slug)
    try:
        return _kept(workspace, _inside(target, address).read_bytes(), column)
    except (OSError, ValueError, IssueError, RenderError, IsolationError) as error:
        why = getattr(error, "strerror", None) or getattr(error, "message", None) or str(error)
        if isinstance(error, FileNotFoundError):
            why = "there is no such file; put it into the issue's images/"
        line = dict(_addresses(read_text(target.issue_file))).get(address)
        file = f"issues/{slug}/issue.md"
        raise RenderError(f"“{address}”: {why}", file=file, line=line) from None


def _inside(target: IssueFolder, address: str) -> Path:
    path = (target.path / address).resolve()
    if not path.is_relative_to((target.path / "images").resolve()):
        raise IssueError("is not in the issue's images/; copy it there")
    return path


def _kept(workspace: Workspace, data: bytes, column: int) -> Picture:
    """Prepared now, or as it was before: the same bytes make the same picture."""
    images = images_folder(workspace)
    note = images / f"{hashlib.sha256(data).hexdigest()[:32]}-{column}.json"
    try:
        picture = Picture(**json.loads(note.read_text(encoding="utf-8")))
        if (images / picture.name).is_file():
            return picture
    except (OSError, ValueError, TypeError):
        pass  # not prepared yet
    picture, content = workspace.isolation.run(prepare, data, column)
    write_atomically(images / picture.name, content)
    write_atomically(note, json.dumps(asdict(picture)))
    return picture


def _fetched(
    workspace: Workspace, target: IssueFolder, fetcher: GuardedFetcher, address: str
) -> str:
    data = fetcher.fetch(address).content
    picture, content = workspace.isolation.run(prepare, data, WIDEST)
    write_atomically(target.path / "images" / picture.name, content)
    return f"images/{picture.name}"
