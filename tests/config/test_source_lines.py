from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from newsletter.config.source_lines import with_sources
from newsletter.errors import ConfigError

NEW = [{"name": "Wire: daily", "feed": "https://wire.example.com/feed?a=1&b=#x"}]
ONE = [{"name": "Desk", "folder": "inbox"}]
FORMS = {
    "no list": "theme: digest\n",
    "no end of line": "theme: digest",
    "nothing at all": "",
    "an empty list": "a: 1\nsources: []\nb: 2\n",
    "an empty list with a comment": "sources: []   # none yet\nb: 2\n",
    "nothing behind the colon": "sources:\n  # - {name: A, feed: x}\nb: 2\n",
    "lines": "# top\nsources:\n  # first\n  - {name: Desk, folder: inbox}  # drop\n\n# end\nb: 2\n",
    "a list without indent": "sources:\n- name: Desk\n  folder: inbox\n  # below\nb: 2\n",
    "a deeper list": "sources:\n      - name: Desk\n        folder: >-\n          inbox\nb: 2\n",
    "the last thing": "b: 2\nsources:\n  - {name: Desk, folder: inbox}",
    "Windows' line ends": "b: 2\r\nsources:\r\n  - {name: Desk, folder: inbox}\r\nc: 3\r\n",
    "an item over two lines": "sources:\n  - {name: Desk,\n     folder: inbox}\nb: 2\n",
    "quotes and dashes": "sources:\n  - name: 'Desk'\n    folder: \"inbox\"  # - no dash\nb: 2\n",
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_a_source_is_added_and_every_other_byte_stays(text):
    written = with_sources(text, NEW, file="config.yaml")
    before, after = yaml.safe_load(text) or {}, yaml.safe_load(written)
    assert after["sources"] == (before.get("sources") or []) + NEW
    assert {**after, "sources": 0} == {**before, "sources": 0}
    kept = text.replace("sources: []", "sources:").splitlines()
    rest = iter(" ".join(line.split()) for line in written.splitlines())
    assert all(" ".join(line.split()) in rest for line in kept), written
    assert ("\r\n" in text) == ("\r\n" in written)


def test_what_stands_around_the_list_is_not_touched():
    text = FORMS["lines"]
    written = with_sources(text, NEW, file="config.yaml")
    line = "  - {name: 'Wire: daily', feed: 'https://wire.example.com/feed?a=1&b=#x'}\n"
    assert written.replace(line, "") == text
    assert written.index(line) == text.index("\n\n# end") + 1


@pytest.mark.parametrize(
    "text", ["sources: [{name: Desk, folder: inbox}]\n", "x: &x []\nsources: {a: 1}\n"]
)
def test_a_form_that_is_not_safely_edited_is_refused_with_the_lines_to_add(text):
    with pytest.raises(
        ConfigError, match=r"config.yaml:\d: .* add by hand: - \{name: 'Wire: daily'"
    ):
        with_sources(text, NEW, file="config.yaml")


NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=30)


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_any_name_comes_back_as_it_was(names):
    new = [{"name": name, "feed": "https://wire.example.com/"} for name in names]
    written = with_sources("sources:\n  - {name: Desk, folder: inbox}\n", new, file="c")
    assert yaml.safe_load(written)["sources"] == ONE + new
