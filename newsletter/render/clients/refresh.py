"""Trims caniemail.com's data to the mail programs we name; `make caniemail` runs it.

python -m newsletter.render.clients.refresh CANIEMAIL_JSON
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

_COLUMNS = {
    "gmail-web": ("gmail", "desktop-webmail"),
    "gmail-other": ("gmail", "android"),
    "outlook-windows": ("outlook", "windows"),
    "outlook-com": ("outlook", "outlook-com"),
    "apple-mail": ("apple-mail", "macos"),
    "yahoo": ("yahoo", "desktop-webmail"),
}
_NOT_THERE = re.compile(
    r"(?:partial\. )?(?:not supported|does(?:n't| not) (?:work|render)) with non google accounts",
    re.IGNORECASE,
)


def trimmed(data: dict[str, Any]) -> dict[str, Any]:
    """One letter a feature and column: y, a (partly), n, u (unknown), of the newest version."""
    features = sorted(data["data"], key=lambda feature: str(feature["slug"]))
    return {
        "source": "https://www.caniemail.com (MIT, see LICENSE.caniemail)",
        "updated": data["last_update_date"],
        "columns": list(_COLUMNS),
        "titles": {feature["slug"]: feature["title"] for feature in features},
        "features": {
            feature["slug"]: "".join(_mark(feature, column) for column in _COLUMNS)
            for feature in features
        },
    }


def _mark(feature: dict[str, Any], column: str) -> str:
    family, platform = _COLUMNS[column]
    versions = feature["stats"].get(family, {}).get(platform, {})
    mark, *notes = (list(versions.values()) or ["u"])[-1].split()
    told = feature["notes_by_num"] or {}
    words = [str(told.get(note.removeprefix("#"), "")) for note in notes]
    if column == "gmail-other" and any(map(_NOT_THERE.match, words)):
        return "n"
    return str(mark)


if __name__ == "__main__":
    read = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    text = json.dumps(trimmed(read), ensure_ascii=False, indent=0)
    Path(__file__).with_name("caniemail.json").write_text(text + "\n", encoding="utf-8")
