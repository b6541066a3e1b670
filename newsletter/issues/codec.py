"""issue.md as text and as values. Loss-free: parsing keeps the text, editing splices lines into it.

    ---                                   front matter: subject, preheader, date …
    subject: …
    ---
    Markdown before the first section
    ## A section
    <!-- component: cards -->             how the theme shows it, if not in the usual way
    ### A brief
    <!-- audience: not retailers -->      who sees it, if not everybody: a segment, or all others
    Its text in Markdown.

    [The source](https://…)               the last line, if it is nothing but a link
    <!-- item: 0123456789ab -->           written by gather, so that it never offers it again

A headline is plain text; brief texts are Markdown. Pure: no file is touched here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.domain.issue import Brief, Issue, Section
from newsletter.errors import IssueError
from newsletter.issues.blocks import item_of
from newsletter.issues.directives import Directives, read_directives
from newsletter.issues.front_matter import read_front_matter
from newsletter.issues.outline import Heading, outline, without_comments

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LINK_LINE = re.compile(r"\[((?:\\.|[^\[\]\\\n])+)\]\((?:<([^<>\n]+)>|([^\s()<>]+))\)\Z")


@dataclass(frozen=True, slots=True)
class Document:
    """An issue file: `text` exactly as it stands on disk, `issue` what it says."""

    text: str
    issue: Issue


def parse(text: str, *, slug: str, file: str, keys: Mapping[str, str] | None = None) -> Document:
    """Read an issue file. `keys` maps section titles in lower case to their keys in config.yaml.

    Raises IssueError with file and line.
    """
    front, start = read_front_matter(text, file=file)
    lines = tuple(text.splitlines(keepends=True))
    found = outline(lines, start)
    headings = found.headings
    if found.unclosed is not None:
        raise IssueError(
            "what opens here, a code block or a comment, is never closed; close it",
            file=file,
            line=found.unclosed + 1,
        )
    if headings and headings[0].level == 3:
        raise IssueError(
            "this brief stands before the first section; put a `## Section` above it",
            file=file,
            line=headings[0].index + 1,
        )
    first = headings[0].index if headings else len(lines)
    return Document(
        text=text,
        issue=Issue(
            slug=slug,
            date=front.date,
            number=front.number,
            subject=front.subject or next(iter(front.subjects), ""),
            subjects=front.subjects,
            preheader=front.preheader,
            list_key=front.list_key,
            segment=front.segment,
            silence=front.silence,
            intro=without_comments("".join(lines[start:first])),
            intro_line=next((at + 1 for at in range(start, first) if lines[at].strip()), 0),
            sections=_sections(_Source(lines, file, keys or {}), headings),
        ),
    )


def parse_candidates(text: str, *, file: str) -> tuple[Brief, ...]:
    """The briefs of candidates.md in their order. Raises IssueError with file and line."""
    lines = tuple(text.splitlines(keepends=True))
    headings = outline(lines, 0).headings
    ends = [heading.index for heading in headings[1:]] + [len(lines)]
    source = _Source(lines, file, {})
    return tuple(
        _brief(source, heading, end)
        for heading, end in zip(headings, ends, strict=False)
        if heading.level == 3
    )


def add_blocks(document: Document, key: str, title: str, new: Iterable[str]) -> str:
    """The text with blocks of briefs added at the end of a section, made at the end if missing.

    Nothing that stood in the text before is changed.
    """
    blocks = "\n".join(new)
    if not blocks:
        return document.text
    lines = document.text.splitlines(keepends=True)
    sections = document.issue.sections
    place = next((spot for spot, section in enumerate(sections) if section.key == key), None)
    if place is None:
        head, tail, blocks = document.text, "", f"## {title}\n\n{blocks}"
    else:
        end = sections[place + 1].line - 1 if place + 1 < len(sections) else len(lines)
        head, tail = "".join(lines[:end]), "".join(lines[end:])
    return f"{_spaced(head)}{blocks}{chr(10) if tail else ''}{tail}"


def brief_block(brief: Brief, *, remarks: Iterable[str] = (), also: Iterable[str] = ()) -> str:
    """A brief as it is written into issue.md or candidates.md, ending with a line feed.

    `remarks` are told to the desk in comments beneath the heading, and `also` at the foot: who else
    has the story.
    """
    head = f"### {' '.join(brief.headline.split())}"
    parts = ["\n".join((head, *map(_comment, remarks)))]
    if brief.text:
        parts.append(brief.text)
    foot = []
    if brief.link:
        foot.append(link_line(brief.link, brief.source or brief.link))
    foot += (_comment(f"also: {line}") for line in also)
    if brief.item:
        foot.append(f"<!-- item: {brief.item} -->")
    if foot:
        parts.append("\n".join(foot))
    return "\n\n".join(parts) + "\n"


def link_line(link: str, source: str) -> str:
    """A link to a source as it stands beneath a brief's text, without a line feed."""
    name = re.sub(r"([\[\]\\])", r"\\\1", source)
    target = f"<{link}>" if re.search(r"[()\s]", link) else link
    return f"[{name}]({target})"


def _comment(text: str) -> str:
    """A comment on one line that nothing in `text` can end."""
    return f"<!-- {' '.join(text.split()).replace('>', '›').replace('<', '‹')} -->"


@dataclass(frozen=True, slots=True)
class _Source:
    """The lines of an issue file, its name, and the keys of section titles."""

    lines: tuple[str, ...]
    file: str
    keys: Mapping[str, str]

    def raw(self, start: int, stop: int) -> str:
        return "".join(self.lines[start:stop])

    def directives(self, heading: Heading, stop: int) -> Directives:
        return read_directives(self.lines, heading.index + 1, stop, file=self.file)


def _sections(source: _Source, headings: tuple[Heading, ...]) -> tuple[Section, ...]:
    starts = [place for place, heading in enumerate(headings) if heading.level == 2]
    return tuple(
        _section(source, headings[start:end], _index(headings, end, source.lines))
        for start, end in zip(starts, [*starts, len(headings)][1:], strict=True)
    )


def _section(source: _Source, own: tuple[Heading, ...], end: int) -> Section:
    head, *inner = own
    stops = [*(heading.index for heading in inner[1:]), end]
    first = inner[0].index if inner else end
    directives = source.directives(head, first)
    return Section(
        key=source.keys.get(head.title.casefold()) or _slug(head.title),
        title=head.title,
        intro=without_comments(source.raw(head.index + 1, first)),
        briefs=tuple(
            _brief(source, heading, stop)
            for heading, stop in zip(inner, stops[: len(inner)], strict=True)
        ),
        line=head.index + 1,
        component=directives.component,
        audience=directives.audience,
    )


def _brief(source: _Source, heading: Heading, stop: int) -> Brief:
    raw = source.raw(heading.index + 1, stop)
    directives = source.directives(heading, stop)
    text = without_comments(raw)
    body, _, last = text.rpartition("\n")
    link = LINK_LINE.match(last.strip())
    return Brief(
        headline=heading.title,
        text=body.strip("\r\n") if link else text,
        link=(link[2] or link[3]) if link else None,
        source=re.sub(r"\\(.)", r"\1", link[1]) if link else None,
        item=item_of(raw),
        line=heading.index + 1,
        component=directives.component,
        audience=directives.audience,
        held_over=directives.held_over,
        embargo=directives.embargo,
        sponsor=directives.sponsor,
    )


def _index(headings: tuple[Heading, ...], place: int, lines: tuple[str, ...]) -> int:
    return headings[place].index if place < len(headings) else len(lines)


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-") or "section"


def _spaced(head: str) -> str:
    """`head` ending with exactly what separates it from a new block."""
    if not head:
        return head
    if not head.endswith("\n"):
        return head + "\n\n"
    return head if head.endswith(("\n\n", "\r\n\r\n")) else head + "\n"
