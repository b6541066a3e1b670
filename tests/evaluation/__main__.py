"""`make eval`: how well sources are read; exit 1 if a goal is missed.

A measure is the name of a module beside this one and its function `measure`, which gives figures.
"""

from __future__ import annotations

import argparse
import importlib
import sys

MEASURES = ("extraction", "joins", "claims")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("only", nargs="*", help=f"{', '.join(MEASURES)}; all")
    chosen = options.parse_args().only or MEASURES
    met = True
    for name in chosen:
        for figure in importlib.import_module(f"tests.evaluation.{name}").measure():
            print(figure, flush=True)
            met = met and figure.met
    return 0 if met else 1


sys.exit(main())
