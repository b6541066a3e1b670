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
        (folder / ".gitignore").write_text(".newsletter/\n", encoding="utf-8")
    except OSError as error:
        raise WorkspaceError(f"cannot write into {folder}: {error.strerror}") from error
    return folder
