"""How the program's own mails look: a few words on paper, above an issue or alone."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from newsletter.domain.mailing import Message
from newsletter.usecases.rendering import list_id

if TYPE_CHECKING:
    from newsletter.app import Workspace

LABEL = "notice"

_PAPER = "padding:20px;background:#fff8d6;color:#222;font:15px/1.5 sans-serif;text-align:left"
_WORDS = "max-width:640px;margin:0 auto;white-space:pre-line;overflow-wrap:anywhere"
_CODE = '<code style="background:#f1e6b4;padding:1px 4px">\\1</code>'
_LEVEL = re.compile(r"^(error|warning):", re.MULTILINE)
_COMMAND = re.compile(r"`([^`\n]+)`")


def letter(workspace: Workspace, subject: str, text: str) -> Message:
    """A mail of these words alone."""
    publication = workspace.settings.publication
    return Message(
        campaign=LABEL,
        sender=workspace.sender,
        subject=f"[{publication.name}] {subject}",
        html=(
            '<!DOCTYPE html><html><head><meta charset="utf-8"></head><body style="margin:0">'
            f"{note(workspace, text)}</body></html>"
        ),
        text=f"{text}\n",
        tokens=(),
        list_id=list_id(workspace, LABEL),
        reply_to=publication.reply_to,
    )


def note(workspace: Workspace, text: str) -> str:
    """Words as HTML, whatever stands in them: they may quote a server or a source. Only addresses
    of our own become links.
    """
    ours = re.compile(rf"{re.escape(html.escape(workspace.settings.web.base_url))}/[\w/?=.~%-]+")
    words = ours.sub(r'<a href="\g<0>" style="color:#0b57a4">\g<0></a>', html.escape(text))
    words = _LEVEL.sub(r"<b>\g<0></b>", _COMMAND.sub(_CODE, words))
    return f'<div style="{_PAPER}"><div style="{_WORDS}">{words}</div></div>'
