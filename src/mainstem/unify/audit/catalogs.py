"""Looks for the same faults in every catalog: what the migrations build, and live databases.

A fault that several catalogs have is one finding, with evidence from each.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.unify.audit.evidence import one_line
from mainstem.unify.audit.model import Evidence, Found, Severity, SourceKind
from mainstem.unify.plan.names import name_sql
from mainstem.unify.replay.creations import of_table
from mainstem.unify.replay.model import ObjectKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, ObjectName, Policy
    from mainstem.unify.replay.model import Creation, Replay

_RELATIONS = (ObjectKind.TABLE, ObjectKind.VIEW, ObjectKind.MATERIALIZED_VIEW)


@dataclass(frozen=True)
class Fault:
    """A fault in one catalog; `shown` is what the catalog says that shows it.

    `made_by` is the object whose creation a reader should look at; the relation where it is None.
    """

    message: str
    shown: str
    relation: ObjectName | None = None
    column: str | None = None
    fix: str | None = None
    severity: Severity | None = None
    made_by: tuple[ObjectKind, ObjectName] | None = None


def in_catalogs(subject: Subject, look: Callable[[Database], Iterable[Fault]]) -> Iterator[Found]:
    """What `look` finds in each catalog of the subject, the same faults together."""
    places = _Places(subject.replay)
    faults: dict[tuple[ObjectName | None, str | None, str], list[tuple[Fault, Evidence]]]
    faults = defaultdict(list)
    for database in subject.catalogs:
        is_replayed = subject.replay is not None and database is subject.replay.database
        for fault in look(database):
            shown = places.evidence(fault) if is_replayed else _of_database(database, fault)
            faults[fault.relation, fault.column, fault.message].append((fault, shown))
    for entries in faults.values():
        yield _found(entries)


def as_sql(name: ObjectName) -> str:
    """A name for a statement that people paste: with quotes where it needs them."""
    own = name_sql(name.name)
    return own if name.schema == "public" else f"{name_sql(name.schema)}.{own}"


def alter_column(table: ObjectName, column: str, change: str) -> str:
    """The statement that changes a column."""
    return f"alter table {as_sql(table)} alter column {name_sql(column)} {change}"


def policy_made(table: ObjectName, policy: Policy) -> tuple[ObjectKind, ObjectName]:
    """What `Fault.made_by` says for a policy."""
    return ObjectKind.POLICY, of_table(table, policy.name)


def _found(entries: list[tuple[Fault, Evidence]]) -> Found:
    fault = entries[0][0]
    return Found(
        message=fault.message,
        table=str(fault.relation) if fault.relation is not None else None,
        column=fault.column,
        evidence=tuple(dict.fromkeys(evidence for _, evidence in entries)),
        fix=fault.fix,
        severity=fault.severity,
    )


def _of_database(database: Database, fault: Fault) -> Evidence:
    return Evidence(SourceKind.DATABASE, f"{database.name}: {one_line(fault.shown)}")


class _Places:
    """Finds the statement of a migration that made an object as it is."""

    def __init__(self, replay: Replay | None) -> None:
        self._made: dict[tuple[ObjectKind, ObjectName], Creation] = {}
        for creation in replay.creations if replay is not None else ():
            if creation.is_applied and not creation.is_dropped:
                self._remember(creation)

    def _remember(self, creation: Creation) -> None:
        """The last statement counts, but of guarded ones for a table the first: it made it."""
        key = (creation.kind, creation.name)
        if creation.kind is not ObjectKind.TABLE or key not in self._made:
            self._made[key] = creation

    def evidence(self, fault: Fault) -> Evidence:
        """What shows the fault, at the place where it was made as far as that is known."""
        made = next((self._made[key] for key in _makers(fault) if key in self._made), None)
        file, line = (made.file, made.line) if made is not None else (None, None)
        return Evidence(SourceKind.MIGRATIONS, one_line(fault.shown), file, line)


def _makers(fault: Fault) -> Iterator[tuple[ObjectKind, ObjectName]]:
    """The objects whose creation shows the fault, the closest first."""
    if fault.made_by is not None:
        yield fault.made_by
    if fault.relation is not None:
        yield from ((kind, fault.relation) for kind in _RELATIONS)
