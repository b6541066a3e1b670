"""The folder where a desk drops pasted pages, notes, saved pages and mails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.domain.item import Furniture, Item, SourceResult
from newsletter.errors import GatherError
from newsletter.gather.files import MAILS, NOTES, PAGES, PASTES, read_file

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Protocol

    class ReadFile(Protocol):
        """Reads one file: in this process, or in another."""

        def __call__(self, path: Path, *, source: str) -> SourceResult:
            """Its items; GatherError naming it."""


_ENDINGS = (*PASTES, *NOTES, *PAGES, *MAILS)


def read_inbox(
    folder: Path, *, source: str, read: ReadFile = read_file
) -> tuple[SourceResult, ...]:
    """One result with everything the folder's files hold, then one per file that failed.

    Files are read in the order of their names; folders inside it and names that begin with a dot
    are left alone. Raises GatherError when the folder does not exist.
    """
    if not folder.is_dir():
        raise GatherError(f"{source}: there is no folder {folder}; make it, or change `folder:`")
    items: list[Item] = []
    furniture: list[Furniture] = []
    failed: list[SourceResult] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or (path.is_dir() and not path.is_symlink()):
            continue
        try:
            result = _read(path, folder, source, read)
        except GatherError as error:
            failed.append(SourceResult(source, error=str(error)))
        else:
            items += result.items
            furniture += result.furniture
    return SourceResult(source, tuple(items), tuple(furniture)), *failed


def _read(path: Path, folder: Path, source: str, read: ReadFile) -> SourceResult:
    try:
        inside = path.resolve(strict=True).is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        inside = False
    if not inside:
        raise GatherError("leads out of the inbox; copy the file instead", file=str(path))
    if path.suffix.lower() not in _ENDINGS:
        kinds = ", ".join(_ENDINGS)
        raise GatherError(f"is none of {kinds}; save it as one of them", file=str(path))
    return read(path, source=source)
