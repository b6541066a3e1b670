"""The sign-up form for other sites: plain HTML, and the word that shows it is ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.errors import ConfigError
from newsletter.usecases.pages import reader_pages
from newsletter.usecases.signups import EMBEDDED, consent_text, form_word

if TYPE_CHECKING:
    from newsletter.app import Workspace


def snippet(workspace: Workspace, list_key: str, *, language: str | None = None) -> str:
    """A form for one public list, in a language or the publication's, without JavaScript.

    ConfigError where there is no such list, it is not public, or the pages do not speak that.
    """
    _refuse_private(workspace, list_key)
    pages = reader_pages(workspace)
    if language is not None and language not in pages.dictionary.languages:
        known = ", ".join(sorted(pages.dictionary.languages))
        raise ConfigError(f"the pages do not speak “{language}”; they speak: {known}")
    said = pages.dictionary.best([language or workspace.settings.publication.language])
    return pages.filled(
        "embed.html.j2",
        said,
        list_key=list_key,
        word=form_word(workspace, EMBEDDED),
        consent=consent_text(workspace, said),
    )


def form_parts(workspace: Workspace, list_key: str) -> dict[str, str]:
    """Where such a form posts to, and its word; ConfigError as `snippet`."""
    _refuse_private(workspace, list_key)
    return {
        "action": f"{workspace.settings.web.base_url}/subscribe/{list_key}",
        "form": form_word(workspace, EMBEDDED),
    }


def _refuse_private(workspace: Workspace, list_key: str) -> None:
    rule = workspace.settings.lists.get(list_key)
    if rule is None or not rule.public:
        public = ", ".join(key for key, one in workspace.settings.lists.items() if one.public)
        raise ConfigError(
            f"there is no public list “{list_key}” in config.yaml; public ones: {public or 'none'}"
        )
