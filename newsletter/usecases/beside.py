"""A brief beside the source text that was kept of it: what it claims, and where that stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.claims import Claim, claims_of
from newsletter.claims.standing import standing
from newsletter.issues import folder
from newsletter.usecases.kept_sources import kept_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from newsletter.app import Workspace
    from newsletter.domain.issue import Brief
    from newsletter.domain.item import Item


Span = tuple[int, int]
"""From which to which character of the source's text."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of text. `claim` is what it claims, if anything, and `place` the number of the
    passage of the source that says so or else comes nearest, 0 where none does. In the source,
    `place` is the passage's own number.
    """

    text: str
    claim: Claim | None = None
    place: int = 0


@dataclass(frozen=True, slots=True)
class Beside:
    """A brief's headline and text in passages, and those of its source; `story` is the item it was
    cut from and those of other outlets, whose texts follow one another in `source`.
    """

    headline: tuple[Passage, ...]
    text: tuple[Passage, ...]
    source: tuple[Passage, ...]
    story: tuple[Item, ...]

    @property
    def lacking(self) -> int:
        """How many claims the source does not make."""
        claims = [one.claim for one in (*self.headline, *self.text) if one.claim]
        return sum(not claim.supported for claim in claims)


def beside(workspace: Workspace, slug: str, brief: Brief) -> Beside | None:
    """A brief beside its source; None where no source text was kept of it."""
    if brief.item is None:
        return None
    story, source = kept_source(folder.find(workspace.issues, slug), brief.item)
    if source is None:
        return None
    language = workspace.settings.publication.language.partition("-")[0]
    claims = [claims_of(text, source, language=language) for text in (brief.headline, brief.text)]
    spans = {
        claim: span
        for claim in (*claims[0], *claims[1])
        if (span := standing(claim, source, language=language))
    }
    places = _places(spans)
    linked = {claim: _place(places, span) for claim, span in spans.items()}
    return Beside(
        headline=_passages(brief.headline, claims[0], linked),
        text=_passages(brief.text, claims[1], linked),
        source=_marked(source.text, places),
        story=story,
    )


def _places(spans: Mapping[Claim, Span]) -> list[Span]:
    """What is marked in the source: what it says, and passages near to what it does not."""
    places = _apart(span for claim, span in spans.items() if claim.supported)
    near = _apart(span for claim, span in spans.items() if not claim.supported)
    return sorted([*places, *(one for one in near if not any(_touch(one, two) for two in places))])


def _apart(spans: Iterable[Span]) -> list[Span]:
    """The spans in their order, those that touch as one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _touch(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _place(places: Sequence[Span], span: Span) -> int:
    """The number, from 1, of the first place that lies on a span."""
    return next(number for number, place in enumerate(places, 1) if _touch(place, span))


def _passages(text: str, claims: Sequence[Claim], linked: dict[Claim, int]) -> tuple[Passage, ...]:
    """The text cut at its claims; where two overlap, the first."""
    made, done = [], 0
    for claim in claims:
        if claim.start >= done:
            made += [
                Passage(text[done : claim.start]),
                Passage(text[claim.start : claim.end], claim, linked.get(claim, 0)),
            ]
            done = claim.end
    return tuple(one for one in (*made, Passage(text[done:])) if one.text)


def _marked(text: str, places: Sequence[Span]) -> tuple[Passage, ...]:
    made, done = [], 0
    for number, (start, end) in enumerate(places, 1):
        made += [Passage(text[done:start]), Passage(text[start:end], place=number)]
        done = end
    return tuple(one for one in (*made, Passage(text[done:])) if one.text)
