"""Takes the rows of a CSV file of people apart, as the plan of its columns says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.audience.cells import attribute_text, restored, typed
from newsletter.audience.fields import entry_of
from newsletter.audience.mapping import plain
from newsletter.audience.presets import IGNORED
from newsletter.audience.records import attributes_in
from newsletter.domain.audience import Field
from newsletter.errors import AudienceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.audience.fields import Terms
    from newsletter.audience.mapping import Plan
    from newsletter.domain.audience import Entry
    from newsletter.domain.segment import Value

_FIELDS = frozenset(Field)


class Columns:
    """Where each thing stands in a row, worked out once, for there are as many rows as readers."""

    def __init__(self, plan: Plan, terms: Terms) -> None:
        self._terms = terms
        self._status = plan.status
        self._width = len(plan.columns)
        targets = [column.target for column in plan.columns]
        self._address = targets.index(Field.EMAIL)
        self._fields = [
            (place, Field(target))
            for place, target in enumerate(targets)
            if target in _FIELDS and target != Field.EMAIL
        ]
        self._attributes = [
            (place, target, terms.attributes.get(target))
            for place, target in enumerate(targets)
            if target not in _FIELDS and target != IGNORED
        ]
        parts = plan.preset.full_name if plan.preset and Field.NAME not in targets else ()
        headers = [plain(column.header) for column in plan.columns]
        self._full_name = [headers.index(part) for part in parts if part in headers]

    def entry(self, cells: Sequence[str]) -> Entry:
        """What a row says; an empty cell says nothing. AudienceError where it cannot be taken."""
        if len(cells) != self._width:
            cells = self._fitted(cells)
        address = restored(cells[self._address].strip())
        if not address:
            raise AudienceError("no address in this row")
        attributes: dict[str, Value] = {}
        for place, name, rule in self._attributes:
            if (cell := cells[place]) and (text := attribute_text(name, cell)):
                attributes[name] = typed(name, text, rule) if rule else text
        said = self._said(cells)
        if Field.ATTRIBUTES in said:
            attributes = attributes_in(said.pop(Field.ATTRIBUTES), self._terms) | attributes
        return entry_of(address, attributes, said, self._terms)

    def _said(self, cells: Sequence[str]) -> dict[Field, str]:
        """The cells of fields that say something; of several of one field, the first."""
        said: dict[Field, str] = {}
        for place, field in self._fields:
            if (cell := cells[place]) and (text := restored(cell.strip())):
                said.setdefault(field, text)
        if self._full_name and (name := self._name(cells)):
            said[Field.NAME] = name
        if self._status:
            said.setdefault(Field.STATUS, self._status)
        return said

    def _name(self, cells: Sequence[str]) -> str:
        return " ".join(filter(None, (restored(cells[at].strip()) for at in self._full_name)))

    def _fitted(self, cells: Sequence[str]) -> Sequence[str]:
        if len(cells) > self._width:
            raise AudienceError(f"{len(cells)} cells, but the header names {self._width} columns")
        return [*cells, *[""] * (self._width - len(cells))]
