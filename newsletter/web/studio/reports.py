"""Reports: of an issue, with a heat map over it, and across issues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from newsletter.reports import issue_charts, trend_charts
from newsletter.reports.drawn import counted, percent
from newsletter.reports.glance import glance
from newsletter.reports.heat import TINTS
from newsletter.usecases import heat_map, report_letter, report_mail, reporting
from newsletter.web.studio.desk import HEADERS
from newsletter.web.studio.rendition import framed_response

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from newsletter.app import Workspace
    from newsletter.domain.report import IssueReport
    from newsletter.domain.trends import Trends
    from newsletter.reports.drawn import Drawn
    from newsletter.web.studio.desk import Desk, Form


def routes(desk: Desk) -> list[BaseRoute]:
    """GET /i/{slug}/report with its downloads and heat map, GET /reports, POST …/report/mail."""

    async def report(request: Request) -> Response:
        slug = request.path_params["slug"]
        if not await desk.ask(reporting.is_reported, desk.workspace, slug):
            return desk.panel(request, "unreported", slug=slug)
        found = await desk.ask(reporting.report, desk.workspace, slug)
        if "HX-Request" in request.headers:
            return desk.page("report_summary", slug=slug, **_figures(found))
        page = await desk.ask(_issue_page, desk.workspace, found)
        return desk.page("report", slug=slug, **_figures(found), **page)

    async def heat(request: Request) -> Response:
        version = request.query_params.get("version", "")
        found = await desk.ask(reporting.report, desk.workspace, request.path_params["slug"])
        frame = await desk.ask(heat_map.heat_frame, desk.workspace, found, version)
        return framed_response(frame)

    async def mail(request: Request, _: Form) -> Response:
        slug = request.path_params["slug"]
        await desk.ask(report_mail.mail_again, desk.workspace, slug)
        return RedirectResponse(f"/i/{slug}/report", 303, HEADERS)

    async def across(_: Request) -> Response:
        found = await desk.ask(reporting.trends, desk.workspace)
        return desk.page(
            "reports",
            trends=found,
            charts=_trend_charts(desk.workspace, found),
            counted=counted,
            percent=percent,
        )

    return [
        Route("/i/{slug}/report", report, methods=["GET"]),
        Route("/rendition/{slug}/heat", heat, methods=["GET"]),
        desk.change("/i/{slug}/report/mail", mail),
        Route("/reports", across, methods=["GET"]),
        *_downloads(desk),
    ]


def _downloads(desk: Desk) -> Iterator[Route]:
    def issue_file(form: str) -> Route:
        async def answer(request: Request) -> Response:
            slug = request.path_params["slug"]
            found = await desk.ask(reporting.report, desk.workspace, slug)
            return _download(found, form, f"report-{slug}")

        return Route(f"/i/{{slug}}/report.{form}", answer, methods=["GET"])

    def trends_file(form: str) -> Route:
        async def answer(_: Request) -> Response:
            found = await desk.ask(reporting.trends, desk.workspace)
            return _download(found, form, "reports")

        return Route(f"/reports.{form}", answer, methods=["GET"])

    for form in ("json", "csv"):
        yield issue_file(form)
        yield trends_file(form)


def _figures(report: IssueReport) -> dict[str, Any]:
    """What the page and the panel both tell."""
    return {
        "report": report,
        "figures": glance(report),
        "counted": counted,
        "percent": percent,
    }


def _issue_page(workspace: Workspace, report: IssueReport) -> dict[str, Any]:
    """What only the page tells."""
    names = {rule.key: rule.title for rule in workspace.settings.sections}
    return {
        "charts": {
            "hours": issue_charts.first_hours(report),
            "compared": issue_charts.compared(report),
            "sections": issue_charts.clicked("section", "By section", report.sections, names),
            "briefs": issue_charts.clicked("brief", "By brief", report.briefs, names),
            "links": issue_charts.clicked("link", "By link", report.links, names),
            "causes": issue_charts.bounced("cause", "Why mails bounced", report.bounces_by_cause),
            "domains": issue_charts.bounced(
                "domain", "Where mails bounced", report.bounces_by_domain
            ),
        },
        "told_apart": issue_charts.told_apart(report),
        "mails": report_mail.report_mails(workspace, report.issue),
        "mail_to": workspace.settings.reports.mail_to,
        "mail_is_over": report_mail.is_over(workspace, report.began_at),
        "mailed_versions": tuple(heat_map.mailed_versions(workspace, report.issue)),
        "subject": report_letter.subject(workspace, report.issue),
        "tints": TINTS,
    }


def _trend_charts(workspace: Workspace, trends: Trends) -> dict[str, Drawn]:
    titles = {rule.key: rule.title for rule in workspace.settings.sections}
    sections = ("section", "Sections readers care for", trends.sections, titles)
    return {
        "issues": trend_charts.issues(trends),
        "sizes": trend_charts.sizes(trends),
        "cohorts": trend_charts.cohorts(trends),
        "complaints": trend_charts.complaints(trends),
        "sections": trend_charts.interests(*sections),
        "sources": trend_charts.interests("source", "Sources readers care for", trends.sources),
    }


def _download(found: IssueReport | Trends, form: str, name: str) -> Response:
    """A file of all figures, as JSON or as the rows the command line writes."""
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    if form == "json":
        body = orjson.dumps(found, option=orjson.OPT_INDENT_2)
        return Response(body, media_type="application/json", headers=headers)
    return Response(reporting.as_csv(found), media_type="text/csv", headers=headers)
