"""Tries what views can do, as two tenants, and takes all of it back.

A row of one tenant is read, changed, deleted and inserted by that tenant, which has to work, and by
another one, which must not. How somebody acts for a tenant is the caller's business: in a target of
another shape than the platform's, `elsewhere` asks the isolation proof for callers.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import sql

from mainstem.unify.legacy.model import LegacyView, Origin
from mainstem.unify.legacy.sql import operations
from mainstem.unify.verify.isolation import ROLE, claimed

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]
    Acting = Callable[[], AbstractContextManager[None]]

OPERATIONS: Final = ("select", "insert", "update", "delete")
#: errors that a statement gets only after it reached the table: it would have worked
_REACHED: Final = (
    psycopg.errors.ForeignKeyViolation,
    psycopg.errors.RestrictViolation,
    psycopg.errors.UniqueViolation,
)


class Verdict(enum.Enum):
    """What a try showed."""

    WORKS = "works"
    REFUSED = "refused"
    LEAKS = "leaks"
    NOT_TRIED = "not tried"
    BY_SHAPE = "by shape"


@dataclass(frozen=True)
class Tried:
    """One operation on one view; `reason` where it does not simply work."""

    operation: str
    verdict: Verdict
    reason: str = ""


def probe(connection: Connection, view: LegacyView, schema: str) -> tuple[Tried, ...]:
    """Try every operation on a view as the platform's tenants; nothing of it stays."""
    reason = _not_tried(view)
    if reason is not None:
        return tuple(Tried(one, Verdict.NOT_TRIED, reason) for one in OPERATIONS)
    with connection.transaction(force_rollback=True):
        found = _row(connection, view)
        if found is None:
            reason = f"{view.table} has no rows to try with"
            return tuple(Tried(one, Verdict.NOT_TRIED, reason) for one in OPERATIONS)
        tenant, key = found
        other = _other(connection, view, tenant)
        probing = Probing(connection, view, schema, key, ROLE)
        as_owner = partial(claimed, connection, tenant)
        as_other = partial(claimed, connection, other)
        return probing.tried(as_owner, as_other)


def _not_tried(view: LegacyView) -> str | None:
    if view.tenant is None:
        return f"{view.table} has no tenant key"
    if not view.key:
        return "the view has not the key of its rows"
    return None


def _row(connection: Connection, view: LegacyView) -> tuple[str, tuple[object, ...]] | None:
    """A tenant that has a row, and the row's key."""
    assert view.tenant is not None
    query = sql.SQL("select {}::text, {} from {} where {} limit 1").format(
        sql.Identifier(view.tenant),
        sql.SQL(", ").join(map(sql.Identifier, view.key)),
        sql.Identifier(view.table.schema, view.table.name),
        constants_of(view),
    )
    row = connection.execute(query).fetchone()
    return (str(row[0]), tuple(row[1:])) if row is not None else None


def _other(connection: Connection, view: LegacyView, tenant: str) -> str:
    """Another tenant with rows of its own, or one that nobody is."""
    assert view.tenant is not None
    query = sql.SQL("select {0}::text from {1} where {0}::text <> %s limit 1").format(
        sql.Identifier(view.tenant), sql.Identifier(view.table.schema, view.table.name)
    )
    row = connection.execute(query, (tenant,)).fetchone()
    return str(row[0]) if row is not None else "00000000-0000-7000-8000-000000000000"


def constants_of(view: LegacyView) -> sql.Composable:
    """The condition that tells the view's rows from others in the same table."""
    conditions = [
        sql.SQL("{} = {}").format(sql.Identifier(column), sql.SQL(value))
        for column, value in view.constants
    ]
    return sql.SQL(" and ").join([sql.SQL("true"), *conditions])


@dataclass
class Probing:
    """Tries with one row of one view; `acting` makes somebody of a tenant for a moment."""

    connection: Connection
    view: LegacyView
    schema: str
    key: tuple[object, ...]
    role: str

    def tried(self, as_owner: Acting, as_other: Acting) -> tuple[Tried, ...]:
        """Every operation, by somebody of the row's tenant, then by somebody of another one."""
        return tuple(self._tried(one, as_owner, as_other) for one in OPERATIONS)

    def _tried(self, operation: str, as_owner: Acting, as_other: Acting) -> Tried:
        if operation not in operations(self.view):
            return Tried(operation, Verdict.REFUSED, "the shape of the view does not allow it")
        if not self._is_granted(operation):
            reason = f"{self.role} may not do it on {self.view.table}"
            return Tried(operation, Verdict.REFUSED, reason)
        saved = self._saved(as_owner)
        if saved is None:
            return Tried(operation, Verdict.NOT_TRIED, "the tenant does not see its own row")
        count, reason = self._attempt(operation, as_owner, saved)
        crossing, _ = self._attempt(operation, as_other, saved)
        if crossing:
            return Tried(operation, Verdict.LEAKS, "another tenant reaches a row of its owner")
        return Tried(operation, Verdict.WORKS if count else Verdict.REFUSED, reason)

    def _is_granted(self, operation: str) -> bool:
        table = sql.Identifier(self.schema, self.view.name).as_string(self.connection)
        given = (self.role, table, operation)
        query = (
            "select has_any_column_privilege(%s, %s, %s)"
            if operation != "delete"
            else "select has_table_privilege(%s, %s, %s)"
        )
        row = self.connection.execute(query.encode(), given).fetchone()
        return bool(row and row[0])

    def _saved(self, as_owner: Acting) -> str | None:
        """The row as its tenant sees it."""
        query = sql.SQL("select to_jsonb(v)::text from {} as v where {}").format(
            self._name, self._is_row
        )
        with as_owner():
            try:
                row = self.connection.execute(query, self.key).fetchone()
            except psycopg.Error:
                return None
        return str(row[0]) if row is not None else None

    def _attempt(self, operation: str, acting: Acting, saved: str) -> tuple[int, str]:
        """How many rows somebody reaches, and what the server said if it refused."""
        try:
            with acting():
                done = self.connection.execute(*self._statement(operation, saved))
                return max(done.rowcount, 0), ""
        except _REACHED:
            return 1, ""
        except psycopg.Error as error:
            return 0, error.diag.message_primary or str(error)

    def _statement(self, operation: str, saved: str) -> tuple[sql.Composed, tuple[object, ...]]:
        name, is_row = self._name, self._is_row
        if operation == "select":
            return sql.SQL("select from {} as v where {}").format(name, is_row), self.key
        if operation == "delete":
            return sql.SQL("delete from {} as v where {}").format(name, is_row), self.key
        if operation == "update":
            column = sql.Identifier(self._changeable())
            query = sql.SQL("update {} as v set {} = {} where {}")
            return query.format(name, column, column, is_row), self.key
        columns = sql.SQL(", ").join(
            sql.Identifier(one.name) for one in self.view.columns if one.origin is not Origin.GONE
        )
        query = sql.SQL(
            "insert into {0} ({1}) select {1} from jsonb_populate_record(null::{0}, %s)"
        )
        return query.format(name, columns), (saved,)

    @property
    def _name(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.view.name)

    @property
    def _is_row(self) -> sql.Composed:
        conditions = [
            sql.SQL("v.{} = %s").format(sql.Identifier(self.view.old_name(column) or column))
            for column in self.view.key
        ]
        return sql.SQL(" and ").join(conditions)

    def _changeable(self) -> str:
        """A column that the role may set, here to what it is: no key, where there is another."""
        query = sql.SQL(
            "select attname::text from pg_attribute where attrelid = {}::regclass and attnum > 0"
            " and has_column_privilege(%s, attrelid, attnum, 'update')"
        ).format(sql.Literal(self._name.as_string(self.connection)))
        granted = {str(row[0]) for row in self.connection.execute(query, (self.role,)).fetchall()}
        plain = [one for one in self.view.of(Origin.COLUMN) if one.name in granted]
        others = [one.name for one in plain if one.column not in {*self.view.key, self.view.tenant}]
        return (others or [one.name for one in plain] or [self.view.columns[0].name])[0]
