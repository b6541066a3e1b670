"""The names a segment may use: the attributes config.yaml declares, with their types, and lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING

from newsletter.domain.audience import ATTRIBUTE_NAME, Field
from newsletter.domain.segment import OWN_MOMENTS, OWN_TEXTS, Ago, Deed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from newsletter.domain.segment import Value

_ALIKE = 0.84
_INSTEAD = {
    "email": "addresses are not compared, only their domain: domain = 'example.com'",
    "tags": "write tag 'vip'",
    "lists": "write on list 'weekly'",
}
_KINDS = {
    "text": "text; put it in single quotes",
    "number": "a number; write it without quotation marks",
    "flag": "true or false",
    "date": "a day; write '2026-01-31' or now - 30 days",
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`attributes` has the type of each that is declared: text, number, date or flag. Other names
    are allowed, and compared by what stands there. `lists` are the keys there are; None allows all.
    """

    attributes: Mapping[str, str] = field(default_factory=dict)
    lists: Collection[str] | None = None

    def strange_field(self, name: str) -> str | None:
        """What is wrong with a name in an attribute's place, if anything."""
        if not ATTRIBUTE_NAME.match(name):
            return f"“{name}” is no attribute’s name (small letters, digits and _)"
        if name in _INSTEAD:
            return _INSTEAD[name]
        if name in self.attributes or name in OWN_TEXTS + OWN_MOMENTS:
            return None
        if name in set(Field):
            return f"no rule can ask for “{name}”: nobody has an attribute of that name"
        near = get_close_matches(name, (*self.attributes, *Deed), n=1, cutoff=_ALIKE)
        if near:
            return f"config.yaml declares no attribute “{name}”; did you mean “{near[0]}”?"
        return None

    def strange_list(self, key: str) -> str | None:
        """What is wrong with a list's key, if anything."""
        if self.lists is None or key in self.lists:
            return None
        return f"there is no list “{key}”; config.yaml has: {', '.join(self.lists)}"

    def strange_value(self, name: str, value: Value | Ago) -> str | None:
        """Why a value cannot be compared with this attribute, if it cannot."""
        kind = self.kind(name)
        if name == "domain" and isinstance(value, str) and not _is_as_kept(value):
            return "domains are kept in small ASCII letters, as in 'example.com'"
        if kind is None or _is_of(kind, value):
            return None
        return f"“{name}” is {_KINDS[kind]}"

    def kind(self, name: str) -> str | None:
        """The type of a name; None where nobody declares it."""
        if name in OWN_TEXTS:
            return "text"
        return "date" if name in OWN_MOMENTS else self.attributes.get(name)


def _is_of(kind: str, value: Value | Ago) -> bool:
    match kind:
        case "date":
            return isinstance(value, Ago) or (isinstance(value, str) and _is_day(value))
        case "flag":
            return isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)


def _is_as_kept(domain: str) -> bool:
    return domain.isascii() and domain == domain.lower()


def _is_day(text: str) -> bool:
    """Whether this is a day as `2026-01-31`, within what databases can count in every zone."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    return day.isoformat() == text and 1900 <= day.year <= 2200
