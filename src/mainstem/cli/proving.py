"""The steps of a quickstart that prove what the database is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from mainstem.checks import run_checks
from mainstem.pg.connect import connect
from mainstem.server.store import record_checks
from mainstem.unify import expect, isolation
from mainstem.unify.expect.keeping import keep as keep_expectations
from mainstem.unify.isolation.keeping import keep

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mainstem.cli.setting import Setting

_SHOWN_MAX = 10


def prove_isolation(setting: Setting) -> bool:
    """Try to cross from tenant to tenant, through every table, view and function."""
    with setting.steps.step("Isolation") as step:
        proof = isolation.prove(setting.url)
        keep(proof, setting.url)
        counts = ", ".join(
            f"{count} {verdict.value}" for verdict, count in proof.counts.items() if count
        )
        step.say(f"{counts}; {proof.attempt_count:,} attempts to cross")
    _complain(setting, (f"{leak.kind} {leak.name}: {leak.reason}" for leak in proof.leaks))
    return not proof.leaks


def prove_expectations(setting: Setting, path: Path) -> bool:
    """Hold the database against a file of expectations."""
    with setting.steps.step("Expectations") as step:
        outcomes = list(expect.prove(expect.read_expectations(path), setting.url))
        keep_expectations(outcomes, setting.url, file=path)
        missed = [outcome for outcome in outcomes if not outcome.is_met]
        step.say(f"{len(outcomes) - len(missed)} of {len(outcomes)} passed")
    _complain(setting, (f"{one.expectation.title}: {one.reason}" for one in missed))
    return not missed


def check(setting: Setting) -> bool:
    """Prove rules and isolation of the platform; the result stands with the run."""
    with setting.steps.step("Checks") as step, connect(setting.url) as connection:
        report = run_checks(connection)
        step.say(report.summary)
        record_checks(connection, passed=report.passed, total=report.total)
    _complain(setting, map(str, report.findings))
    return report.is_passed


def _complain(setting: Setting, lines: Iterable[str]) -> None:
    for line in list(lines)[:_SHOWN_MAX]:
        setting.console.print(Text(f"     {line}", style="red"))
