"""What must not go out: secrets, notes to oneself, tokens nobody will exchange."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.render.checks.rules import Checked, error, line, warning
from newsletter.render.tokens import sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding
    from newsletter.domain.rendition import Rendition

SECRET = error(
    "secret",
    "A text holds what looks like a key or password.",
    "Remove it, and revoke the key: it may have been copied already.",
)
PLACEHOLDER = warning(
    "placeholder",
    "A text holds a note to oneself, filler, or a {{ … }} that nothing fills in.",
    "Write the real text, or remove it.",
)
TOKEN_LEFT = error(
    "token-left",
    "A merge token stands where it will not be exchanged.",
    "Use {{ reader.… }} and {{ unsubscribe_url }} only as the theme guide shows.",
)
RULES = (SECRET, PLACEHOLDER, TOKEN_LEFT)

_SECRETS = (
    ("a SendGrid key", re.compile(r"SG\.[\w-]{22}\.")),
    ("an AWS key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a GitHub token", re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}")),
    ("a Slack token", re.compile(r"\bxox[abprs]-[\w-]{10,}")),
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
)
_PLACEHOLDER = re.compile(
    r"\b[Ll]orem ipsum\b|\b(?:TODO|FIXME|TK|TKTK|XXX)\b|\{\{.{0,40}|\{%.{0,40}|\*\|\w+\|\*",
    re.DOTALL,
)


def check_secrets(checked: Checked) -> Iterator[Finding]:
    """No key in the issue or in the finished mail; the finding does not repeat it (A107)."""
    links = [(line(brief), brief.link or "") for brief in checked.issue.briefs]
    pages = [("html", rendition.html) for rendition in checked.renditions]
    for name, pattern in _SECRETS:
        written = [place for place, text in (*checked.texts, *links) if pattern.search(text)]
        for place in written or [place for place, text in pages if pattern.search(text)]:
            yield SECRET.broken(place, f"there is {name}")


def check_placeholders(checked: Checked) -> Iterator[Finding]:
    """Nothing unfinished in what a person wrote."""
    for place, text in checked.texts:
        for found in _PLACEHOLDER.finditer(sample(text)):
            yield PLACEHOLDER.broken(place, f"“{' '.join(found[0].split())}”")


def check_tokens(checked: Checked) -> Iterator[Finding]:
    """Every word with the token prefix is a token of that very part."""
    for rendition in checked.renditions:
        for part, text in _parts(rendition):
            known = {token.placeholder for token in rendition.tokens if token.part == part}
            for prefix in {token.placeholder[:-4] for token in rendition.tokens}:
                left = set(re.findall(rf"{prefix}[a-z0-9]{{0,4}}", text)) - known
                if left:
                    yield TOKEN_LEFT.broken(part, f"{len(left)} words of ours are not exchanged")


def _parts(rendition: Rendition) -> tuple[tuple[str, str], ...]:
    return ("html", rendition.html), ("text", rendition.text), ("subject", rendition.subject)
