"""What tests of checks share: an issue held against every rule, changed where the test says."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from newsletter.render.checks import check
from newsletter.render.checks.known import Known

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Case:
    """A sound issue of one brief, and what is changed in it.

    `brief` and `issue` change the issue before it is rendered; `html`, `text` and `publication`
    what came out; `known` and `levels` are what lies around it.
    """

    brief: Mapping[str, Any] = field(default_factory=dict)
    issue: Mapping[str, Any] = field(default_factory=dict)
    html: Callable[[str], str] = str
    text: Callable[[str], str] = str
    publication: Mapping[str, Any] = field(default_factory=dict)
    known: Known = field(default_factory=Known)
    levels: Mapping[str, Any] = field(default_factory=dict)


@pytest.fixture
def findings(one_brief, rendered, publication):
    """The findings of a case."""

    def found(case):
        issue = replace(one_brief(**case.brief), **case.issue)
        rendition = rendered(issue)
        rendition = replace(
            rendition, html=case.html(rendition.html), text=case.text(rendition.text)
        )
        return check(
            issue,
            (rendition,),
            publication=publication.model_copy(update=case.publication),
            known=case.known,
            levels=case.levels,
        )

    return found


@pytest.fixture
def case():
    return Case
