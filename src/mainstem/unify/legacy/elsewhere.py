"""Tries views in a target of another shape than the platform's, with the isolation proof's callers.

The proof learns from the policies who may ask, makes rows of two tenants in every table and callers
who see them. With one such row behind each view and a caller of either tenant, the same operations
are tried as in the platform's own shape; all of it is rolled back with the proof.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from mainstem.unify.isolation import model as proof
from mainstem.unify.isolation.proving import prove_on
from mainstem.unify.legacy.probe import OPERATIONS, Probing, Tried, Verdict, constants_of
from mainstem.unify.legacy.sql import operations

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg.rows import TupleRow

    from mainstem.unify.isolation.callers import Caller
    from mainstem.unify.isolation.seeding import Row
    from mainstem.unify.isolation.stage import Stage
    from mainstem.unify.legacy.model import LegacyView

    Connection = psycopg.Connection[TupleRow]

_OWNER, _OTHER = 0, 1


@dataclass(frozen=True)
class Elsewhere:
    """What came of each view, what the proof says in a sentence, and what leaks through a view."""

    tried: dict[str, tuple[Tried, ...]]
    said: str
    leaks: tuple[str, ...]


def prove_elsewhere(connection: Connection, views: Sequence[LegacyView], schema: str) -> Elsewhere:
    """Prove the database's isolation, and try each view in the proof's transaction.

    Raises ServerError when the connected role may not see all rows.
    """
    tried: dict[str, tuple[Tried, ...]] = {}

    def try_all(stage: Stage) -> None:
        for view in views:
            tried[view.name] = _tried(stage, view, schema)

    names = {f"{schema}.{view.name}" for view in views}
    found = prove_on(connection, name="", also=try_all)
    objects = [one for one in found.objects if one.name in names]
    counts = Counter(one.verdict for one in objects)
    said = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in proof.Verdict)
    leaks = tuple(
        f"{one.name} ({one.reason})" for one in objects if one.verdict is proof.Verdict.LEAK
    )
    return Elsewhere(
        tried, f"tried as callers that the isolation proof made; it says: {said}", leaks
    )


def _tried(stage: Stage, view: LegacyView, schema: str) -> tuple[Tried, ...]:
    pair = _callers(stage, view)
    with stage.connection.transaction(force_rollback=True):
        key = _key(stage, view) if pair is not None and view.key else None
        if pair is None or key is None:
            reason = _why(stage, view, has_callers=pair is not None)
            return tuple(_by_shape(view, one, reason) for one in OPERATIONS)
        owner, other = pair
        probing = Probing(stage.connection, view, schema, key, owner.role)
        return probing.tried(
            partial(_acting, stage.connection, owner), partial(_acting, stage.connection, other)
        )


def _by_shape(view: LegacyView, operation: str, reason: str) -> Tried:
    """What an operation can do as far as the view's shape tells, and why it was not tried."""
    if operation in operations(view):
        return Tried(operation, Verdict.BY_SHAPE, reason)
    return Tried(operation, Verdict.REFUSED, "the shape of the view does not allow it")


def _callers(stage: Stage, view: LegacyView) -> tuple[Caller, Caller] | None:
    """Somebody who sees a row of their own tenant, and the same of the other tenant."""
    seeing = stage.seeing.get(view.table, [])
    for caller, choice in sorted(seeing, key=lambda each: each[0].is_privileged):
        if caller.tenant == _OWNER:
            other = stage.identities.caller(caller.role, _OTHER, caller.cast, choice)
            return caller, other
    return None


def _key(stage: Stage, view: LegacyView) -> tuple[str | None, ...] | None:
    """The key of a row of the first tenant that the view shows; None where none can be had."""
    caller = _callers(stage, view)
    cast = caller[0].cast if caller is not None else 0
    rows = sorted(stage.seed.of(view.table, _OWNER), key=lambda row: row.cast != cast)
    return next((key for row in rows if (key := _shown(stage, view, row)) is not None), None)


def _shown(stage: Stage, view: LegacyView, row: Row) -> tuple[str | None, ...] | None:
    """The row's key, once it has what tells the view's rows apart, where it may."""
    key = tuple(row.text(column) for column in view.key)
    if not view.constants:
        return key
    place = sql.SQL(" and ").join(
        sql.SQL("{} = %s").format(sql.Identifier(column)) for column in view.key
    )
    table = sql.Identifier(view.table.schema, view.table.name)
    values = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(column), sql.SQL(value))
        for column, value in view.constants
    )
    query = sql.SQL("update {} set {} where {} and not ({})").format(
        table, values, place, constants_of(view)
    )
    try:
        with stage.connection.transaction():
            stage.connection.execute(query, key)
    except psycopg.Error:
        return None
    return key


def _why(stage: Stage, view: LegacyView, *, has_callers: bool) -> str:
    if not view.key:
        return "the view has not the key of its rows"
    if view.table not in stage.study.owned:
        return f"no row of {view.table} belongs to a tenant"
    if not has_callers:
        return f"nobody could be made who sees a row of {view.table}"
    return f"no row of {view.table} could be made that the view shows"


@contextmanager
def _acting(connection: Connection, caller: Caller) -> Iterator[None]:
    """Be a caller; what is done is taken back."""
    with connection.transaction(force_rollback=True):
        for name, value in caller.settings:
            connection.execute("select pg_catalog.set_config(%s, %s, true)", (name, value))
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(caller.role)))
        yield
