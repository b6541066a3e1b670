"""MJML to HTML by PyPI mjml 0.12, guarded, reproducible, and with its known faults mended."""

from __future__ import annotations

import functools
import random  # noqa: TID251  # mjml draws from the global generator; it is seeded and put back
import re
import threading

from mjml import mjml_to_html

from newsletter.errors import RenderError
from newsletter.render.mjml_guard import guard

_ONE_AT_A_TIME = threading.Lock()
_PREVIEW = re.compile(r'(<div style="display:none;font-size:1px;color:)#ffffff(?=;)')
_CRASHES = (
    ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, OSError,
    RecursionError, TypeError, ValueError,
)  # fmt: skip


def compile_mjml(mjml: str, *, seed: str, ink: str) -> tuple[str, str]:
    """(HTML, CSS still to be inlined). Same `mjml` and `seed`, same bytes.

    `ink` (#rrggbb) is the colour of running text. Raises RenderError, of the kind MjmlMistake where
    the guard refuses.
    """
    guarded = guard(mjml)
    html = guarded.unparked(_mended(_compiled(guarded.mjml, seed), ink))
    return html, guarded.inline_css


@functools.lru_cache(maxsize=32)  # the layout seldom changes from one look at an issue to the next
def _compiled(mjml: str, seed: str) -> str:
    """Only menus and carousels draw random ids today, and both are refused; the seed keeps the
    promise of same bytes should another component begin to.
    """
    with _ONE_AT_A_TIME:
        state = random.getstate()
        random.seed(seed)
        try:
            return str(mjml_to_html(mjml, template_dir=None).html)
        except _CRASHES as error:
            raise RenderError(
                f"the MJML compiler gave up ({type(error).__name__}: {error}); "
                "undo the latest change to the theme"
            ) from error
        finally:
            random.setstate(state)


def _mended(html: str, ink: str) -> str:
    """The doctype premailer recognises, and a preheader that is not white on white.

    premailer drops a lower-case doctype, which throws browsers into quirks mode; SpamAssassin takes
    white hidden text for a trick (HTML_FONT_LOW_CONTRAST).
    """
    html = html.replace("<!doctype html>", "<!DOCTYPE html>", 1)
    return _PREVIEW.sub(rf"\g<1>{ink}", html, count=1)
