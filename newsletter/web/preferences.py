"""The page where a reader says what to get, and how often. Opening it changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError

from newsletter.domain.audience import Frequency
from newsletter.usecases import preferences
from newsletter.usecases.preferences import Wanted
from newsletter.web.page import read_form

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from newsletter.app import Workspace
    from newsletter.usecases.preferences import Sheet
    from newsletter.web.page import Desk
    from newsletter.web.visitor import Gatehouse

ABOUT = "about_"
"""What the fields of attributes begin with, so that none is taken for another field."""


class PreferencePages:
    """The form, and what comes of sending it."""

    def __init__(self, workspace: Workspace, desk: Desk, gatehouse: Gatehouse) -> None:
        self.workspace, self.desk, self.gatehouse = workspace, desk, gatehouse
        self._languages = tuple((code, _native_name(code)) for code in desk.languages)

    async def ask(self, request: Request) -> Response:
        """Everything there is to choose, as it stands."""
        word = request.path_params["word"]
        sheet = await self.desk.look(preferences.sheet, self.workspace, word)
        return self._page(request, sheet)

    async def save(self, request: Request) -> Response:
        """What is ticked is the reader's; a body that is not the form's changes nothing."""
        form = await read_form(request)
        if form.get("save") != ["preferences"]:
            return await self.ask(request)
        chosen = await self.desk.write(
            preferences.choose,
            self.workspace,
            request.path_params["word"],
            self._wanted(form),
            network=self.gatehouse.network(request),
        )
        if chosen is None:
            return self._page(request, None)
        sheet, wrong = chosen
        return self._page(request, sheet, wrong=wrong, saved=not wrong)

    def _wanted(self, form: dict[str, list[str]]) -> Wanted:
        first = {name: values[0] for name, values in form.items()}
        language, frequency = first.get("language"), first.get("frequency")
        return Wanted(
            lists=frozenset(form.get("list", ())),
            name=first.get("name", ""),
            language=language if language in self.desk.languages else None,
            frequency=Frequency(frequency) if frequency in set(Frequency) else Frequency.EVERY,
            tracking=first.get("tracking") == "yes",
            paused_until=_day(first.get("paused_until", "")),
            answers=answers(first),
        )

    def _page(
        self,
        request: Request,
        sheet: Sheet | None,
        *,
        wrong: frozenset[str] = frozenset(),
        saved: bool = False,
    ) -> Response:
        if sheet is None:
            return self.desk.incomplete(self.desk.words(request))
        questions = tuple(replace(one, wrong=one.key in wrong) for one in sheet.questions)
        own = sheet.language
        return self.desk.page(
            "preferences",
            self.desk.words(request, sheet.language),
            status=422 if wrong else 200,
            sheet=replace(sheet, questions=questions),
            frequencies=tuple(Frequency),
            languages=self._languages,
            foreign=_native_name(own) if own and own not in self.desk.languages else "",
            wrong=bool(wrong),
            saved=saved,
        )


def answers(first: dict[str, str]) -> dict[str, str]:
    """The answers to questions about the reader, by the attribute's name."""
    return {
        name.removeprefix(ABOUT): value for name, value in first.items() if name.startswith(ABOUT)
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _native_name(code: str) -> str:
    """What a language calls itself."""
    try:
        name = Locale.parse(code, sep="-").get_display_name(code.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return code
    return name or code
