"""`make bench`: run every bar, print a table, exit 1 if one is missed."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from benchmarks import (
    audience_import,
    build,
    fetch,
    idle,
    pages,
    reporting,
    segments,
    send,
    smtp,
    start,
    stories,
    studio,
    webhook,
    workers,
)

if TYPE_CHECKING:
    from benchmarks.bar import Bar


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("only", nargs="*", help="some of them, such as build; all")
    chosen = options.parse_args().only
    bars: list[Bar] = []
    for name, module in (
        ("start", start),
        ("build", build),
        ("send", send),
        ("workers", workers),
        ("smtp", smtp),
        ("pages", pages),
        ("import", audience_import),
        ("segments", segments),
        ("fetch", fetch),
        ("stories", stories),
        ("webhook", webhook),
        ("studio", studio),
        ("reporting", reporting),
        ("idle", idle),
    ):
        if not chosen or name in chosen:
            print(f"measuring {name} …", file=sys.stderr)
            bars += module.bars()
    for bar in bars:
        print(bar)
    return 0 if all(bar.met for bar in bars) else 1


sys.exit(main())
