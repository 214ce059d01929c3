"""Reads every source, runs the checks and makes the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.errors import SourceError
from mainstem.unify.audit.checking import run_checks
from mainstem.unify.audit.discovery import discover
from mainstem.unify.audit.model import Report
from mainstem.unify.audit.reading import read_subject
from mainstem.unify.audit.sources import not_inspected, sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainstem.unify.audit.cache import Cache
    from mainstem.unify.audit.discovery import Discovery, Given
    from mainstem.unify.audit.model import Check
    from mainstem.unify.audit.reading import Progress
    from mainstem.unify.audit.subject import Subject


@dataclass(frozen=True)
class Audit:
    """A report and what it was made from."""

    report: Report
    subject: Subject
    discovery: Discovery


def audit(
    given: Given, *, checks: Sequence[Check], cache: Cache | None, progress: Progress
) -> Audit:
    """Audit a repository and the databases that were named with it.

    Args:
        given: the folder and what a person named; the rest is looked for.
        checks: those to run.
        cache: what earlier audits read; None reads everything anew.
        progress: is told what is being done.

    Raises:
        SourceError: there is nothing to audit, or something that was named is not there.
        ServerError: a database that was named cannot be reached.
    """
    discovery = discover(given)
    if not (discovery.migrations or discovery.code or discovery.documents or given.databases):
        raise SourceError(
            f"{given.root} holds no migrations, code or Markdown; name the root of a repository, "
            "or a database with --database"
        )
    subject = read_subject(discovery, given.databases, cache=cache, progress=progress)
    progress("checking")
    report = Report(
        sources=sources(discovery, subject),
        findings=run_checks(subject, checks),
        not_inspected=not_inspected(discovery, subject),
        checks_run=len(checks),
    )
    return Audit(report, subject, discovery)
