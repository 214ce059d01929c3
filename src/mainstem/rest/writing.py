"""Writes INSERT, UPDATE and DELETE: what is left out by code of the old schema is filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.rest.binding import Binder, Mark
from mainstem.rest.catalog import AGENCY, CLIENT, PERSON, Exposed, Relation, quoted
from mainstem.rest.conditions import agency_sql, where_sql
from mainstem.rest.problem import NOT_PERMITTED, RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.rest.embedding import Node
    from mainstem.rest.preferences import Preferences

#: what a row keeps from its beginning: an upsert of a whole row that was read leaves them alone
_KEPT = frozenset({AGENCY, "id", "created_at"})


@dataclass(frozen=True)
class Target:
    """A table to write to, and the columns that the caller's role may write (None: all granted)."""

    exposed: Exposed
    relation: Relation
    writable: frozenset[str] | None
    has_person: bool

    def check(self, columns: tuple[str, ...], *, is_update: bool) -> None:
        """The columns must exist and be writable.

        Raises:
            RequestError: it names the first that is not.
        """
        for name in columns:
            column = self.relation.columns.get(name)
            if column is None:
                raise RequestError(
                    400,
                    "PGRST204",
                    f"Could not find the '{name}' column of '{self.relation.name}' "
                    "in the schema cache",
                )
            is_granted = column.may_update if is_update else column.may_insert
            if not is_granted or (self.writable is not None and name not in self.writable):
                raise RequestError(
                    403,
                    "42501",
                    f"permission denied for column {name} of table {self.relation.name}",
                    hint="leave the column out",
                )


def insert_sql(
    binder: Binder,
    target: Target,
    columns: tuple[str, ...],
    preferences: Preferences,
    on_conflict: tuple[str, ...],
) -> str:
    """An INSERT of the rows of the body, without its RETURNING."""
    target.check(columns, is_update=False)
    fills = _fills(binder, target, columns)
    values = {name: f"r.{quoted(name)}" for name in columns}
    if preferences.is_missing_default:
        values |= {name: _or_default(binder, target.relation, name) for name in columns}
    values |= {
        name: f"coalesce(r.{quoted(name)}, {fill})" if name in values else fill
        for name, fill in fills.items()
    }
    table = target.relation.sql
    if not values:
        return f"insert into {table} as t default values"
    names = ", ".join(map(quoted, values))
    body = binder.mark(Mark.BODY)
    source = f"json_array_elements({body}::json) as e(item)"
    if columns:
        source += f" cross join lateral json_to_record(e.item) as r({_typed(target, columns)})"
    conflict = _conflict(target, columns, preferences, on_conflict)
    given = ", ".join(values.values())
    return f"insert into {table} as t ({names}) select {given} from {source}{conflict}"


def update_sql(binder: Binder, target: Target, node: Node, columns: tuple[str, ...]) -> str:
    """An UPDATE of the filtered rows with the one object of the body."""
    target.check(columns, is_update=True)
    assigned = ", ".join(f"{quoted(name)} = r.{quoted(name)}" for name in columns)
    body = binder.mark(Mark.BODY)
    source = f"json_to_record({body}::json -> 0) as r({_typed(target, columns)})"
    where = _filters(binder, node, "update")
    return f"update {target.relation.sql} as t set {assigned} from {source} where {where}"


def delete_sql(binder: Binder, target: Target, node: Node) -> str:
    """A DELETE of the filtered rows."""
    if not target.relation.may_delete:
        raise RequestError(403, "42501", f"permission denied for table {target.relation.name}")
    where = _filters(binder, node, "delete")
    return f"delete from {target.relation.sql} as t where {where}"


def returning_sql(relation: Relation) -> str:
    """Every column that requests may see."""
    return f" returning {', '.join(f't.{quoted(name)}' for name in relation.columns)}"


def _filters(binder: Binder, node: Node, verb: str) -> str:
    """The conditions; without any, all rows would go."""
    if not node.part.where:
        raise RequestError(
            400,
            "21000",
            f"{verb.upper()} requires a WHERE clause",
            hint="filter by the key; to mean every row, filter by something that all have",
        )
    own = agency_sql(binder, node.relation, "t")
    return " and ".join([*own, *(where_sql(binder, node, "t", one, {}) for one in node.part.where)])


def _typed(target: Target, columns: tuple[str, ...]) -> str:
    return ", ".join(f"{quoted(name)} {target.relation.columns[name].type}" for name in columns)


def _or_default(binder: Binder, relation: Relation, name: str) -> str:
    """The value, or what the table gives a column that is left out."""
    column = relation.columns[name]
    if column.default is None:
        return f"r.{quoted(name)}"
    key = binder.bind(name)
    given = f"e.item::jsonb ? {key}::text"
    return f"case when {given} then r.{quoted(name)} else {column.default} end"


def _fills(binder: Binder, target: Target, columns: tuple[str, ...]) -> Mapping[str, str]:
    """What old code leaves out: the agency, the person, and the client, which the parent has."""
    relation = target.relation
    fills: dict[str, str] = {}
    if _takes(relation, AGENCY):
        fills[AGENCY] = f"{binder.mark(Mark.AGENCY)}::uuid"
    if _takes(relation, PERSON) and not relation.columns[PERSON].is_nullable and target.has_person:
        fills[PERSON] = f"{binder.mark(Mark.PERSON)}::uuid"
    if _takes(relation, CLIENT):
        parents = _parents(binder, target, columns)
        if parents:
            fills[CLIENT] = f"coalesce({', '.join(parents)})"
    return fills


def _takes(relation: Relation, name: str) -> bool:
    column = relation.columns.get(name)
    return column is not None and column.may_insert and column.base_type == "uuid"


def _parents(binder: Binder, target: Target, columns: tuple[str, ...]) -> list[str]:
    """The client of each row that a new one points at, as far as its writer sees that row."""
    found: list[str] = []
    for key in target.exposed.from_table.get(target.relation.name, ()):
        parent = target.exposed.relations[key.target]
        if key.told_by not in columns or key.told_by == CLIENT or CLIENT not in parent.columns:
            continue
        alias = binder.alias("p")
        conditions = agency_sql(binder, parent, alias)
        conditions += [
            f"{alias}.{quoted(there)} = r.{quoted(here)}"
            for here, there in zip(key.columns, key.target_columns, strict=True)
            if here not in {AGENCY, CLIENT}
        ]
        where = " and ".join(conditions)
        found.append(
            f"(select {alias}.{quoted(CLIENT)} from {parent.sql} as {alias} where {where})"
        )
    return found


def _conflict(
    target: Target,
    columns: tuple[str, ...],
    preferences: Preferences,
    on_conflict: tuple[str, ...],
) -> str:
    if preferences.resolution is None:
        return ""
    for name in on_conflict:
        if name not in target.relation.columns:
            raise RequestError(400, "42703", f'column "{name}" does not exist')
    key = target.relation.conflict_key(on_conflict)
    if not key:
        raise RequestError(
            400,
            "42P10",
            f"{target.relation.name} has no key to tell a conflict by",
            hint="name the columns of a unique constraint in on_conflict",
        )
    changed = tuple(name for name in columns if name not in _KEPT and name not in key)
    names = ", ".join(map(quoted, key))
    if preferences.resolution == "ignore-duplicates" or not changed:
        return f" on conflict ({names}) do nothing"
    target.check(changed, is_update=True)
    assigned = ", ".join(f"{quoted(name)} = excluded.{quoted(name)}" for name in changed)
    return f" on conflict ({names}) do update set {assigned}"


def may_not(action: str, table: str) -> RequestError:
    """What the caller's role may not do, whatever the rows."""
    return RequestError(
        403,
        NOT_PERMITTED,
        f"your role may not {action} {table}",
        hint="ask an owner or admin of the agency",
    )
