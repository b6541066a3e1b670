"""An e-mail saved as .eml as one item: a press release that reached the desk."""

from __future__ import annotations

from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr

from newsletter.domain.item import Item, ItemKind, item_id
from newsletter.errors import GatherError
from newsletter.gather.dates import feed_moment
from newsletter.gather.passages import html_text
from newsletter.gather.text import joined, one_line, paragraphs_of


def read_mail(content: bytes, *, source: str) -> tuple[Item, ...]:
    """The mail's subject as title and its plain text as text, else the text of its HTML part.

    The author is the sender's name, never the address. Raises GatherError for a mail without
    readable text.
    """
    try:
        mail = BytesParser(EmailMessage, policy=policy.default).parsebytes(content)
        part = mail.get_body(("plain", "html"))
        body = part.get_content() if part is not None else ""
        subject, sender, date = (str(mail.get(name, "")) for name in ("Subject", "From", "Date"))
    except (MessageError, LookupError, ValueError, AttributeError, TypeError) as error:
        raise GatherError(f"the mail for {source} is damaged; paste its text instead") from error
    if not mail.keys():
        raise GatherError(f"the mail for {source} has no headers; save it as .eml again")
    html = part is not None and part.get_content_subtype() == "html"
    text, links = html_text(body) if html else (joined(paragraphs_of(body)), ())
    title = one_line(subject)
    if not text:
        raise GatherError(f"the mail for {source} holds no text; paste it instead")
    title = title or text.split("\n\n", 1)[0][:200]
    item = Item(
        id=item_id(source=source, url=None, title=title, text=text),
        kind=ItemKind.ARTICLE,
        source=source,
        title=title,
        text=text,
        author=one_line(parseaddr(sender)[0]) or None,
        published=feed_moment(date),
        links=links,
    )
    return (item,)
