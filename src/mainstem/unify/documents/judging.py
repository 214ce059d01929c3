"""Holds the claims of documents against the databases, or against what the migrations build."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.kit.wording import counted, listed
from mainstem.unify.audit.evidence import catalog_name
from mainstem.unify.audit.origin import missing_usages
from mainstem.unify.documents.model import ClaimKind

if TYPE_CHECKING:
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.audit.usage import Usage
    from mainstem.unify.catalog.database import Database
    from mainstem.unify.documents.model import Claim


class Verdict(enum.Enum):
    """What became of a claim."""

    TRUE = "true"
    FALSE = "false"
    NOT_CHECKABLE = "not checkable"


@dataclass(frozen=True)
class Judgement:
    """A claim and what is true.

    `reason` says what is true instead of a false claim, or why one cannot be judged. `faults` are
    the tables that make it false: missing, there though they should not be, or without row-level
    security. `usages` are the tables that code uses and nothing makes, where they make it false.
    """

    claim: Claim
    verdict: Verdict
    reason: str
    faults: tuple[str, ...] = ()
    usages: tuple[Usage, ...] = ()


def judge_claims(subject: Subject) -> tuple[Judgement, ...]:
    """Every claim of the documents judged, in their order; that work goes on is not judged.

    A claim holds if one of the live databases fulfils it: a document is about one of them, and does
    not say which. Without a live database what the migrations build is the measure.
    """
    if subject.documents is None:
        return ()
    claims = [claim for claim in subject.documents.claims if claim.kind is not ClaimKind.OPEN]
    databases = subject.databases or subject.catalogs
    if not databases:
        reason = "there are no migrations and no database to hold it against"
        return tuple(Judgement(claim, Verdict.NOT_CHECKABLE, reason) for claim in claims)
    measures = [_Measure(database, catalog_name(subject, database)) for database in databases]
    unmade = _used_and_never_made(subject, databases)
    return tuple(_judge(claim, measures, unmade) for claim in claims)


def _used_and_never_made(subject: Subject, databases: tuple[Database, ...]) -> tuple[Usage, ...]:
    """What code of the product uses and none of the databases has."""
    missing = [
        {usage.name: usage for usage in missing_usages(subject, database) if usage.product}
        for database in databases
    ]
    first, *others = missing
    return tuple(first[name] for name in first if all(name in other for other in others))


def _judge(claim: Claim, measures: list[_Measure], unmade: tuple[Usage, ...]) -> Judgement:
    judged = [measure.judge(claim) for measure in measures]
    best = min(judged, key=lambda one: (_ORDER[one.verdict], len(one.faults)))
    is_all_done = claim.kind is ClaimKind.COMPLETE and claim.is_total
    if is_all_done and best.verdict is not Verdict.FALSE and unmade:
        names = tuple(str(usage.name) for usage in unmade)
        reason = f"code uses {listed(names)}, which nothing creates"
        return Judgement(claim, Verdict.FALSE, reason, names, unmade)
    return best


_ORDER = {Verdict.TRUE: 0, Verdict.FALSE: 1, Verdict.NOT_CHECKABLE: 2}


@dataclass(frozen=True)
class _Measure:
    """One database to hold claims against, and what messages call it."""

    database: Database
    name: str

    def judge(self, claim: Claim) -> Judgement:
        match claim.kind:
            case ClaimKind.TABLE_COUNT if not claim.names:
                return self._count(claim)
            case ClaimKind.ROW_SECURITY:
                return self._row_security(claim)
            case ClaimKind.RATIO:
                return self._ratio(claim)
            case _:
                return self._lists(claim)

    def _lists(self, claim: Claim) -> Judgement:
        """The tables that must be there, and those that must not."""
        is_absence = claim.kind is ClaimKind.ABSENT
        wanted, unwanted = ((), claim.names) if is_absence else (claim.names, claim.absent_names)
        if not wanted and not unwanted:
            reason = "the document does not say, or says two things of, which tables it is about"
            return Judgement(claim, Verdict.NOT_CHECKABLE, reason)
        missing = tuple(name for name in wanted if not self._has(name))
        present = tuple(name for name in unwanted if self._has(name))
        if not missing and not present:
            return Judgement(claim, Verdict.TRUE, f"it is so in {self.name}")
        parts = [f"{listed(missing)} {_are(missing)} missing"] if missing else []
        parts += [f"{listed(present)} {_are(present)} there"] if present else []
        reason = f"in {self.name} {' and '.join(parts)}"
        return Judgement(claim, Verdict.FALSE, reason, (*missing, *present))

    def _ratio(self, claim: Claim) -> Judgement:
        """`12/12`: as many tables as it says are there, or rightly are not."""
        total = len(claim.names) + len(claim.absent_names)
        if total != claim.of:
            reason = "the document does not list what was counted"
            return Judgement(claim, Verdict.NOT_CHECKABLE, reason)
        judged = self._lists(claim)
        holding = total - len(judged.faults)
        if holding == claim.number:
            return Judgement(claim, Verdict.TRUE, f"{holding} of {total} hold in {self.name}")
        why = f": {judged.reason}" if judged.faults else f" in {self.name}"
        reason = f"{holding} of {total} hold{why}"
        return Judgement(claim, Verdict.FALSE, reason, judged.faults)

    def _count(self, claim: Claim) -> Judgement:
        """A number of tables without a list: more than there are is false in any case."""
        said = claim.number or 0
        there = sum(table.name.schema == "public" for table in self.database.tables)
        reason = f"in {self.name} {'is' if there == 1 else 'are'} {counted(there, 'table')}"
        is_enough = there >= said if f"{said}+" in claim.text else there == said
        if is_enough:
            return Judgement(claim, Verdict.TRUE, reason)
        if claim.is_total or there < said:
            return Judgement(claim, Verdict.FALSE, reason)
        reason = "the document does not list the tables that it counts"
        return Judgement(claim, Verdict.NOT_CHECKABLE, reason)

    def _row_security(self, claim: Claim) -> Judgement:
        tables = [table for table in self.database.tables if table.name.schema == "public"]
        if claim.names:
            tables = [table for table in tables if table.name.name in claim.names]
        if not tables:
            reason = f"none of its tables is in {self.name}"
            return Judgement(claim, Verdict.NOT_CHECKABLE, reason)
        off = tuple(str(table.name) for table in tables if not table.is_row_security_on)
        if not off:
            reason = f"all {counted(len(tables), 'table')} have it on in {self.name}"
            return Judgement(claim, Verdict.TRUE, reason)
        reason = f"{len(off)} of {counted(len(tables), 'table')} have it off in {self.name}"
        return Judgement(claim, Verdict.FALSE, f"{reason}: {listed(off)}", off)

    def _has(self, name: str) -> bool:
        return any(name.lower() == known.name.lower() for known in self.database.by_name)


def _are(names: tuple[str, ...]) -> str:
    return "is" if len(names) == 1 else "are"
