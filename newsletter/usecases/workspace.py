"""Make a workspace from the sample that ships with the program."""

from __future__ import annotations

import shutil
from pathlib import Path

from newsletter.config import CONFIG_FILE
from newsletter.errors import WorkspaceError

_PACKAGE = Path(__file__).resolve().parent.parent
PARTS = (CONFIG_FILE, "templates", "issues")
"""What a workspace is made of; the repository's own top level is the sample."""


def sample() -> Path:
    """Where the sample lies: inside the installed wheel, or at the top of the repository."""
    inside = _PACKAGE / "sample"
    return inside if inside.is_dir() else _PACKAGE.parent


def init(folder: Path) -> Path:
    """Copy config.yaml, templates/ and issues/ into `folder`; never over what is there."""
    taken = next((part for part in PARTS if (folder / part).exists()), None)
    if taken is not None:
        raise WorkspaceError(f"{folder} already has {taken}; name an empty folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for part in PARTS:
            source = sample() / part
            if source.is_dir():
                shutil.copytree(source, folder / part)
            else:
                shutil.copyfile(source, folder / part)
        (folder / "inbox").mkdir(exist_ok=True)
        _ignore_state(folder / ".gitignore")
    except OSError as error:
        raise WorkspaceError(
            f"cannot write into {folder}: {error.strerror or error}; check its rights"
        ) from error
    return folder


def _ignore_state(path: Path) -> None:
    """Keep the machine's state out of git, and what else the file says as it is."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    if ".newsletter/" not in lines:
        path.write_text("\n".join([*lines, ".newsletter/", ""]), encoding="utf-8")
