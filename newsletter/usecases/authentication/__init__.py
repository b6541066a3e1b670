"""Whether the DNS lets receiving servers believe mail from the sender's domain.

Gmail, Yahoo and Microsoft want SPF, DKIM and DMARC of everybody who mails many, aligned with the
domain of the From header. Names are looked up; nothing is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsletter.domain.diagnosis import Diagnosis
from newsletter.domain.finding import Level
from newsletter.domain.mail_records import FREEMAIL
from newsletter.usecases.authentication.dkim import dkim
from newsletter.usecases.authentication.dmarc import dmarc
from newsletter.usecases.authentication.hosts import links, mail_exchanger, public_pages
from newsletter.usecases.authentication.names import names_of
from newsletter.usecases.authentication.spf import spf

if TYPE_CHECKING:
    from newsletter.app import Workspace
    from newsletter.providers.dns import Ask


def authentication(workspace: Workspace, ask: Ask) -> tuple[Diagnosis, ...]:
    """Everything about the sender's domain; never raises for what it finds."""
    names = names_of(workspace.settings.sending, workspace.sender.email)
    if names.domain in FREEMAIL:
        message = (
            f"{names.domain} lets nobody else send in its name, so this mail would be refused; "
            "send from a domain of your own"
        )
        return (Diagnosis("sender domain", Level.ERROR, message),)
    base_url = workspace.settings.web.base_url
    return (
        *mail_exchanger(names, ask),
        *spf(names, ask),
        *dkim(names, ask),
        *dmarc(names, ask),
        *links(names, ask),
        *public_pages(urlsplit(base_url).hostname or "", ask),
    )
