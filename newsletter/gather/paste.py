"""A pasted web page as items: its article, and every story its lists point to.

A page copied out of a browser keeps its lines and loses everything else. So each line is judged
by its looks (paste_lines), the page is laid out by the order of its lines (paste_layout), and the
article (paste_article) and the lists (paste_list) are read. Every line that is not blank ends up
in exactly one place: in an item, or in the furniture with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.errors import GatherError
from newsletter.gather.paste_article import read_article
from newsletter.gather.paste_layout import laid_out
from newsletter.gather.paste_lines import classified
from newsletter.gather.paste_list import read_list, set_aside

if TYPE_CHECKING:
    from newsletter.domain.item import Furniture, Item

LARGEST_PASTE = 256_000


@dataclass(frozen=True, slots=True)
class Paste:
    """The stories of a pasted page, its article first, and the lines that are none."""

    items: tuple[Item, ...]
    furniture: tuple[Furniture, ...]


def read_paste(text: str, *, source: str) -> Paste:
    """The items of a pasted page. `text` may have any line ends and a byte order mark.

    Texts are exact to the character but for white space around lines and control characters.
    An article's body keeps its dateline (“Paris—…”) and `Item.dateline` names the place; a related
    link keeps its title without the label. Raises GatherError for more than 256 kB.
    """
    if len(text) > LARGEST_PASTE or len(text.encode(errors="replace")) > LARGEST_PASTE:
        raise GatherError(
            f"the pasted text for {source} is larger than {LARGEST_PASTE // 1000} kB; "
            "paste one page at a time"
        )
    page = laid_out(classified(text))
    items: list[Item] = []
    furniture = [set_aside(line) for line in page.above]
    if page.article:
        article, aside = read_article(page.article, source=source)
        items.append(article)
        furniture += aside
    for lines in page.lists:
        entries, aside = read_list(lines, source=source)
        items += entries
        furniture += aside
    return Paste(tuple(items), tuple(sorted(furniture, key=lambda line: line.line)))
