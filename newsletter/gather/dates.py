"""Moments out of the many ways sources write them; what cannot be right is None."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from dateutil import parser

_EARLIEST, _LATEST = 1990, 2100
_TWO_DEFAULTS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2004, 2, 2, tzinfo=UTC))
# Month names that English parsers do not know, by how they begin.
_MONTHS = {
    "jän": 1, "jan": 1, "ene": 1, "gen": 1, "feb": 2, "fév": 2, "mär": 3, "mar": 3, "apr": 4,
    "avr": 4, "abr": 4, "mai": 5, "may": 5, "mag": 5, "juin": 6, "jun": 6, "giu": 6, "juil": 7,
    "jul": 7, "lug": 7, "aug": 8, "aoû": 8, "ago": 8, "sep": 9, "set": 9, "okt": 10, "oct": 10,
    "ott": 10, "nov": 11, "dez": 12, "déc": 12, "dec": 12, "dic": 12,
}  # fmt: skip
_DAY_MONTH_YEAR = re.compile(
    r"(\d{1,2})(?:\.|er|º)?\s+(?:de\s+)?([^\W\d_]{3,10})\.?,?\s+(?:de\s+)?(\d{4})"
)
_MONTH_DAY_YEAR = re.compile(r"([^\W\d_]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_NUMERIC = re.compile(r"(\d{1,2})([./])(\d{1,2})\2(\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_JAPANESE = re.compile(r"(\d{4})\s?年\s?(\d{1,2})\s?月\s?(\d{1,2})\s?日")
# /2026/11/18/…, /2026-11-18/…, /20261118-…, …-2026-11-18.html
_IN_ADDRESS = re.compile(
    r"(?<![0-9])((?:19|20)\d\d)([/_-]?)(0?[1-9]|1[0-2])\2(0?[1-9]|[12]\d|3[01])(?![0-9])"
)


def feed_moment(text: str | None) -> datetime | None:
    """The moment of a feed's date in UTC: RFC 5322 first, then whatever dateutil reads.

    dateutil alone would drop zone names such as EST. Years outside 1990 to 2100 are no news.
    """
    if not text or len(text) > 100:
        return None
    for read in (parsedate_to_datetime, _parsed):
        try:
            moment = read(text)
        except (ValueError, OverflowError, TypeError):
            continue
        return _believable(moment) if moment else None
    return None


def written_date(text: str) -> datetime | None:
    """Midnight UTC of a date as people write it above an article, in five languages.

    None when there is no date, or when it can be read in two ways (4/5/2026).
    """
    if found := _ISO.search(text) or _JAPANESE.search(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _NUMERIC.search(text):
        first, mark, second, final = found.groups()
        ordered = _day_and_month(int(first), int(second), dotted=mark == ".")
        if ordered is None:
            return None
        (day, month), year = ordered, int(final)
    elif found := _DAY_MONTH_YEAR.search(text):
        day, month, year = int(found[1]), _month(found[2]), int(found[3])
    elif found := _MONTH_DAY_YEAR.search(text):
        day, month, year = int(found[2]), _month(found[1]), int(found[3])
    else:
        return None
    try:
        return _believable(datetime(year, month, day, tzinfo=UTC))
    except ValueError:
        return None


def address_day(url: str) -> datetime | None:
    """Midnight UTC of the day that stands in the path of a web address."""
    path = url.partition("://")[2].partition("/")[2].partition("?")[0]
    for found in _IN_ADDRESS.finditer(path):
        year, mark, month, day = found.groups()
        if not mark and len(month + day) < 4:
            continue
        try:
            return _believable(datetime(int(year), int(month), int(day), tzinfo=UTC))
        except ValueError:
            continue
    return None


def _parsed(text: str) -> datetime | None:
    """What dateutil reads, unless it would fill in a part of the date that the text lacks."""
    first, second = (
        parser.parse(text, default=default, tzinfos=_zone) for default in _TWO_DEFAULTS
    )
    return first if first == second else None


def _zone(_name: str | None, offset: int | None) -> timezone:
    """The zone of an offset in seconds; a name nobody knows counts as UTC."""
    return timezone(timedelta(seconds=offset or 0))


def _day_and_month(first: int, second: int, *, dotted: bool) -> tuple[int, int] | None:
    """Dots put the day first; with slashes only a number above 12 tells."""
    if dotted or first > 12:
        return first, second
    return (second, first) if second > 12 else None


def _month(name: str) -> int:
    """1 to 12, or 0 for a word that is no month."""
    known = (number for start, number in _MONTHS.items() if name.lower().startswith(start))
    return next(known, 0)


def _believable(moment: datetime) -> datetime | None:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        utc = aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return utc if _EARLIEST <= utc.year <= _LATEST else None
