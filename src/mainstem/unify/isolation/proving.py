"""The isolation proof: really tries, as callers of two tenants and as nobody, to cross everywhere.

In one transaction that is rolled back it makes rows of two tenants in every table, takes the role
and the claims of each caller in turn and reads, changes, inserts, moves and deletes what belongs to
the other one, through tables, partitions, views and functions.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mainstem.pg.connect import clear_errors, connect, describe
from mainstem.unify.isolation.exposing import expose
from mainstem.unify.isolation.function_proof import prove_functions
from mainstem.unify.isolation.model import Proof, Verdict
from mainstem.unify.isolation.script import shows
from mainstem.unify.isolation.stage import set_stage
from mainstem.unify.isolation.study import stored, study
from mainstem.unify.isolation.table_proof import prove_table
from mainstem.unify.isolation.view_proof import prove_views
from mainstem.unify.isolation.weakening import weaken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.isolation.model import ObjectVerdict, Weakening
    from mainstem.unify.isolation.stage import Stage

STATEMENT_LIMIT_S: Final = 30
LOCK_LIMIT_S: Final = 5


def prove(url: str, *, mutates: bool = False) -> Proof:
    """Prove the isolation of a database; nothing of the proof remains in it.

    Args:
        url: the database, as a superuser or as a role with BYPASSRLS that may act as the callers.
        mutates: whether policies are weakened one by one, to see what the proof catches.

    Raises:
        ServerError: it cannot be reached, or the role may not see all rows.
    """
    connection = connect(url, application_name="mainstem verify isolation")
    with closing(connection), clear_errors("prove the isolation"):
        return prove_on(connection, name=describe(url), mutates=mutates)


def prove_on(
    connection: psycopg.Connection[TupleRow],
    *,
    name: str,
    mutates: bool = False,
    also: Callable[[Stage], None] | None = None,
) -> Proof:
    """The same on an open connection; `also` is called with the rows and callers that were made."""
    with connection.transaction(force_rollback=True):
        connection.execute(
            f"set local statement_timeout = '{STATEMENT_LIMIT_S}s';"
            f"set local lock_timeout = '{LOCK_LIMIT_S}s';"
            "set local client_min_messages = error; set local timezone = 'UTC';"
            # Hundreds of small statements: to compile one takes longer than to run it.
            "set local jit = off"
        )
        studied = study(connection, name=name, mutates=mutates)
        with connection.transaction(force_rollback=True):
            stage = set_stage(connection, studied)
            objects = [prove_table(stage, relation) for relation in stored(studied.database)]
            objects += prove_views(stage)
            objects += prove_functions(stage)
            weakenings = tuple(_weakened(stage, objects)) if mutates else ()
            if also is not None:
                also(stage)
        told = tuple(_shown(stage, each) for each in objects)
        return Proof(name, told, weakenings, attempt_count=stage.attempt_count)


def _weakened(stage: Stage, objects: Sequence[ObjectVerdict]) -> Iterator[Weakening]:
    """The weakenings of all that is proven: of others nothing could be learnt."""
    proven = frozenset((each.kind, each.name) for each in objects if each.verdict is Verdict.PROVEN)
    with stage.with_levels():
        for relation in stored(stage.study.database):
            if (relation.kind.value, str(relation.name)) in proven:
                yield from weaken(stage, relation)
    yield from expose(stage, proven)


def _shown(stage: Stage, verdict: ObjectVerdict) -> ObjectVerdict:
    """The leak with a script that shows it in a session without our rows: the shorter one."""
    longer = stage.longer.get(verdict.name)
    if longer is None or verdict.statement is None or shows(stage.connection, verdict.statement):
        return verdict
    return replace(verdict, statement=longer)
