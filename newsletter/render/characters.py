"""Which characters may reach a mail.

C0 and C1 controls may not: Gmail cuts a mail at a C1 character, and NUL ends a document for
libxml2.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletter.domain.issue import Brief, Issue, Section

_KEPT = "\t\n"
_CONTROLS = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in _KEPT}
_LINE_ENDS = str.maketrans(dict.fromkeys("\t\n\u2028\u2029", " "))


def printable(text: str) -> str:
    """The text with Unix line ends and without control characters."""
    return text.replace("\r\n", "\n").translate(_CONTROLS)


def one_line(text: str) -> str:
    """The text as one printable line: a header, a title, a headline."""
    return " ".join(printable(text).translate(_LINE_ENDS).split())


def printable_issue(issue: Issue) -> Issue:
    """The issue with every text in it printable."""
    return replace(
        issue,
        subject=one_line(issue.subject),
        subjects=tuple(map(one_line, issue.subjects)),
        preheader=one_line(issue.preheader),
        number=one_line(issue.number),
        intro=printable(issue.intro),
        sections=tuple(_section(section) for section in issue.sections),
    )


def _section(section: Section) -> Section:
    return replace(
        section,
        title=one_line(section.title),
        intro=printable(section.intro),
        briefs=tuple(_brief(brief) for brief in section.briefs),
    )


def _brief(brief: Brief) -> Brief:
    return replace(
        brief,
        headline=one_line(brief.headline),
        text=printable(brief.text),
        link=one_line(brief.link) if brief.link else None,
        source=one_line(brief.source) if brief.source else None,
    )
