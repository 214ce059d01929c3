"""Infers a whole missing table: columns, keys, policies, indexes, trigger, and what is open."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from mainstem.kit.wording import counted, listed
from mainstem.unify.audit.fix.columns import infer_columns, is_guessed
from mainstem.unify.audit.fix.conventions import conventions_of, policies_like_siblings
from mainstem.unify.audit.fix.model import InferredIndex, InferredTable
from mainstem.unify.audit.usage import Usage, usage_by_name
from mainstem.unify.catalog.database import Database, ObjectName
from mainstem.unify.code.model import Operation, Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mainstem.unify.audit.fix.conventions import Conventions
    from mainstem.unify.audit.fix.model import InferredColumn, InferredPolicy
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.replay.model import MissingParent

#: a column that code filters by at so many places deserves an index
_FILTERED_MIN: Final = 2


def infer_table(
    subject: Subject, name: ObjectName, *, missing: frozenset[ObjectName]
) -> InferredTable:
    """Infer the table from code, foreign keys and the tables beside it.

    Args:
        subject: what was read.
        name: the table that nothing creates.
        missing: all tables that nothing creates, that one among them.
    """
    database = subject.replay.database if subject.replay else Database("", 0, ())
    parents = [
        key for key in (subject.replay.missing_parents if subject.replay else ())
        if key.parent == name
    ]  # fmt: skip
    usage = usage_by_name(subject).get(name, Usage(name, ()))
    conventions = conventions_of(database, schema=name.schema)
    columns = infer_columns(usage, parents, conventions, database, missing=missing - {name})
    tenant = conventions.tenant_column
    names = frozenset(column.name for column in columns)
    policies, _ = policies_like_siblings(database, name, names, tenant)
    return InferredTable(
        name=name,
        wanted_by=tuple(_wanted_by(usage, parents)),
        columns=columns,
        primary_key=("id",) if "id" in names else (),
        unique=tuple(_unique(usage)),
        policies=policies,
        indexes=tuple(_indexes(columns, usage, tenant)),
        updated_at_function=_updated_at_function(columns, conventions),
        questions=tuple(_questions(usage, columns, policies, database)),
    )


def _wanted_by(usage: Usage, parents: Sequence[MissingParent]) -> Iterator[str]:
    if usage.product:
        yield f"code uses it {usage.where}"
    if parents:
        keys = ", ".join(f"{key.table}.{', '.join(key.columns)}" for key in parents)
        yield f"{counted(len(parents), 'foreign key')} lead to it: {keys}"


def _unique(usage: Usage) -> Iterator[tuple[tuple[str, ...], str]]:
    """`on conflict` needs a unique constraint over exactly those columns."""
    seen: set[tuple[str, ...]] = set()
    for use in usage.product:
        columns = tuple(column.name for column in use.columns if column.role is Role.CONFLICT)
        if columns and columns != ("id",) and columns not in seen:
            seen.add(columns)
            yield columns, f"the conflict target of the upsert at {use.place}"


def _indexes(
    columns: Sequence[InferredColumn], usage: Usage, tenant: str | None
) -> Iterator[InferredIndex]:
    filtered = Counter(
        column.name
        for use in usage.product
        for column in {
            used.name: used for used in use.columns if used.role is Role.FILTERED
        }.values()
    )
    for column in columns:
        if column.name == "id":
            continue
        if column.reference is not None:
            yield InferredIndex((column.name,), "a foreign key is checked from both sides")
        elif column.name == tenant:
            yield InferredIndex((column.name,), "every policy and most queries ask for the tenant")
        elif filtered[column.name] >= _FILTERED_MIN:
            yield InferredIndex(
                (column.name,), f"code filters by it in {filtered[column.name]} queries"
            )


def _updated_at_function(
    columns: Sequence[InferredColumn], conventions: Conventions
) -> tuple[ObjectName, str] | None:
    if conventions.updated_at_function is None:
        return None
    if not any(column.name == "updated_at" for column in columns):
        return None
    function, example = conventions.updated_at_function
    return function, f"like {example}"


def _questions(
    usage: Usage,
    columns: Sequence[InferredColumn],
    policies: Sequence[InferredPolicy],
    database: Database,
) -> Iterator[str]:
    if not usage.product:
        yield "code does not use the table, so only foreign keys tell of its columns"
    elif not any(use.operation in {Operation.INSERT, Operation.UPSERT} for use in usage.product):
        yield "code never inserts into it; which program fills it, and with which columns?"
    if any(use.reads_all for use in usage.product):
        yield "code also reads it with `*`, so there may be columns that no line names"
    guessed = [column.name for column in columns if is_guessed(column)]
    if guessed:
        yield f"nothing shows the type of {listed(guessed, most=len(guessed))}: text is a guess"
    protected = [table for table in database.tables if table.is_row_security_on]
    if not policies and protected:
        yield (
            "row-level security is on without a policy, because no table beside it has one that "
            "fits: until you write one nobody but the owner sees a row"
        )
    if len(columns) <= 1:
        yield "only its key is known"
