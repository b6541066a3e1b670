"""Mails confirmations to whoever signed up: one an address and day, outside of transactions.

A confirmation is claimed and committed before it is submitted, and what came of it is written down
after. A crash before the claim loses nothing; one after it has the mail tried again a day later.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.domain.mailing import Mailing, Message, Recipient
from newsletter.domain.rendition import Part, Token
from newsletter.domain.token import Purpose
from newsletter.errors import Busy, Partly, ProviderError, Refusal, Rejected
from newsletter.render.tokens import merge_prefix
from newsletter.store import signups
from newsletter.store.engine import reading, writing
from newsletter.usecases.pages import reader_pages
from newsletter.usecases.rendering import list_id

if TYPE_CHECKING:
    import threading

    from newsletter.app import Workspace
    from newsletter.domain.signup import Signup
    from newsletter.render.pages.templates import Pages

log = logging.getLogger(__name__)

LABEL = "confirmation"

PUT_OFF = timedelta(minutes=5)
"""How long a confirmation waits that the provider would not take, and did not say for how long."""


def mail_confirmations(workspace: Workspace, stopping: threading.Event | None = None) -> int:
    """Mail every confirmation that is due; returns how many the provider took.

    Several processes may do so at once. It ends early where the provider takes nothing just now.
    """
    with reading(workspace.engine) as connection:
        most = workspace.settings.signup.mails
        waiting = signups.due(connection, workspace.clock.now(), most=most)
    if not waiting:
        return 0
    pages, messages, taken = reader_pages(workspace), dict[str, Message](), 0
    for signup in waiting:
        if stopping is not None and stopping.is_set():
            break
        language = signup.wish.language
        if language not in messages:
            messages[language] = _message(workspace, pages, language)
        if not _claim(workspace, signup):
            continue
        error = _submit(workspace, messages[language], signup)
        if not _settle(workspace, signup, error):
            break
        taken += error is None
    return taken


def _claim(workspace: Workspace, signup: Signup) -> bool:
    with writing(workspace.engine) as connection:
        most = workspace.settings.signup.mails
        return signups.claim(connection, signup.id, workspace.clock.now(), most=most)


def _submit(workspace: Workspace, message: Message, signup: Signup) -> ProviderError | None:
    """Submit one mail; what the provider made of it, None where it took it."""
    word = workspace.keys.sign_at(Purpose.CONFIRM, signup.id, workspace.clock.now())
    url = f"{workspace.settings.web.base_url}/c/{word}"
    reader = Recipient(
        delivery=f"{LABEL}-{signup.id}",
        address=signup.wish.address.mailed,
        values=(url,) * len(message.tokens),
        unsubscribe_url=url,  # one click there is “this was not me”
    )
    try:
        workspace.provider.submit(Mailing(workspace.randomness.token(), message, (reader,)))
    except Partly as error:
        return error.parts[0]
    except ProviderError as error:
        return error
    return None


def _settle(workspace: Workspace, signup: Signup, error: ProviderError | None) -> bool:
    """Write down what came of it; False where others had better wait, too."""
    done = error is None or (isinstance(error, Rejected) and error.refusal is Refusal.RECIPIENTS)
    if done:
        with writing(workspace.engine) as connection:
            signups.mailed(connection, signup.id)
        return True
    if not isinstance(error, Busy | Rejected):  # it may have been taken: claimed for a day
        log.warning("whether a confirmation was mailed is not known: %s", error)
        return True
    wait = PUT_OFF
    if isinstance(error, Busy) and error.retry_after is not None:
        wait = min(timedelta(seconds=error.retry_after), PUT_OFF)
    with writing(workspace.engine) as connection:
        signups.put_off(connection, signup.id, until=workspace.clock.now() + wait)
    log.warning("confirmations wait: %s", error)
    return False


def _message(workspace: Workspace, pages: Pages, language: str) -> Message:
    """The mail in one language, with a placeholder for the link, and nothing the sender wrote."""
    settings, said = workspace.settings, pages.dictionary.best([language])
    prefix = merge_prefix(workspace.secret, LABEL)
    tokens = (
        Token(f"{prefix}h001", "confirm_url", Part.HTML),
        Token(f"{prefix}t001", "confirm_url", Part.TEXT),
    )
    return Message(
        campaign=LABEL,
        sender=workspace.sender,
        subject=said.say("mail_subject", publication=settings.publication.name),
        html=pages.filled("mail.html.j2", said, confirm_url=tokens[0].placeholder),
        text=pages.filled("mail.txt.j2", said, confirm_url=tokens[1].placeholder),
        tokens=tokens,
        list_id=list_id(workspace, LABEL),
        reply_to=settings.publication.reply_to,
    )
