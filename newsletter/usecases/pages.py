"""The looks and words of the pages for readers, as a workspace has them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsletter.render import theme as themes
from newsletter.render.pages import templates
from newsletter.usecases.workspace import sample

if TYPE_CHECKING:
    from newsletter.app import Workspace
    from newsletter.render.pages.templates import Pages


def reader_pages(workspace: Workspace) -> Pages:
    """The pages of templates/pages, or the program's own where a file is not there.

    RenderError for a theme or for words that cannot be used, WorkspaceError for a missing theme.
    """
    settings = workspace.settings
    folders = [root / "templates" / templates.FOLDER for root in (workspace.root, sample())]
    shared = {
        "publication": settings.publication.name,
        "postal_address": settings.publication.postal_address,
        "website": settings.publication.website,
        "base_url": settings.web.base_url,
        "root": urlsplit(settings.web.base_url).path.rstrip("/"),
        "theme": themes.load(workspace.theme, settings.design).design,
    }
    return templates.load(folders, shared)
