from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from newsletter.audience.fields import Terms
from newsletter.audience.rows import Failed, people_file
from newsletter.domain.address import Address
from newsletter.domain.audience import BadRow, Entry, ListStanding
from newsletter.errors import AudienceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Writer = Callable[..., Path]


TERMS = Terms(datetime(2026, 11, 27, tzinfo=UTC), frozenset({"weekly", "daily"}), (), {})


def read_rows(path: Path) -> Iterator[Entry | Failed]:
    with people_file(path) as file:
        yield from file.rows(TERMS)


@pytest.fixture
def written(tmp_path: Path) -> Writer:
    def write(content: str | bytes, name: str = "people.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def _entry(name: str, lists: tuple[str, ...] = (), **attributes: object) -> Entry:
    address = f"{name}@example.org"
    standings = tuple(map(ListStanding, lists))
    return Entry(Address(address, address), attributes, standings)  # type: ignore[arg-type]


def _only_bad(path: Path) -> BadRow:
    (failed,) = [row for row in read_rows(path) if isinstance(row, Failed)]
    return failed.bad


def test_a_row_gives_address_lists_and_attributes(written: Writer) -> None:
    path = written(
        "E-Mail,Lists,First Name,Shop-Size\n"
        "ana@example.org,weekly; daily,Ana, 12 \n"
        "\n"
        'ben@example.org,,"Ben, the ""Loupe""",\n'
        "cleo@example.org\n"
    )
    assert list(read_rows(path)) == [
        _entry("ana", ("weekly", "daily"), first_name="Ana", shop_size="12"),
        _entry("ben", first_name='Ben, the "Loupe"'),
        _entry("cleo"),
    ]


@pytest.mark.parametrize("header", ["email", "EMAIL", " E-mail ", "Email Address", "address"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_headers_and_separators_of_other_programs_are_understood(
    written: Writer, header: str, separator: str
) -> None:
    path = written(f"city{separator}{header}\r\nLyon{separator}ana@example.org\r\n")
    assert list(read_rows(path)) == [_entry("ana", city="Lyon")]


def test_a_byte_order_mark_does_not_count(written: Writer) -> None:
    path = written("email,city\nana@example.org,K\u00f6ln\n".encode("utf-8-sig"))
    assert list(read_rows(path)) == [_entry("ana", city="K\u00f6ln")]


def test_what_excel_leaves_behind_does_not_count(written: Writer) -> None:
    """Columns and rows that were emptied, and the line that names the separator."""
    path = written("\ufeffsep=;\r\nemail;city;;\r\nana@example.org;K\u00f6ln;;\r\n;;;\r\n ;;;\r\n")
    assert list(read_rows(path)) == [_entry("ana", city="K\u00f6ln")]


def test_line_breaks_in_a_cell_are_spaces(written: Writer) -> None:
    path = written(
        'email,note,shop\nana@example.org,"met at\r\nBasel \n\n2026",x\nben@example.org,"a\nb",\n'
    )
    assert list(read_rows(path)) == [
        _entry("ana", note="met at Basel 2026", shop="x"),
        _entry("ben", note="a b"),
    ]


def test_an_apostrophe_before_a_formula_is_taken_away_again(written: Writer) -> None:
    path = written("email,note\n'+a@example.org,'=1+1\nb@example.org,'tis\n")
    first, second = read_rows(path)
    assert isinstance(first, Entry)
    assert first.address.mailed == "+a@example.org"
    assert first.attributes == {"note": "=1+1"}
    assert isinstance(second, Entry)
    assert second.attributes == {"note": "'tis"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("ana@example.org,Lyon,extra", "3 cells, but the header names 2 columns"),
        (",Lyon", "no address in this row"),
        ("ana,Lyon", "there is no @ in the address"),
        ("ana@example.org," + "x" * 1_001, "“city” has more than 1,000 characters"),
        ("ana@example.org," + "x" * 200_000, "a cell is far too long"),
        ("ana@example.org,a\x1bb", "“city” has a line break or another control character"),
        ('ana@example.org,"Ly"on', "text follows a closing quotation mark"),
        ('ana@example.org,"Ly\nben@example.org,on"', "this row goes on to line 3"),
    ],
)
def test_a_bad_row_is_named_and_the_next_one_read(written: Writer, row: str, reason: str) -> None:
    path = written(f"email,city\n{row}\nzoe@example.org,Rome\n")
    first, second = read_rows(path)
    assert isinstance(first, Failed)
    assert (first.bad.row, first.bad.line) == (1, 2)
    assert reason in first.bad.reason
    assert "ana" not in first.bad.reason
    assert second == _entry("zoe", city="Rome")


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"", 1, "the first line is no header"),
        (b"PK\x03\x04\x14\0\x06\0\n\xff", 1, "save it there as CSV"),
        (b"name,city\nAna,Lyon\n", 1, "no column of addresses; call that one “email”"),
        (b"email,City,city\n", 1, "“City” and “city” would both become “city”"),
        (b"email,e-mail\n", 1, "“email” and “e-mail” would both become “email”"),
        (b"email,__class__\n", 1, "“__class__” cannot be an attribute"),
        (b"email,2nd\n", 1, "“2nd” cannot be an attribute"),
        (b"email," + b"x" * 41 + b"\n", 1, "cannot be an attribute"),
        (b"email," + b",".join(b"c%d" % n for n in range(100)) + b"\n", 1, "more than 100 columns"),
        ("email,city\nana@example.org,Lyon\n".encode("utf-16"), 1, "perhaps UTF-16"),
        ("email,city\nana@example.org,Lyon\n".encode("utf-16-le"), 1, "perhaps UTF-16"),
        (b"email,city\nana@example.org,K\xf6ln\n", 2, "not UTF-8 text"),
        (b"email,city\nana@example.org,Ly\0on\n", 2, "not UTF-8 text"),
        (b"email,city\rana@example.org,Lyon\r", 1, "a lone CR"),
        (b"sep=;\nname;city\nAna;Lyon\n", 2, "no column of addresses"),
        (b"email,city\nana@example.org,Lyon\rben@example.org,Rome\n", 2, "a lone CR"),
        (b'email,city\nana@example.org,Lyon\nben@example.org,"Ro', 3, "is not closed"),
        (
            b'email,city\nana@example.org,"Lyon\n' + b"ben@example.org,Rome\n" * 10_000,
            2,
            "is not closed",
        ),
        (b"email,city\n" + b"x" * 1_000_001, 2, "a line of more than 1,000,000 bytes"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_with_the_line(
    written: Writer, content: bytes, line: int, reason: str
) -> None:
    with pytest.raises(AudienceError) as refused:
        list(read_rows(written(content)))
    assert reason in refused.value.message
    assert refused.value.line == line
    assert "people.csv" in str(refused.value.file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AudienceError, match=r"nobody\.csv: cannot be read: No such file"):
        list(read_rows(tmp_path / "nobody.csv"))


def test_json_lines_keep_numbers_and_flags(written: Writer) -> None:
    path = written(
        '{"email": "ana@example.org", "lists": ["weekly"], "visits": 3, "vip": true, "x": null}\n'
        "\n"
        '{"email": "ben@example.org", "lists": "weekly;daily", "city": " Rome "}\n',
        "people.jsonl",
    )
    assert list(read_rows(path)) == [
        _entry("ana", ("weekly",), visits=3, vip=True),
        _entry("ben", ("weekly", "daily"), city="Rome"),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("not json", "not a JSON object"),
        ("[1]", "not a JSON object"),
        ("{}", "not a JSON object"),
        ('{"email": 5}', "no @"),
        ('{"email": "ana"}', "no @"),
        ('{"email": "a@example.org", "lists": [1]}', "“lists” should be text, or an array of"),
        ('{"email": "a@example.org", "lists": {}}', "“lists” should be text, or an array of"),
        ('{"email": "a@example.org", "lists": ["a;b"]}', "“lists” should be text, or an array"),
        ('{"email": "a@example.org", "role": ["x"]}', "“role” should be text, true, false"),
        ('{"email": "a@example.org", "age": 1e300}', "or a number below"),
        ('{"email": "a@example.org", "__class__": 1}', "cannot be an attribute"),
        ('{"email": "a@example.org", "city": "a\\u0000b"}', "control character"),
        ('{"email": "a@example.org", "city": "\\ud800"}', "not a JSON object"),
        ('{"email": "a@example.org", "x": ' + "[" * 5_000 + "]" * 5_000 + "}", "not a JSON"),
    ],
)
def test_a_bad_json_line_is_named(written: Writer, line: str, reason: str) -> None:
    bad = _only_bad(written(f'{{"email": "b@example.org"}}\n{line}\n', "people.ndjson"))
    assert (bad.row, bad.line) == (2, 2)
    assert reason in bad.reason


def test_a_long_file_is_never_held_in_memory(written: Writer) -> None:
    lines = "".join(f"reader{number}@example.org,Lyon\n" for number in range(20_000))
    path = written(f"email,city\n{lines}")
    tracemalloc.start()
    count = sum(1 for _ in read_rows(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 500_000
