"""The sign-up form, on our own page, on other sites and as JSON; and what its mail confirms."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import JSONResponse, Response

from newsletter.usecases import signups
from newsletter.usecases.preferences import Choice, questions
from newsletter.usecases.signups import Answer, Form
from newsletter.web.page import HEADERS, LARGEST_FORM, parse_form, read_body
from newsletter.web.preferences import ABOUT, answers
from newsletter.web.unsubscribe import is_one_click

if TYPE_CHECKING:
    from starlette.requests import Request

    from newsletter.app import Workspace
    from newsletter.domain.signup import Signup
    from newsletter.render.pages.words import Words
    from newsletter.web.page import Desk
    from newsletter.web.visitor import Gatehouse

_STATUS = {
    Answer.ASKED: 200,
    Answer.JOINED: 200,
    Answer.NO_EMAIL: 422,
    Answer.NO_LIST: 422,
    Answer.UNKNOWN_LIST: 404,
    Answer.FULL: 429,
}

# Any site may post a form anyway; this lets its scripts read the answer, which is always the same.
_FROM_ANYWHERE = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "content-type",
    "Access-Control-Allow-Methods": "POST",
}


class SubscribePages:
    """Asking to be subscribed, and confirming it."""

    def __init__(self, workspace: Workspace, desk: Desk, gatehouse: Gatehouse) -> None:
        self.workspace, self.desk, self.gatehouse = workspace, desk, gatehouse

    async def ask(self, request: Request) -> Response:
        """The form, for all public lists or for one; 404 for a list that is not public (A86)."""
        said = self.desk.words(request)
        return self._form(request, said, {})

    async def subscribe(self, request: Request) -> Response:
        """Take a form or JSON in; the answer is the same for every address (A83)."""
        body = await read_body(request, LARGEST_FORM) or b""
        as_json = request.headers.get("content-type", "").startswith("application/json")
        fields = _json_fields(body) if as_json else parse_form(body)
        said = self.desk.words(request, *fields.get("language", ()))
        answer = await self.desk.write(
            signups.ask,
            self.workspace,
            self._read(request, said, fields),
            network=self.gatehouse.network(request),
        )
        if as_json:
            status, told = _STATUS[answer], {"answer": answer.value}
            return JSONResponse(told, status_code=status, headers=HEADERS | _FROM_ANYWHERE)
        return self._answered(request, said, answer, fields)

    async def preflight(self, _: Request) -> Response:
        """Scripts of other sites may post JSON."""
        return Response(status_code=204, headers=_FROM_ANYWHERE)

    async def ask_confirm(self, request: Request) -> Response:
        """What is about to be confirmed, with a button; opening it confirms nothing (A76)."""
        word = request.path_params["word"]
        return self._confirmation(request, await self.desk.look(signups.find, self.workspace, word))

    async def confirm(self, request: Request) -> Response:
        """Yes, or “this was not me”, which a mail program's own unsubscribe says, too."""
        body, word = await read_body(request, LARGEST_FORM) or b"", request.path_params["word"]
        answer = parse_form(body).get("answer")
        if answer == ["yes"]:
            signup = await self.desk.write(
                signups.confirm, self.workspace, word, network=self.gatehouse.network(request)
            )
            return self._said(request, signup, "confirmed")
        if answer == ["no"] or is_one_click(body):
            signup = await self.desk.write(signups.decline, self.workspace, word)
            return self._said(request, signup, "declined")
        return await self.ask_confirm(request)

    def _read(self, request: Request, said: Words, fields: dict[str, list[str]]) -> Form:
        first = {name: values[0] for name, values in fields.items() if values}
        here = request.path_params.get("list")
        return Form(
            email=first.get("email", ""),
            lists=(here,) if here else tuple(fields.get("list", ())),
            language=said.language,
            wording=signups.consent_text(self.workspace, said),
            word=first.get("form", ""),
            trap=first.get("homepage", ""),
            name=first.get("name", ""),
            tracking=first.get("tracking") == "yes",
            answers=answers(first),
        )

    def _answered(
        self, request: Request, said: Words, answer: Answer, fields: dict[str, list[str]]
    ) -> Response:
        match answer:
            case Answer.ASKED:
                return self.desk.page("asked", said)
            case Answer.JOINED:
                return self.desk.message("joined", said)
            case Answer.FULL:
                full = self.desk.message("subscribe_full", said, status=_STATUS[answer])
                full.headers["Retry-After"] = "3600"
                return full
            case Answer.UNKNOWN_LIST:
                return self.desk.message("missing", said, status=_STATUS[answer])
        return self._form(request, said, fields, mistake=answer.value.replace(" ", "_"))

    def _form(
        self, request: Request, said: Words, fields: dict[str, list[str]], mistake: str = ""
    ) -> Response:
        chosen, here = fields.get("list", ()), request.path_params.get("list")
        choices = tuple(
            Choice(key, rule.title, rule.description, chosen=key in chosen)
            for key, rule in self.workspace.settings.lists.items()
            if rule.public and here in (None, key)
        )
        if not choices:
            return self.desk.message("missing", said, status=404)
        first = {name: values[0] for name, values in fields.items() if values}
        known = answers(first)
        return self.desk.page(
            "subscribe",
            said,
            status=422 if mistake else 200,
            choices=choices,
            questions=tuple(
                replace(one, value=known.get(one.key) or None)
                for one in questions(self.workspace, {})
            ),
            email=first.get("email", ""),
            name=first.get("name", ""),
            tracking=first.get("tracking") == "yes",
            mistake=mistake,
            word=signups.form_word(self.workspace),
            consent=signups.consent_text(self.workspace, said),
        )

    def _confirmation(self, request: Request, signup: Signup | None) -> Response:
        if signup is None:
            return self._old(request)
        if signup.confirmed_at is not None:
            return self._said(request, signup, "confirmed")
        rules = self.workspace.settings.lists
        choices = [rules[key] for key in signup.wish.lists if key in rules]
        said = self.desk.words(request, signup.wish.language)
        return self.desk.page("confirm", said, choices=choices)

    def _said(self, request: Request, signup: Signup | None, key: str) -> Response:
        if signup is None:
            return self._old(request)
        return self.desk.message(key, self.desk.words(request, signup.wish.language))

    def _old(self, request: Request) -> Response:
        days = max(self.workspace.settings.privacy.unconfirmed.days, 1)
        return self.desk.message("confirm_old", self.desk.words(request), status=404, days=days)


def _json_fields(body: bytes) -> dict[str, list[str]]:
    """JSON in the shape of a form: `lists` are its lists, `attributes` what is said of a person."""
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(given, dict):
        return {}
    fields = {name: [_text(given[name])] for name in _JSON_NAMES if given.get(name) is not None}
    fields["list"] = [_text(key) for key in _list(given.get("lists"))]
    fields["tracking"] = ["yes" if given.get("tracking") is True else ""]
    about = given.get("attributes")
    for name, value in about.items() if isinstance(about, dict) else ():
        fields[f"{ABOUT}{name}"] = [_text(value)]
    return fields


_JSON_NAMES = ("email", "name", "language", "form", "homepage")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    return str(value) if isinstance(value, str | int | float) else ""
