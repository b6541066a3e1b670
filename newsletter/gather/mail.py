"""An e-mail saved as .eml as one item: a press release that reached the desk."""

from __future__ import annotations

from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr

from newsletter.domain.item import Dated, Item, ItemKind, Link, item_id
from newsletter.errors import GatherError
from newsletter.gather.dates import feed_moment
from newsletter.gather.frame import drop_unseen
from newsletter.gather.language import guessed_language
from newsletter.gather.page import page_tree
from newsletter.gather.passages import passages
from newsletter.gather.text import joined, one_line, paragraphs_of

_STUB = 0.3
"""A plain part with less of the HTML part's text only says to look at that."""


def read_mail(content: bytes, *, source: str) -> tuple[Item, ...]:
    """The mail's subject as title and its plain text as text, else the text of its HTML part.

    The author is the sender's name, never the address. Raises GatherError for a mail without
    readable text.
    """
    try:
        mail = BytesParser(EmailMessage, policy=policy.default).parsebytes(content)
        plain, html = (_part(mail, kind) for kind in ("plain", "html"))
        subject, sender, date = (str(mail.get(name, "")) for name in ("Subject", "From", "Date"))
    except (MessageError, LookupError, ValueError, AttributeError, TypeError) as error:
        raise GatherError(f"the mail for {source} is damaged; paste its text instead") from error
    if not mail.keys():
        raise GatherError(f"the mail for {source} has no headers; save it as .eml again")
    text, links = _body(plain, html)
    if not text:
        raise GatherError(f"the mail for {source} holds no text; paste it instead")
    title = one_line(subject) or text.split("\n\n", 1)[0][:200]
    published = feed_moment(date)
    item = Item(
        id=item_id(source=source, url=None, title=title, text=text),
        kind=ItemKind.ARTICLE,
        source=source,
        title=title,
        text=text,
        author=one_line(parseaddr(sender)[0]) or None,
        published=published,
        dated=Dated.STATED if published else None,
        language=guessed_language(text),
        links=links,
    )
    return (item,)


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def _body(plain: str, html: str) -> tuple[str, tuple[Link, ...]]:
    text = joined(paragraphs_of(plain))
    tree = page_tree(html) if html.strip() else None
    if tree is None:
        return text, ()
    drop_unseen(tree)  # the line that only an inbox shows is one no reader of the mail sees
    found = passages(tree)
    full = joined(passage.text for passage in found)
    if len(text) > _STUB * len(full):
        return text, ()
    return full, tuple(link for passage in found for link in passage.links)
