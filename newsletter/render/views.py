"""What templates see of an issue: plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PictureView:
    """A picture that opens a brief; `words` describe it, `width` is None where nobody knows it."""

    address: str
    words: str
    width: int | None


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """One link of the list that ends a brief's text."""

    words: str
    address: str


@dataclass(frozen=True, slots=True)
class BriefView:
    """A brief; `body` is HTML or plain text by part, `source` falls back to the link's host.

    In HTML `picture` opens the text and is no part of `body`; `choices` are the links of the list
    that ends it, and `question` is the body above them.
    """

    headline: str
    body: str
    link: str | None
    source: str | None
    picture: PictureView | None = None
    question: str = ""
    choices: tuple[ChoiceView, ...] = ()


@dataclass(frozen=True, slots=True)
class BlockView:
    """Briefs in a row that one component shows; the first of a section has its title and intro."""

    component: str
    title: str
    intro: str
    briefs: tuple[BriefView, ...]


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section: all its briefs, and the same in blocks by component."""

    title: str
    intro: str
    briefs: tuple[BriefView, ...]
    blocks: tuple[BlockView, ...]


@dataclass(frozen=True, slots=True)
class IssueView:
    """The issue; `day` is its date in words, `number` may be ''."""

    subject: str
    preheader: str
    day: str
    number: str
    intro: str
    sections: tuple[SectionView, ...]
