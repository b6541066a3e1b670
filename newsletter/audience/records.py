"""Takes the JSON objects of a file of people apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from newsletter.audience.cells import LONGEST, attribute_name, attribute_value
from newsletter.audience.fields import entry_of
from newsletter.audience.presets import IGNORED
from newsletter.domain.audience import Field
from newsletter.errors import AudienceError

if TYPE_CHECKING:
    from newsletter.audience.fields import Terms
    from newsletter.audience.mapping import Plan
    from newsletter.domain.audience import Entry
    from newsletter.domain.segment import Value

_FIELDS = frozenset(Field)
_BETWEEN = ";"


class Records:
    """What each key becomes, looked up once."""

    def __init__(self, plan: Plan, terms: Terms) -> None:
        self._plan = plan
        self._terms = terms
        self._targets: dict[str, str] = {}

    def entry(self, line: str) -> Entry:
        """What one line says; null and "" say nothing. AudienceError where it cannot be taken."""
        said: dict[Field, str] = {}
        attributes: dict[str, Value] = {}
        for key, value in _object(line).items():
            if value is None or value == "":
                continue
            target = self._target(key)
            if target == Field.ATTRIBUTES:
                attributes |= _plain_values(value, self._terms)
            elif target in _FIELDS:
                said[Field(target)] = _text(key, value)
            elif target != IGNORED:
                rule = self._terms.attributes.get(target)
                attributes[target] = attribute_value(target, value, rule)
        address = said.pop(Field.EMAIL, "")
        if not address:
            raise AudienceError('not a JSON object with an “email”, such as {"email": "…"}')
        return entry_of(address, attributes, said, self._terms)

    def _target(self, key: str) -> str:
        if key not in self._targets:
            self._targets[key] = self._plan.target(key)
        return self._targets[key]


def attributes_in(text: str, terms: Terms) -> dict[str, Value]:
    """The attributes in a cell with a JSON object, as listmonk exports them."""
    return _plain_values(_object(text), terms)


def _plain_values(value: object, terms: Terms) -> dict[str, Value]:
    """Members that are plain values as they are, and others as the text of their JSON."""
    if not isinstance(value, dict):
        raise AudienceError("“attributes” should be a JSON object")
    return {
        attribute_name(name): attribute_value(name, _flat(one), terms.attributes.get(name))
        for name, one in value.items()
        if one is not None and one != ""
    }


def _flat(value: object) -> object:
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()[: LONGEST + 1]
    return value


def _object(text: str) -> dict[str, Any]:
    try:
        record = orjson.loads(text)
    except orjson.JSONDecodeError:
        record = None
    if isinstance(record, dict):
        return record
    raise AudienceError('not a JSON object with an “email”, such as {"email": "…"}')


def _text(key: str, value: object) -> str:
    """A field's value as a cell of a CSV file would have it."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool | int):
        return str(value).lower()
    texts = [one for one in value if isinstance(one, str)] if isinstance(value, list) else None
    if texts is not None and texts == value and not any(_BETWEEN in one for one in texts):
        return _BETWEEN.join(texts)
    raise AudienceError(f"“{key[:40]}” should be text, or an array of texts")
