"""config.yaml and the environment, as one checked value.

Any setting may come from the environment: `NEWSLETTER_SENDING__PROVIDER=sendgrid` stands for
`sending: {provider: sendgrid}` and wins over the file. Secrets come only from the environment.
"""

from newsletter.config.audience import AttributeRule, ListRule, Privacy, Signup
from newsletter.config.design import Design
from newsletter.config.file import CONFIG_FILE, load, read
from newsletter.config.gathering import Gathering, SectionRule, Source, ThinWeek
from newsletter.config.providers import Asm, Dkim, Security, SendGrid, Smtp
from newsletter.config.reports import Reports
from newsletter.config.schedule import Notices, Schedule
from newsletter.config.secrets import (
    NOTICES_KEY,
    OLD_SECRET_KEYS,
    SECRET_KEY,
    SENDGRID_KEY,
    SMTP_PASSWORD,
    WEBHOOK_KEY,
    notices_key,
    old_secret_keys,
    secret_key,
    sendgrid_key,
    smtp_password,
)
from newsletter.config.sending import Authentication, Sending
from newsletter.config.settings import Links, Publication, Sender, Settings, Web

__all__ = [
    "CONFIG_FILE",
    "NOTICES_KEY",
    "OLD_SECRET_KEYS",
    "SECRET_KEY",
    "SENDGRID_KEY",
    "SMTP_PASSWORD",
    "WEBHOOK_KEY",
    "Asm",
    "AttributeRule",
    "Authentication",
    "Design",
    "Dkim",
    "Gathering",
    "Links",
    "ListRule",
    "Notices",
    "Privacy",
    "Publication",
    "Reports",
    "Schedule",
    "SectionRule",
    "Security",
    "SendGrid",
    "Sender",
    "Sending",
    "Settings",
    "Signup",
    "Smtp",
    "Source",
    "ThinWeek",
    "Web",
    "load",
    "notices_key",
    "old_secret_keys",
    "read",
    "secret_key",
    "sendgrid_key",
    "smtp_password",
]
