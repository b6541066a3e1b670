"""The text of a page from its bytes, whatever its headers and declarations say wrongly."""

from __future__ import annotations

import codecs
import re

import webencodings

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""(?i)(?:charset|encoding)\s*=\s*["']?\s*([a-z0-9_:.-]{2,40})""")
_BEGINNING = 4_096
_SAMPLE = 20_000
# Windows' own Shift_JIS holds the circled digits and the roman numerals that the standard lacks.
_WIDER = {"shift_jis": "cp932", "gbk": "gb18030", "gb2312": "gb18030", "euc-kr": "cp949"}


def decoded(content: bytes, *, charset: str | None = None) -> str:
    """The text of a page: by its byte order mark, as the server said, as it says itself.

    Text that is UTF-8 is read so, whatever is declared: no other encoding looks like it by chance.
    A declaration that the bytes contradict is passed over. Labels mean what browsers take them to
    mean (WHATWG Encoding), so `iso-8859-1` is Windows' Western European.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    if content[:400].count(0) > len(content[:400]) / 4:  # UTF-16 of mostly Western letters
        little = content[1:400:2].count(0) >= content[0:400:2].count(0)
        return content.decode("utf-16-le" if little else "utf-16-be", "replace")
    if not content.isascii() and (text := _strict(content, "utf-8")) is not None:
        return text
    for label in (charset, _own_label(content)):
        codec = _codec(label)
        if codec and (text := _strict(content, codec)) is not None:
            return text
    return _guessed(content)


def _own_label(content: bytes) -> str | None:
    found = _DECLARED.search(content[:_BEGINNING].replace(b"\0", b""))
    return found[1].decode("ascii") if found else None


def _codec(label: str | None) -> str | None:
    known = webencodings.lookup(label) if label else None
    return _WIDER.get(known.name, known.codec_info.name) if known else None


def _strict(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _guessed(content: bytes) -> str:
    """No declaration fits: the likeliest encoding of the bytes, in the end Western European."""
    if content.isascii():  # two letters could be one of UTF-16, but are not
        return content.decode("ascii")
    import charset_normalizer  # noqa: PLC0415  # rarely needed, and slow to load

    best = charset_normalizer.from_bytes(content[:_SAMPLE], threshold=0.2).best()
    text = _strict(content, best.encoding) if best is not None else None
    return text if text and _is_foreign(text) else content.decode("cp1252", "replace")


def _is_foreign(text: str) -> bool:
    """Whether the letters beyond ASCII are of another script; Latin ones are easily mistaken."""
    letters = [char for char in text[:_SAMPLE] if char.isalpha() and not char.isascii()]
    return 2 * sum(char >= "\u0370" for char in letters) > len(letters)
