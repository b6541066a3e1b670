"""The evaluation set: pages, listings, feeds and mails with what is true of them.

A sample is a template in `tests/data/gather/evaluation/` and the stories it is filled with, so
that the truth is exact by construction: what was put in must come out.
"""

from __future__ import annotations

import html
import json
import re
import textwrap
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from functools import cache
from html.entities import codepoint2name
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import jinja2
import yaml
from babel.dates import format_date

HOME = Path(__file__).parents[1] / "data" / "gather" / "evaluation"
_LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
_BOLD = re.compile(r"\*\*([^*]+)\*\*")


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of one story as the sample shows it; None where nothing is asked."""

    title: str
    dek: str
    paragraphs: tuple[str, ...] = ()
    author: str | None = None
    day: date | None = None
    dated: str | None = None
    language: str = ""
    url: str | None = None
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """`shows` names what a listing or feed carries of its stories."""

    name: str
    kind: str
    held: bool
    content: bytes
    url: str
    charset: str | None
    truths: tuple[Truth, ...]
    shows: tuple[str, ...] = field(default=("title", "dek", "text", "author", "date"))


@cache
def samples(kind: str) -> tuple[Sample, ...]:
    """All samples of a kind: pages, listings, feeds or mails."""
    make = {"pages": _page, "listings": _listing, "feeds": _feed, "mails": _page}[kind]
    told = _yaml("samples.yaml")[kind]
    return tuple(make(kind, name, about) for name, about in told.items())


def _page(kind: str, name: str, about: dict[str, Any]) -> Sample:
    story = _story(about["story"])
    if drop := about.get("story_drop"):  # what the page's encoding cannot say
        story["body"] = [x for x in story["body"] if drop not in str(x)]
    story["dek"] = about.get("dek", story["dek"])
    story["author"] = about.get("author", story["author"])
    ending = "" if kind == "mails" else ".html"
    content = _filled(f"{kind}/{name}{ending}", about, s=_story(about["story"]) | _body(story))
    url = about.get("url", "")
    truth = Truth(
        title=story["title"],
        dek=story["dek"] if kind == "pages" else "",
        paragraphs=_paragraphs(story["body"][: about.get("keep")]),
        author=story["author"] or None,
        day=about.get("date", story["date"]),
        dated=about.get("dated"),
        language=story["language"] if kind == "pages" else "",
        url=about.get("truth_url", url) or None,
        links=_links(story["body"][: about.get("keep")], about.get("links_base", url))
        if about.get("linked", True)
        else (),
    )
    return Sample(
        name, kind, about.get("held", False), content, url, about.get("charset"), (truth,)
    )


def _body(story: dict[str, Any]) -> dict[str, Any]:
    return {"body": story["body"]}


def _listing(kind: str, name: str, about: dict[str, Any]) -> Sample:
    entries = _yaml("entries.yaml")[about["entries"]]
    shows = tuple(about["shows"])
    content = _filled(f"listings/{name}.html", about, entries=entries)
    truths = tuple(
        Truth(
            title=entry["title"] if "title" in shows else "",
            dek=entry["dek"] if "dek" in shows else "",
            day=entry["date"] if "date" in shows else None,
            url=urljoin(about["url"], entry["path"]),
        )
        for entry in entries
    )
    held = about.get("held", False)
    return Sample(name, kind, held, content, about["url"], about.get("charset"), truths, shows)


def _feed(kind: str, name: str, about: dict[str, Any]) -> Sample:
    stories = [_story(key) for key in about["stories"]]
    shows = tuple(about["shows"])
    content = _filled(f"feeds/{name}", about, stories=stories)
    truths = tuple(
        Truth(
            title=story["title"],
            dek=story["dek"] if "dek" in shows else "",
            paragraphs=_paragraphs(story["body"]) if "text" in shows else (),
            author=(story["author"] or None) if "author" in shows else None,
            day=story["date"] if "date" in shows else None,
        )
        for story in stories
    )
    held = about.get("held", False)
    return Sample(name, kind, held, content, about["url"], about.get("charset"), truths, shows)


def _filled(path: str, about: dict[str, Any], **values: Any) -> bytes:
    text = _environment().get_template(path).render(values)
    return text.encode(about.get("encoding", "utf-8"))


def _story(key: str) -> dict[str, Any]:
    return {"key": key, **_yaml("stories.yaml")[key]}


@cache
def _yaml(name: str) -> Any:
    return yaml.safe_load((HOME / name).read_text(encoding="utf-8"))


def _paragraphs(body: list[Any]) -> tuple[str, ...]:
    """The blocks as plain paragraphs: a list item and a table row each is one."""
    found: list[str] = []
    for block in body:
        if isinstance(block, str):
            found.append(_plain_line(block))
        elif "table" in block:
            found += [" | ".join(row) for row in block["table"]]
        elif "list" in block:
            found += block["list"]
        else:
            found += block.values()
    return tuple(found)


def _links(body: list[Any], base: str) -> tuple[tuple[str, str], ...]:
    lines = [block for block in body if isinstance(block, str)]
    found = [
        (words, urljoin(base, address)) for line in lines for words, address in _LINK.findall(line)
    ]
    return tuple(link for link in found if link[1].startswith("http"))


def _plain_line(text: str) -> str:
    return _BOLD.sub(r"\1", _LINK.sub(r"\1", text))


def _inner(text: str) -> str:
    escaped = html.escape(text, quote=False)
    linked = _LINK.sub(r'<a href="\2">\1</a>', escaped)
    return _BOLD.sub(r"<strong>\1</strong>", linked)


def _entities(text: str) -> str:
    return "".join(
        f"&{codepoint2name[ord(char)]};" if ord(char) in codepoint2name and ord(char) > 127
        else char if ord(char) < 128
        else f"&#{ord(char)};"
        for char in _inner(text)
    )  # fmt: skip


def _block(block: Any) -> str:
    if isinstance(block, str):
        return f"<p>{_inner(block)}</p>"
    (kind, value), *_ = block.items()
    if kind == "table":
        rows = ("".join(f"<td>{_inner(cell)}</td>" for cell in row) for row in value)
        return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"
    if kind == "list":
        return f"<ul>{''.join(f'<li>{_inner(one)}</li>' for one in value)}</ul>"
    tags = {"h": ("<h2>", "</h2>"), "code": ("<pre><code>", "</code></pre>")}
    before, after = tags.get(kind, ("<blockquote><p>", "</p></blockquote>"))
    return f"{before}{_inner(value)}{after}"


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HOME), undefined=jinja2.ChainableUndefined
    )
    made.filters |= {
        "inner": _inner,
        "block": _block,
        "entities": _entities,
        "plain": lambda story: "\n\n".join(_paragraphs(story["body"])),
        "markup": lambda story: "".join(map(_block, story["body"])),
        "tojson": lambda value: json.dumps(value, ensure_ascii=False).replace("</", "<\\/"),
        "written": lambda day: format_date(day, "MMMM d, y", locale="en"),
        "german": lambda day: format_date(day, "dd.MM.y", locale="de"),
        "rfc822": lambda day: format_datetime(datetime.combine(day, time(9), UTC)),
        "qp": lambda text: "".join(
            char if char.isascii() and char.isalnum() else "_" if char == " "
            else "".join(f"={byte:02X}" for byte in char.encode())
            for char in text
        ),
        "wrapped": lambda text: textwrap.fill(text, 72, break_on_hyphens=False),
        "plain_line": _plain_line,
    }  # fmt: skip
    return made
