"""The exception tree. Every message is one sentence that names the place and the remedy.

NewsletterError
├── ConfigError        config.yaml or the environment
├── WorkspaceError     the folder given is not a workspace, or lacks something
├── IssueError         an issue folder or file: missing, malformed, already there
├── GatherError        one source, page or pasted file
├── IsolationError     untrusted work that took too much time or memory, or its process with it
├── RenderError        a theme, a template, or text that cannot be rendered
├── AudienceError      lists, subscribers, imports
│   └── SegmentError   a segment expression, with the position of the mistake
├── StoreError         the database: missing, locked, newer than this program
├── DeliveryError      a send that must not start or go on
└── ProviderError      what an e-mail provider did with one request
    ├── Rejected       refused for certain; nothing of it was accepted
    ├── Busy           not accepted for certain; worth another try later
    ├── Uncertain      nobody can tell whether it was accepted; never resend it blindly
    └── Partly         answered person by person: accepted for some, one of the above for others
"""

from __future__ import annotations

from enum import StrEnum


class NewsletterError(Exception):
    """A mistake or failure a person can act on; the CLI prints it and exits with 2."""

    def __init__(self, message: str, *, file: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line

    def __str__(self) -> str:
        """`file:line: message`, with the parts that are known."""
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        return f"{place}: {self.message}" if place else self.message

    @property
    def excerpt(self) -> str:
        """What to show below the sentence; '' where the sentence tells all."""
        return ""


class ConfigError(NewsletterError):
    """A setting is missing, unknown or wrong."""


class WorkspaceError(NewsletterError):
    """A folder is not a workspace, or lacks something."""


class IssueError(NewsletterError):
    """An issue folder or file is missing, malformed or already there."""


class GatherError(NewsletterError):
    """A source, page or pasted file could not be read."""


class IsolationError(NewsletterError):
    """Work on untrusted input died or used up its limits; the caller says on what."""


class RenderError(NewsletterError):
    """A theme or an issue cannot be rendered."""


class AudienceError(NewsletterError):
    """Something about lists, subscribers or an import is wrong."""


class SegmentError(AudienceError):
    """A segment expression is not understood or not allowed."""

    def __init__(self, message: str, *, expression: str, position: int | None = None) -> None:
        self.expression = expression
        self.position = position
        where = "" if position is None else f"character {position + 1} of "
        shown = expression if len(expression) <= 200 else f"{expression[:200]}…"
        super().__init__(f"{message} ({where}the segment “{shown}”)")

    @property
    def excerpt(self) -> str:
        """The expression around the mistake, and a caret below it, where the place is known."""
        if self.position is None:
            return ""
        start = max(0, self.position - 50)
        window = self.expression[start : self.position + 22]
        return f"{window}\n{' ' * (self.position - start)}^"


class StoreError(NewsletterError):
    """The database is missing, locked, or newer than this program."""


class DeliveryError(NewsletterError):
    """A send must not start, or must not go on."""


class ProviderError(NewsletterError):
    """What an e-mail provider did with one request, or with some of its recipients.

    `positions` are indices into the mailing's recipients; () where it is not told, or is all.
    """

    def __init__(
        self, message: str, *, status: int | None = None, positions: tuple[int, ...] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.positions = positions


class Refusal(StrEnum):
    """What a provider refused: decides whether one row, one request or the campaign is at fault."""

    RECIPIENTS = "recipients"  # the addresses at `positions`
    MESSAGE = "message"  # the request as a whole
    SIZE = "size"  # the request is too large; smaller ones may pass
    ACCOUNT = "account"  # key, permission or quota: no request will pass


class Rejected(ProviderError):
    """Refused for certain: nothing was accepted."""

    def __init__(
        self,
        message: str,
        *,
        refusal: Refusal,
        positions: tuple[int, ...] = (),
        status: int | None = None,
    ) -> None:
        super().__init__(message, status=status, positions=positions)
        self.refusal = refusal


class Busy(ProviderError):
    """Not accepted for certain, worth another try; `retry_after` in seconds when it was told."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        status: int | None = None,
        positions: tuple[int, ...] = (),
    ) -> None:
        super().__init__(message, status=status, positions=positions)
        self.retry_after = retry_after


class Uncertain(ProviderError):
    """The answer was lost or odd: accepted or not, nobody can tell yet."""


class Partly(ProviderError):
    """Answered person by person, and not alike for all.

    Each of `parts` names its recipients by `positions`, nobody stands in two of them, and whoever
    is in none was accepted. `reference` is the provider's own id, where anybody was.
    """

    def __init__(self, message: str, *, parts: tuple[ProviderError, ...], reference: str) -> None:
        super().__init__(message)
        self.parts = parts
        self.reference = reference
