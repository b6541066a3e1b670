"""Each version is checked; what is true of all of them is told once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.render.checks import check


@pytest.fixture
def found(one_brief, rendered, publication):
    """(code, place, version) where `changes` adds markup to versions by name."""

    def run(**changes):
        sound = rendered(one_brief())
        renditions = tuple(
            replace(sound, version=name, html=sound.html.replace("</body>", more + "</body>"))
            for name, more in changes.items()
        )
        return [
            (one.code, one.place.partition(":")[0], one.version)
            for one in check(one_brief(), renditions, publication=publication)
        ]

    return run


def test_what_is_in_every_version_is_told_once_of_none_in_particular(found):
    assert found(retailers="<script></script>", others="\n\n<script></script>") == [
        ("active-content", "html", "")
    ]


def test_what_is_in_some_versions_names_them(found):
    assert found(retailers="<script></script>", press="<script></script>", others="") == [
        ("active-content", "html", "retailers, press")
    ]


def test_an_issue_of_one_version_names_none(found):
    assert found(all="<script></script>") == [("active-content", "html", "")]
