from __future__ import annotations

import pytest

from newsletter.gather.passages import html_text


def text(markup):
    return html_text(markup)[0].split("\n\n")


def test_two_line_breaks_end_a_paragraph_and_one_does_not():
    assert text("one<br>two<br> <br>\nthree<br/><br/><br/>four") == ["one two", "three", "four"]


def test_the_row_of_a_data_table_is_a_paragraph_with_its_cells_apart():
    table = (
        "<table><thead><tr><th>Lot</th><th>Price</th></tr></thead><tr><td><b>12</b> <i>a</i></td>"
        "<td><p>$4.9 million</p></td></tr></table>"
    )
    assert text(table) == ["Lot | Price", "12 a | $4.9 million"]


def test_the_cells_of_a_layout_are_read_one_by_one():
    layout = "<table><tr><td>Home<br><br>About</td><td><p>One.</p><p>Two.</p></td></tr></table>"
    assert text(layout) == ["Home", "About", "One.", "Two."]
    inner = "<table><tr><td>x</td></tr></table>"
    assert text(f"<table><tr><td>a</td><td>{inner}</td></tr></table>") == ["a", "x"]


def test_code_keeps_its_lines():
    assert text("<p>So:</p><pre>a: 1\n  b: 2\n\nc: 3</pre>") == ["So:", "a: 1\nb: 2\nc: 3"]


@pytest.mark.parametrize("space", ["\u00a0", "\u202f", "\u3000", "\u2009"])
def test_a_space_that_does_not_break_stays_what_it_is(space):
    assert text(f"<p>90{space}000 euros{space}</p>") == [f"90{space}000 euros"]


def test_each_paragraph_has_the_links_that_stand_in_it():
    _, links = html_text("<a href='https://e.example.com/1'>one</a><br><br>"
                         "<a href='https://e.example.com/2'>two</a>")  # fmt: skip
    assert [link.text for link in links] == ["one", "two"]
