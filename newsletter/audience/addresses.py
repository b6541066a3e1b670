"""One rule for e-mail addresses, at every door: imports, test sends, forms, events."""

from __future__ import annotations

import re

from newsletter.domain.address import Address, plain_address
from newsletter.errors import AudienceError

LONGEST = 254
_ATOM = r"[A-Za-z0-9_+'/&~#$*^{|}?`=-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_NEVER_MAILED = ("test", "invalid", "localhost", "local", "onion", "arpa")


def parse_address(text: str) -> Address:
    """The address written as `text`; spaces around it do not count.

    An international domain is kept in its ASCII form (RFC 5890), which is also what is compared.
    Raises AudienceError, without the address in it, for everything no mail can or should go to:
    RFC 5321 with its length limits, but no quoted parts, comments, lists or address literals; no
    character outside ASCII before the @; none of the old relay spellings with % and !; and no
    encoded words, which some servers unfold into another address. DNS is not asked.
    """
    text = text.strip(" ")
    plain = plain_address(text)
    if plain is not None and _ordinary(plain.canonical):
        return plain
    local, separator, _ = text.rpartition("@")
    if not separator:
        raise AudienceError("there is no @ in the address")
    if len(text) > LONGEST:
        raise AudienceError(f"the address has more than {LONGEST} characters")
    if not local.isascii():
        raise AudienceError("the part before the @ has a character other than plain ASCII")
    if not _LOCAL.fullmatch(local) or "=?" in local:
        raise AudienceError("the part before the @ has characters or dots that are not allowed")
    return _validated(text)


def _ordinary(canonical: str) -> bool:
    """Whether the domain needs no further look: not international (RFC 5890), not of RFC 6761."""
    domain = canonical.rpartition("@")[2]
    ending = domain.rpartition(".")[2]
    return "--" not in domain and ending.isalpha() and ending not in _NEVER_MAILED


def _validated(text: str) -> Address:
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - seldom needed

    try:
        valid = validate_email(text, strict=True, allow_smtputf8=False, check_deliverability=False)
    except EmailNotValidError as error:
        reason = str(error).split(":")[0].rstrip(".")
        raise AudienceError(f"{reason[:1].lower()}{reason[1:]}") from None
    address = f"{valid.local_part}@{valid.ascii_domain}"
    if len(address) > LONGEST:
        raise AudienceError(f"the address has more than {LONGEST} characters")
    return Address(mailed=address, canonical=address.lower())
