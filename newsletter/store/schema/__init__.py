"""The tables, once for SQLite and PostgreSQL; the constraints carry the promises.

Nobody twice: `delivery` is unique per campaign and subscriber, and per campaign and address.
One campaign per moment: `campaign` is unique per issue, audience and occurrence.
An attempt row is written before its request and never deleted.
"""

from newsletter.store.schema.afterwards import brief, correction, redirect
from newsletter.store.schema.columns import Document, Moment, RowId, metadata
from newsletter.store.schema.coming_back import dead_letter, event
from newsletter.store.schema.course import subject, subject_trial, wave
from newsletter.store.schema.people import (
    LEFT_BY_MAIL,
    TOLD,
    allowance,
    consent,
    signup,
    subscriber,
    subscription,
    suppression,
    suppression_log,
    tag,
    wording,
)
from newsletter.store.schema.reports import tally
from newsletter.store.schema.sending import (
    TROUBLED,
    attempt,
    batch,
    campaign,
    delivery,
    exclusion,
    link,
    pace,
    rendition,
    transition,
)
from newsletter.store.schema.weeks import notice, occurrence
from newsletter.store.schema.workspace import archived, bookmark, workspace

__all__ = [
    "LEFT_BY_MAIL",
    "TOLD",
    "TROUBLED",
    "Document",
    "Moment",
    "RowId",
    "allowance",
    "archived",
    "attempt",
    "batch",
    "bookmark",
    "brief",
    "campaign",
    "consent",
    "correction",
    "dead_letter",
    "delivery",
    "event",
    "exclusion",
    "link",
    "metadata",
    "notice",
    "occurrence",
    "pace",
    "redirect",
    "rendition",
    "signup",
    "subject",
    "subject_trial",
    "subscriber",
    "subscription",
    "suppression",
    "suppression_log",
    "tag",
    "tally",
    "transition",
    "wave",
    "wording",
    "workspace",
]
