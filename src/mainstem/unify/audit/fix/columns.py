"""Infers the columns of a table that nothing creates, from how it is used and from its siblings.

The evidence for a type, the strongest first: the foreign keys that lead to the column, the tables
that name a column the same, the values that code writes or compares, and last the name alone. What
disagrees becomes a question.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mainstem.kit.naming import referenced_name, same_table
from mainstem.unify.audit.fix.model import InferredColumn, Reference
from mainstem.unify.code.model import Operation, Place, Role
from mainstem.unify.plan.names import short_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mainstem.unify.audit.fix.conventions import Conventions
    from mainstem.unify.audit.usage import Usage
    from mainstem.unify.catalog.database import Database, ObjectName, Relation
    from mainstem.unify.code.model import TableUse
    from mainstem.unify.replay.model import MissingParent

_TYPES: Final = {
    "text": "text",
    "uuid": "uuid",
    "integer": "integer",
    "number": "numeric",
    "boolean": "boolean",
    "timestamp": "timestamptz",
    "json": "jsonb",
    "array": "jsonb",
}
#: how the end of a name speaks of its type, when nothing else does
_ENDINGS: Final = (
    (("_at",), "timestamptz"),
    (("_count", "_total", "_index", "_order", "position"), "integer"),
    (("metadata", "settings", "config", "payload", "_data", "_json"), "jsonb"),
)
_STARTS: Final = ((("is_", "has_", "can_"), "boolean"),)
_PLACES_MAX: Final = 3
_GUESSED: Final = "a guess: nothing shows its type"


@dataclass
class _Gathered:
    """What is known of one column before it is decided."""

    values: dict[str, list[Place]] = field(default_factory=lambda: defaultdict(list))
    roles: set[Role] = field(default_factory=set)
    places: list[Place] = field(default_factory=list)
    referenced_by: list[tuple[MissingParent, str]] = field(default_factory=list)


def infer_columns(
    usage: Usage,
    parents: Sequence[MissingParent],
    conventions: Conventions,
    database: Database,
    *,
    missing: frozenset[ObjectName],
) -> tuple[InferredColumn, ...]:
    """The columns of the table, the key first and the times last.

    `missing` are the tables that nothing creates: no foreign key can lead to them.
    """
    gathered = _gather(usage.product, parents, database)
    for name in _expected(conventions, gathered):
        gathered.setdefault(name, _Gathered())
    always = _always_written(usage.product)
    found = [
        _infer(name, gathered[name], conventions, database, missing, is_always=name in always)
        for name in gathered
    ]
    return tuple(sorted(found, key=_position))


def is_guessed(column: InferredColumn) -> bool:
    """Whether nothing at all shows the type of a column."""
    return _GUESSED in column.reasons


def _gather(
    uses: Iterable[TableUse], parents: Iterable[MissingParent], database: Database
) -> dict[str, _Gathered]:
    gathered: dict[str, _Gathered] = defaultdict(_Gathered)
    for key in parents:
        child = database.by_name.get(key.table)
        for own, theirs in zip(key.columns, key.parent_columns, strict=False):
            column = child.column(own) if child else None
            gathered[theirs].referenced_by.append((key, column.type if column else "uuid"))
    for use in uses:
        for used in use.columns:
            known = gathered[used.name]
            place = Place(use.place.file, used.line)
            known.roles.add(used.role)
            known.places.append(place)
            if used.value_type in _TYPES:
                known.values[_TYPES[used.value_type]].append(place)
    return gathered


def _expected(conventions: Conventions, gathered: dict[str, _Gathered]) -> tuple[str, ...]:
    """What every table of the schema has, whether or not code names it here."""
    names = ["id"] if conventions.key is not None or not gathered else []
    if conventions.tenant_column is not None:
        names.append(conventions.tenant_column)
    names += [name for name in ("created_at", "updated_at") if name in conventions.columns]
    return tuple(names)


def _always_written(uses: Sequence[TableUse]) -> frozenset[str]:
    """The columns that every insert gives a value other than NULL."""
    inserts = [use for use in uses if use.operation in {Operation.INSERT, Operation.UPSERT}]
    if not inserts or not all(use.columns for use in inserts):
        return frozenset()
    return frozenset.intersection(
        *(
            frozenset(
                column.name
                for column in use.columns
                if column.role is Role.WRITTEN and column.value_type != "null"
            )
            for use in inserts
        )
    )


def _infer(
    name: str,
    known: _Gathered,
    conventions: Conventions,
    database: Database,
    missing: frozenset[ObjectName],
    *,
    is_always: bool,
) -> InferredColumn:
    reference, why = _reference(name, conventions, database)
    absent = _missing_parent(name, reference, missing)
    question = f"no migration creates {absent}, so there is no foreign key yet" if absent else None
    reference = None if absent else reference
    kind, reasons, doubt = _type(name, known, conventions, database, reference)
    is_key = name == "id"
    default = _default(name, kind, conventions)
    if is_always and not is_key:
        reasons = (*reasons, "every insert writes it")
    if name == conventions.tenant_column and not is_always:
        question = question or (
            "the tenant key, and no insert is seen to write it; make it not null once all do, or "
            "give it a default"
        )
    return InferredColumn(
        name=name,
        type=kind,
        is_nullable=not (is_key or is_always or default is not None),
        default=default,
        reference=None if is_key else reference,
        reasons=(*reasons, *((why,) if why and reference else ()), *_used(known)),
        question=question or doubt,
    )


def _type(
    name: str,
    known: _Gathered,
    conventions: Conventions,
    database: Database,
    reference: Reference | None,
) -> tuple[str, tuple[str, ...], str | None]:
    """The type, the reasons for it, and what makes it doubtful."""
    if known.referenced_by:
        kinds = Counter(kind for _, kind in known.referenced_by)
        keys = [f"{key.table}.{', '.join(key.columns)}" for key, _ in known.referenced_by]
        different = f"foreign keys of types {', '.join(kinds)} lead to it; which is meant?"
        doubt = different if len(kinds) > 1 else None
        return kinds.most_common(1)[0][0], (f"{', '.join(keys)} refer to it",), doubt
    parent = database.by_name.get(reference.parent) if reference else None
    key = parent.column(reference.column) if parent and reference else None
    if key is not None and reference is not None:
        return short_type(key.type), (f"the type of {reference.parent}.{reference.column}",), None
    return _type_by_use(name, known, conventions)


def _type_by_use(
    name: str, known: _Gathered, conventions: Conventions
) -> tuple[str, tuple[str, ...], str | None]:
    habit = conventions.key if name == "id" else conventions.columns.get(name)
    written = sorted(known.values, key=lambda kind: (-len(known.values[kind]), kind))
    if habit is not None:
        kind = short_type(habit.type)
        tables = f"like {habit.table}.{name}" + (
            f" of {habit.count} tables" if habit.count > 1 else ""
        )
        doubts = [other for other in (*map(short_type, habit.others), *written) if other != kind]
        return kind, (tables,), _doubt(kind, doubts)
    if written:
        kind = written[0]
        return (
            kind,
            (f"values of that type at {_places(known.values[kind])}",),
            (_doubt(kind, written[1:])),
        )
    named = _type_by_name(name)
    if named is not None:
        return named, ("by its name",), None
    return "text", (_GUESSED,), None


def _doubt(kind: str, others: Sequence[str]) -> str | None:
    compatible = {("timestamptz", "text"), ("uuid", "text"), ("jsonb", "text"), ("date", "text")}
    real = [other for other in dict.fromkeys(others) if (kind, other) not in compatible]
    return f"{kind} here, {', '.join(real)} elsewhere; which is meant?" if real else None


def _type_by_name(name: str) -> str | None:
    for starts, kind in _STARTS:
        if name.startswith(starts):
            return kind
    for ends, kind in _ENDINGS:
        if name.endswith(ends):
            return kind
    if referenced_name(name) is not None:
        return "uuid"
    return None


def _reference(
    name: str, conventions: Conventions, database: Database
) -> tuple[Reference | None, str | None]:
    if name in conventions.references:
        reference, example = conventions.references[name]
        return reference, f"like the foreign key of {example}"
    target = referenced_name(name)
    if target is None:
        return None, None
    parents = [table for table in database.tables if same_table(target, table.name.name)]
    if len(parents) != 1 or len(parents[0].primary_key) != 1:
        return None, None
    parent: Relation = parents[0]
    return Reference(parent.name, parent.primary_key[0]), f"its name means {parent.name}"


def _missing_parent(
    name: str, reference: Reference | None, missing: frozenset[ObjectName]
) -> ObjectName | None:
    """The missing table that a column refers to, if it does."""
    if reference is not None:
        return reference.parent if reference.parent in missing else None
    target = referenced_name(name)
    if target is None:
        return None
    return next((table for table in sorted(missing) if same_table(target, table.name)), None)


def _default(name: str, kind: str, conventions: Conventions) -> str | None:
    if name == "id":
        if conventions.key is not None and conventions.key.default is not None:
            return conventions.key.default
        return "gen_random_uuid()" if kind == "uuid" else None
    if name in {"created_at", "updated_at"} and kind in {"timestamptz", "timestamp"}:
        return "now()"
    habit = conventions.columns.get(name)
    agrees = habit is not None and habit.count > 1 and short_type(habit.type) == kind
    return habit.default if habit is not None and agrees else None


def _used(known: _Gathered) -> tuple[str, ...]:
    order = (Role.WRITTEN, Role.FILTERED, Role.READ)
    said = [role.value for role in order if role in known.roles]
    return (f"{' and '.join(said)} at {_places(known.places)}",) if said else ()


def _places(places: Sequence[Place]) -> str:
    distinct = sorted(set(places))
    more = f" and {len(distinct) - _PLACES_MAX} more" if len(distinct) > _PLACES_MAX else ""
    return ", ".join(map(str, distinct[:_PLACES_MAX])) + more


def _position(column: InferredColumn) -> tuple[int, str]:
    if column.name == "id":
        return 0, ""
    if column.reference is not None or referenced_name(column.name):
        return 1, column.name
    return (3, column.name) if column.name in {"created_at", "updated_at"} else (2, column.name)
