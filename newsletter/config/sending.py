"""How mail leaves: the provider, its account, the pace."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from newsletter.config.values import Strict, WebAddress


class SendGrid(Strict):
    """The SendGrid account; the key itself is in the environment (SENDGRID_API_KEY)."""

    host: WebAddress = "https://api.sendgrid.com"


class Sending(Strict):
    """How mail leaves. `concurrency` requests run at once; `grace` in seconds: how late a campaign
    may start by itself.
    """

    provider: Literal["outbox", "sendgrid"] = "outbox"
    batch_size: Annotated[int, Field(ge=1, le=1000)] = 500
    concurrency: Annotated[int, Field(ge=1, le=32)] = 4
    grace: Annotated[int, Field(ge=0)] = 6 * 3600
    sendgrid: SendGrid = SendGrid()
