"""config.yaml and the environment, as one checked value.

Any setting may come from the environment: `NEWSLETTER_SENDING__PROVIDER=sendgrid` stands for
`sending: {provider: sendgrid}` and wins over the file. Secrets come only from the environment.
"""

from newsletter.config.file import CONFIG_FILE, load
from newsletter.config.secrets import (
    SECRET_KEY,
    SENDGRID_KEY,
    WEBHOOK_KEY,
    secret_key,
    sendgrid_key,
)
from newsletter.config.sending import SendGrid, Sending
from newsletter.config.settings import (
    Gathering,
    ListRule,
    Publication,
    SectionRule,
    Sender,
    Settings,
    Source,
    Web,
)

__all__ = [
    "CONFIG_FILE",
    "SECRET_KEY",
    "SENDGRID_KEY",
    "WEBHOOK_KEY",
    "Gathering",
    "ListRule",
    "Publication",
    "SectionRule",
    "SendGrid",
    "Sender",
    "Sending",
    "Settings",
    "Source",
    "Web",
    "load",
    "secret_key",
    "sendgrid_key",
]
