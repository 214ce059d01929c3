"""What the tables that are there do alike, so that a new one does the same."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.unify.audit.fix.model import InferredPolicy, Reference
from mainstem.unify.audit.tenancy import tenant_column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.unify.catalog.database import Database, ObjectName, Policy, Relation

_UPDATED_AT = "updated_at"


@dataclass(frozen=True)
class Habit:
    """How columns of one name are made: the commonest way, and how many tables have it so."""

    type: str
    is_nullable: bool
    default: str | None
    #: an example, for the evidence
    table: ObjectName
    count: int
    #: other types that columns of that name have
    others: tuple[str, ...]


@dataclass(frozen=True)
class Conventions:
    """The habits of one schema."""

    columns: Mapping[str, Habit]
    references: Mapping[str, tuple[Reference, ObjectName]]
    tenant_column: str | None
    key: Habit | None
    updated_at_function: tuple[ObjectName, ObjectName] | None


def conventions_of(database: Database, *, schema: str) -> Conventions:
    """Read the habits of the tables of one schema."""
    tables = [relation for relation in database.tables if relation.name.schema == schema]
    return Conventions(
        columns={name: _habit(seen) for name, seen in _columns(tables).items()},
        references=_references(tables),
        tenant_column=tenant_column(database),
        key=_key(tables),
        updated_at_function=_updated_at_function(tables),
    )


def policies_like_siblings(
    database: Database, table: ObjectName, columns: frozenset[str], tenant: str | None
) -> tuple[tuple[InferredPolicy, ...], ObjectName | None]:
    """The policies that most tables with the same tenant key have, and a table that has them.

    Only policies that read columns which the new table has, and no other table, can be taken over.
    """
    forms: dict[tuple[tuple[object, ...], ...], list[Relation]] = defaultdict(list)
    for sibling in database.tables:
        if sibling.name.schema != table.schema or not sibling.policies:
            continue
        if tenant is not None and sibling.column(tenant) is None:
            continue
        if all(_is_portable(policy, sibling, columns) for policy in sibling.policies):
            forms[tuple(sorted(map(_form, sibling.policies), key=repr))].append(sibling)
    if not forms:
        return (), None
    siblings = max(forms.values(), key=lambda tables: (len(tables), tables[0].name.name))
    model = siblings[0]
    reason = f"like {model.name}" + (f" and {len(siblings) - 1} more" if siblings[1:] else "")
    return tuple(_renamed(policy, model.name, table, reason) for policy in model.policies), (
        model.name
    )


def _columns(tables: list[Relation]) -> dict[str, list[tuple[Relation, str, bool, str | None]]]:
    seen: dict[str, list[tuple[Relation, str, bool, str | None]]] = defaultdict(list)
    for table in tables:
        for column in table.columns:
            seen[column.name].append((table, column.type, column.is_nullable, column.default))
    return seen


def _habit(seen: list[tuple[Relation, str, bool, str | None]]) -> Habit:
    types = Counter(kind for _, kind, _, _ in seen)
    kind = types.most_common(1)[0][0]
    of_kind = [one for one in seen if one[1] == kind]
    (nullable, default), count = Counter((one[2], one[3]) for one in of_kind).most_common(1)[0]
    example = next(one[0] for one in of_kind if (one[2], one[3]) == (nullable, default))
    others = tuple(other for other, _ in types.most_common() if other != kind)
    return Habit(kind, nullable, default, example.name, count, others)


def _references(tables: list[Relation]) -> dict[str, tuple[Reference, ObjectName]]:
    """Where foreign keys of one column lead, by the column's name; only where all agree."""
    found: dict[str, set[Reference]] = defaultdict(set)
    example: dict[str, ObjectName] = {}
    for table in tables:
        for key in table.foreign_keys:
            if len(key.columns) == 1 and key.parent is not None:
                action = key.on_delete if key.on_delete != "no action" else None
                found[key.columns[0]].add(Reference(key.parent, key.parent_columns[0], action))
                example.setdefault(key.columns[0], table.name)
    return {
        column: (min(seen, key=repr), example[column])
        for column, seen in found.items()
        if len({(reference.parent, reference.column) for reference in seen}) == 1
    }


def _key(tables: list[Relation]) -> Habit | None:
    single = [table for table in tables if len(table.primary_key) == 1]
    seen = [
        (table, column.type, column.is_nullable, column.default)
        for table in single
        for column in table.columns
        if column.name == "id" == table.primary_key[0]
    ]
    return _habit(seen) if seen else None


def _updated_at_function(tables: list[Relation]) -> tuple[ObjectName, ObjectName] | None:
    """The trigger function that most tables with `updated_at` call before an update."""
    called: Counter[ObjectName] = Counter()
    example: dict[ObjectName, ObjectName] = {}
    for table in tables:
        if table.column(_UPDATED_AT) is None:
            continue
        for trigger in table.triggers:
            if re.search(r"\bBEFORE UPDATE\b.*FOR EACH ROW", trigger.definition, re.IGNORECASE):
                called[trigger.function] += 1
                example.setdefault(trigger.function, table.name)
    if not called:
        return None
    function = called.most_common(1)[0][0]
    return function, example[function]


def _is_portable(policy: Policy, sibling: Relation, columns: frozenset[str]) -> bool:
    """Whether a policy would mean the same on another table."""
    for expression in (policy.using, policy.with_check):
        if expression is None:
            continue
        if re.search(r"\bselect\b.*\bfrom\b", expression, re.IGNORECASE | re.DOTALL):
            return False
        named = {column.name for column in sibling.columns if _mentions(expression, column.name)}
        if not named <= columns:
            return False
    return True


def _mentions(expression: str, column: str) -> bool:
    return re.search(rf"(?<![\w.(]){re.escape(column)}(?![\w(])", f" {expression}") is not None or (
        re.search(rf"\({re.escape(column)}(?![\w(])", expression) is not None
    )


def _form(policy: Policy) -> tuple[object, ...]:
    return (policy.command, policy.is_permissive, policy.roles, policy.using, policy.with_check)


def _renamed(policy: Policy, sibling: ObjectName, table: ObjectName, reason: str) -> InferredPolicy:
    name = policy.name.replace(sibling.name, table.name)
    return InferredPolicy(
        name, policy.command, policy.roles, policy.using, policy.with_check, reason
    )
