"""What the demo's editor and the demo's readers do."""

from __future__ import annotations

from newsletter.providers.simulator.events import Rates, Story

SUBJECT = "Gold steadies, and a workshop reopens"
PREHEADER = "The week in jewelry and luxury, in five minutes"


def with_subject(text: str) -> str:
    """issue.md once the editor has given it a subject and a preheader."""
    return text.replace('subject: ""', f'subject: "{SUBJECT}"', 1).replace(
        'preheader: ""', f'preheader: "{PREHEADER}"', 1
    )


def events() -> Story:
    """Every tenth event comes twice, and none in order, as from the real service.

    More readers follow links than mostly do, for reports withhold what fewer than five did.
    """
    return Story(seed="demo", rates=Rates(clicked=0.3), repeated=0.1, shuffled=True)
