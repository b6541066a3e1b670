"""Somebody asks to be subscribed, and whoever reads that mailbox says yes, or that it was not them.

Whatever the address, the answer is the same and takes as long: nobody learns who subscribes (A83).
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.audience.addresses import parse_address
from newsletter.audience.answers import one_line, read_answer
from newsletter.domain.address import address_digest
from newsletter.domain.consent import Proof
from newsletter.domain.signup import Wish, neighbourhood
from newsletter.domain.token import Purpose
from newsletter.errors import AudienceError
from newsletter.store import allowances, audience, consent, members, signups, suppressions
from newsletter.store.engine import pepper, reading, writing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from newsletter.app import Workspace
    from newsletter.domain.address import Address
    from newsletter.domain.segment import Value
    from newsletter.domain.signup import Signup
    from newsletter.render.pages.words import Words

log = logging.getLogger(__name__)

PAGE, EMBEDDED = 1, 2
"""What a form's word says it is: our page, which counts seconds, or one on another site."""

FORM_LASTS = timedelta(days=1)
"""How long a form may stand open on our page."""

_LIKE_AN_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}\Z")


class Answer(StrEnum):
    """What becomes of a form, as anybody may know."""

    ASKED = "asked"  # a confirmation is on its way, if the address can get one
    JOINED = "joined"  # the lists need no confirmation
    NO_EMAIL = "no email"  # what was entered is no address at all
    NO_LIST = "no list"  # none was chosen
    UNKNOWN_LIST = "unknown list"  # one is private, or there is none of that name
    FULL = "full"  # too many sign-ups from there, or in all


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it was sent. `word` shows that it is ours, `trap` is what only machines fill in;
    `wording` is what was agreed to, `answers` are attributes as they were typed.
    """

    email: str
    lists: tuple[str, ...]
    language: str
    wording: str
    word: str
    trap: str = ""
    name: str = ""
    tracking: bool = False
    answers: Mapping[str, str] | None = None
    source: str = members.SOURCE


def form_word(workspace: Workspace, kind: int = PAGE) -> str:
    """The word of a form that is shown now."""
    return workspace.keys.sign_at(Purpose.FORM, kind, workspace.clock.now())


def consent_text(workspace: Workspace, said: Words) -> str:
    """The words people agree to, as the form shows them in a language."""
    own = workspace.settings.signup.consent
    return own or said.say("subscribe_consent", publication=workspace.settings.publication.name)


def ask(workspace: Workspace, form: Form, *, network: str | None) -> Answer:
    """Take a form in. Nothing is mailed here: see `confirmations`."""
    rules = workspace.settings.lists
    if not all(key in rules and rules[key].public for key in form.lists):
        return Answer.UNKNOWN_LIST
    if not form.lists:
        return Answer.NO_LIST
    if not _LIKE_AN_ADDRESS.match(form.email.strip()):
        return Answer.NO_EMAIL
    confirmed_by_mail = any(rules[key].double_opt_in for key in form.lists)
    answer = Answer.ASKED if confirmed_by_mail else Answer.JOINED
    if not _by_a_person(workspace, form):
        return answer
    with writing(workspace.engine) as connection:
        if not _allowed(workspace, connection, network):
            return Answer.FULL
        _take_in(workspace, connection, form, network)
    return answer


def find(workspace: Workspace, word: str) -> Signup | None:
    """The sign-up a confirmation link stands for, or None; changes nothing."""
    number = _opened(workspace, word)
    if number is None:
        return None
    with reading(workspace.engine) as connection:
        return _offered(workspace, signups.find(connection, number))


def confirm(workspace: Workspace, word: str, *, network: str | None = None) -> Signup | None:
    """Subscribe whoever asked; None where the link is not ours, or old. Twice is once (A82)."""
    number = _opened(workspace, word)
    if number is None:
        return None
    now = workspace.clock.now()
    with writing(workspace.engine) as connection:
        signup = _offered(workspace, signups.find(connection, number, changing=True))
        if signup is None or signup.confirmed_at is not None:
            return signup
        proof = Proof(members.SOURCE, signup.proof.wording, network)
        members.welcome(connection, signup, at=now, proof=proof)
        signups.confirm(connection, number, at=now)
    return signup


def decline(workspace: Workspace, word: str) -> Signup | None:
    """Mail whoever did not ask nothing more; None where the link is not ours, or old."""
    number = _opened(workspace, word)
    if number is None:
        return None
    with writing(workspace.engine) as connection:
        signup = signups.find(connection, number, changing=True)
        signups.decline(connection, number, most=workspace.settings.signup.mails)
    return signup


def _opened(workspace: Workspace, word: str) -> int | None:
    opened = workspace.keys.opened_at(
        Purpose.CONFIRM,
        word,
        now=workspace.clock.now(),
        lasts=workspace.settings.privacy.unconfirmed,
    )
    return None if opened is None else opened[0]


def _offered(workspace: Workspace, signup: Signup | None) -> Signup | None:
    """A sign-up without lists that are private by now, or gone; None where no list is left."""
    rules = workspace.settings.lists
    wished = signup.wish.lists if signup else ()
    lists = tuple(key for key in wished if key in rules and rules[key].public)
    return replace(signup, wish=replace(signup.wish, lists=lists)) if signup and lists else None


def _by_a_person(workspace: Workspace, form: Form) -> bool:
    """Whether a form is ours, its trap empty, and not filled in faster than anybody types (A88)."""
    if form.trap:
        return False
    kind, made = workspace.keys.opened(Purpose.FORM, form.word) or (0, 0)
    if kind == EMBEDDED:
        return True
    taken = workspace.clock.now().timestamp() - made
    least = workspace.settings.signup.least_seconds
    return kind == PAGE and least <= taken <= FORM_LASTS.total_seconds()


def _allowed(workspace: Workspace, connection: Connection, network: str | None) -> bool:
    """Count this sign-up; False where there were too many from its network, or in all (A84)."""
    rules, now = workspace.settings.signup, workspace.clock.now()
    near = neighbourhood(network or "")
    name = f"signup from {address_digest(pepper(connection), near)}"
    if allowances.use(connection, name, at=now) > rules.per_network:
        return False
    used = allowances.use(connection, "signup", at=now)
    if used == rules.per_site + 1:
        log.warning(
            "more than %d sign-ups came within an hour; the rest of it takes none. If this is no "
            "rush of readers, somebody abuses the form",
            rules.per_site,
        )
    return used <= rules.per_site


def _take_in(workspace: Workspace, connection: Connection, form: Form, network: str | None) -> None:
    """Keep what was asked for, unless the address can or must not get mail."""
    now, rules = workspace.clock.now(), workspace.settings.lists
    proof = Proof(form.source, consent.remember_wording(connection, form.wording), network)
    address = _mailable(connection, form.email)
    if address is None:
        return
    wish = _wish(workspace, form, address)
    returning = audience.find_suppression(connection, address.canonical) is not None
    needed = [key for key in wish.lists if rules[key].double_opt_in or returning]
    at_once = [key for key in wish.lists if key not in needed]
    if at_once:
        needed += members.admit(connection, wish, at_once, at=now, proof=proof)
    if needed:
        most = workspace.settings.signup.mails
        wish = replace(wish, lists=tuple(needed))
        signups.ask(connection, wish, at=now, proof=proof, most=most)


def _mailable(connection: Connection, email: str) -> Address | None:
    """None where an address is none, or is suppressed and its person cannot lift that."""
    try:
        address = parse_address(email)
    except AudienceError:
        return None
    digest = address_digest(pepper(connection), address.canonical)
    return address if suppressions.may_return(connection, digest) else None


def _wish(workspace: Workspace, form: Form, address: Address) -> Wish:
    return Wish(
        address=address,
        lists=tuple(dict.fromkeys(form.lists)),
        language=form.language,
        name=one_line(form.name),
        attributes=_attributes(workspace, form.answers or {}),
        tracking=form.tracking,
    )


def _attributes(workspace: Workspace, answers: Mapping[str, str]) -> dict[str, Value]:
    """What was answered; what is of another type than it should be was not typed into our form."""
    found: dict[str, Value] = {}
    for name, rule in workspace.settings.attributes.items():
        if rule.public and answers.get(name):
            try:
                value = read_answer(rule, answers[name])
            except AudienceError:
                continue
            if value is not None:
                found[name] = value
    return found
