"""What audits found: by severity, check, table and place."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from litestar import Response, get
from litestar.params import FromPath

from mainstem.errors import ConfigError, RefusedError
from mainstem.server.api_unify import PlansDependency
from mainstem.server.unify_pages.operator import missing, read_frame, require_operator
from mainstem.server.unify_pages.places import Folder
from mainstem.web import AnyVisit, Column, Filter, Kind, Listed, Listing, Wish
from mainstem.web.wording import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.server.api_unify import Plans
    from mainstem.server.unify_pages.places import AuditReport

SEVERITIES = ("error", "warning", "note")
CHECKS_SHOWN_MAX = 100
_HEADING = re.compile(r"^(## .*)$", re.MULTILINE)


@get("/unify/audits/{audit:str}")
async def findings(
    visit: AnyVisit, plans: PlansDependency, audit: FromPath[str]
) -> Response[bytes]:
    """The findings of an audit."""
    require_operator(visit)
    report = await _report(plans, audit)
    wish = Wish.read(_listing(audit, report), visit.request.query_params.multi_items())
    listed = Listed.of(wish, _rows(report))
    await read_frame(visit)
    return visit.page("unify_audit.html", name=audit, report=report, listed=listed)


@get("/unify/audits/{audit:str}/{number:int}")
async def finding(
    visit: AnyVisit,
    plans: PlansDependency,
    audit: FromPath[str],
    number: FromPath[int],
) -> Response[bytes]:
    """One finding: every place that shows it, and what to do."""
    from mainstem.unify.audit.registry import all_checks  # noqa: PLC0415 - slow to import

    require_operator(visit)
    report = await _report(plans, audit)
    if not 1 <= number <= len(report.findings):
        raise missing("finding")
    found = report.findings[number - 1]
    check = next((each for each in all_checks() if each.name == found.check), None)
    await read_frame(visit)
    parts = _parts(check.page) if check is not None else []
    return visit.page("unify_finding.html", name=audit, found=found, check=check, parts=parts)


HANDLERS = (findings, finding)


async def _report(plans: Plans, name: str) -> AuditReport:
    try:
        return await asyncio.to_thread(Folder(plans.folder).audit, name)
    except ConfigError as error:
        raise RefusedError("unreadable", str(error), status=422) from error


def _parts(page: str) -> list[tuple[str, str]]:
    """A check's page as headings, code and paragraphs; these pages hold no other Markdown."""
    found = []
    for position, block in enumerate(page.split("```")):
        if position % 2:
            found.append(("code", block.partition("\n")[2].rstrip()))
            continue
        for each in filter(None, (part.strip() for part in _HEADING.split(block))):
            title = each.removeprefix("## ")
            found.append(("text", each) if title == each else ("heading", title))
    return found


def _listing(audit: str, report: AuditReport) -> Listing:
    checks = sorted({each.check for each in report.findings})[:CHECKS_SHOWN_MAX]
    kinds = sorted({each.evidence[0].source for each in report.findings if each.evidence})
    return Listing(
        page="findings",
        path=f"/unify/audits/{audit}",
        title="Findings",
        many="findings",
        query=b"",
        columns=(
            Column("message", "Finding", link=f"/unify/audits/{audit}/{{number}}"),
            Column("severity", "Severity", Kind.STATE),
            Column("table", "Table", Kind.CODE),
            Column("place", "Where", Kind.CODE),
            Column("check", "Check", Kind.CODE, is_shown=False),
            Column("places", "Places", Kind.NUMBER, is_shown=False),
        ),
        filters=(
            Filter("severity", "Severity", tuple((each, words(each)) for each in SEVERITIES)),
            Filter("check", "Check", tuple((each, each) for each in checks)),
            Filter("source", "Read in", tuple((each, words(each)) for each in kinds)),
        ),
        search=("message", "table", "column", "place"),
        client_column=None,
        hint="Nothing that the checks look for is there.",
    )


def _rows(report: AuditReport) -> Iterator[dict[str, object]]:
    for number, each in enumerate(report.findings, start=1):
        first = each.evidence[0] if each.evidence else None
        yield {
            "number": number,
            "message": each.message,
            "severity": each.severity,
            "check": each.check,
            "table": each.table,
            "column": each.column,
            "place": first.at if first is not None else None,
            "source": first.source if first is not None else None,
            "places": len(each.evidence),
        }
