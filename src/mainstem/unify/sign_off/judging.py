"""What whoever signs must know first: what is open, and what nobody looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.wording import counted
from mainstem.unify.sign_off.model import NotInspected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mainstem.unify.sign_off.model import SignOff

NOT_VERIFIED = "not verified: `mainstem unify verify` compares sources and target"
UNEXPLAINED = "unexplained"
NOT_EXPECTED = (
    "nobody said what the database must hold: `mainstem verify expect` holds it against a file"
)
NOT_PROVEN = "isolation not proven: `mainstem verify isolation` proves it"


def open_points(page: SignOff) -> list[str]:
    """What speaks against signing, each in a sentence; empty: nothing that the tool knows."""
    return [
        *_of_the_run(page),
        *_of_the_verification(page),
        *_of_the_isolation(page),
        *_of_the_expectations(page),
    ]


def _of_the_run(page: SignOff) -> Iterator[str]:
    if page.run.state != "finished":
        yield f"the run is {page.run.state}, not finished"
    unbalanced = [each.account for each in page.accounts if each.account.missing]
    for account in unbalanced:
        yield f"{counted(abs(account.missing), 'row')} of {account.source_table} {UNEXPLAINED}"
    waiting = page.total("quarantined")
    if waiting:
        yield f"{counted(waiting, 'row')} in quarantine"
    if page.backup is not None and page.backup.path is None:
        yield f"no backup of the target was taken: {page.backup.reason}"


def _of_the_verification(page: SignOff) -> Iterator[str]:
    found = page.verified
    if found is None:
        yield NOT_VERIFIED
        return
    if not found.is_passed:
        yield f"verification failed: {found.summary}"
    if is_older(page, found.at):
        yield "verified before rows were last written: verify again"


def _of_the_isolation(page: SignOff) -> Iterator[str]:
    proof, checked = page.isolation, page.checked
    if proof is None:
        yield NOT_PROVEN
    else:
        if not proof.is_passed:
            yield f"isolation: {counted(proof.count('leak'), 'leak')} found"
        if is_older(page, proof.at):
            yield "isolation proven before rows were last written: prove it again"
    if checked is not None and not checked.is_passed:
        yield f"mainstem check: {checked.summary}"


def _of_the_expectations(page: SignOff) -> Iterator[str]:
    for each in page.expected:
        if not each.is_passed:
            yield f"expectations of {each.file}: {each.passed} of {len(each.outcomes)} passed"
        if is_older(page, each.at):
            yield (
                f"expectations of {each.file} tried before rows were last written: try them again"
            )


def is_older(page: SignOff, at: datetime | None) -> bool:
    """Whether something was found out before the run, or a pass after it, last wrote rows."""
    return at is not None and page.last_written_at is not None and at < page.last_written_at


def not_inspected(page: SignOff) -> tuple[NotInspected, ...]:
    """What was not compared, not exercised and not carried over, with the reason."""
    return (
        *_not_compared(page),
        *_not_exercised(page),
        *(() if page.expected else (NotInspected("expectations", "any", NOT_EXPECTED),)),
        *(NotInspected(lost.kind, lost.name, lost.reason) for lost in page.not_carried),
    )


def _not_compared(page: SignOff) -> Iterator[NotInspected]:
    if page.verified is None:
        yield NotInspected("verification", "all tables", NOT_VERIFIED)
        return
    compared = {table.table for table in page.verified.tables}
    for each in page.accounts:
        account = each.account
        if account.source_table not in compared:
            reason = "not carried over" if account.target_table is None else "no comparison is kept"
            yield NotInspected("rows", account.source_table, reason)
    for table in page.verified.tables:
        for column, reason in table.not_compared.items():
            yield NotInspected("column", f"{table.table}.{column}", reason)
    for further in page.further:
        yield NotInspected(
            "further rows",
            further.target,
            "their number is checked, their values are what the plan's SQL makes of loaded rows",
        )
    for note in page.verified.notes:
        yield NotInspected("verification", "note", note)


def _not_exercised(page: SignOff) -> Iterator[NotInspected]:
    if page.isolation is None:
        yield NotInspected("isolation", "all tables, views and functions", NOT_PROVEN)
        return
    for each in page.isolation.objects:
        if each.verdict == "not exercised":
            yield NotInspected(f"isolation of a {each.kind}", each.name, each.reason)
