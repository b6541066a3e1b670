"""The link for machines alone, to know them by: whoever follows it is no reader. Pure.

Nobody sees it, no key reaches it, no screen reader tells of it, and it is not in the text part. It
says nothing of whose mail it stands in.
"""

from __future__ import annotations

import html

from newsletter.domain.visit import TRAP

_END = "</body>"


def trap_address(base_url: str) -> str:
    """Where it leads: nowhere."""
    return f"{base_url}{TRAP}"


def with_trap(page: str, address: str) -> str:
    """A page with the link at its end; without an address, as it is."""
    if not address or _END not in page:
        return page
    before, end, after = page.rpartition(_END)
    link = f'<a href="{html.escape(address)}" tabindex="-1" style="display:none">&nbsp;</a>'
    hidden = f'<div aria-hidden="true" style="display:none;mso-hide:all">{link}</div>'
    return f"{before}{hidden}{end}{after}"
