"""The demo's workspace: the sample, pointed at loopback instead of the world."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import yaml

from newsletter.demo.sources import FEEDS, FOLDER, PAGES, PASTED
from newsletter.usecases.workspace import init

if TYPE_CHECKING:
    from pathlib import Path

HEADING = (
    "# Written by `newsletter demo`. Its sources and its provider ran only as long as it did.\n"
)


def make(folder: Path, *, site: str, provider: str) -> None:
    """Fill `folder` with the sample; sources at `site`, the stand-in for SendGrid at `provider`.

    A folder that is a workspace already only gets the addresses of this run.
    """
    if not (folder / "config.yaml").exists():
        init(folder)
    path = folder / "config.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings["sources"] = [
        *({"name": name, "feed": f"{site}/{file}"} for name, file in FEEDS.items()),
        *({"name": name, "page": f"{site}/{file}"} for name, file in PAGES.items()),
        {"name": "Desk", "folder": "inbox"},
    ]
    settings["gathering"] = {"allow_private": ["127.0.0.1"]}
    settings["sending"] = {"provider": "sendgrid", "sendgrid": {"host": provider}}
    path.write_text(HEADING + yaml.safe_dump(settings, sort_keys=False, allow_unicode=True))
    for file in PASTED:
        shutil.copyfile(FOLDER / file, folder / "inbox" / file)
