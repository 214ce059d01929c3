"""Weakens what is no policy: views and functions that come to run as their owner, and grants.

Each is a change of a word, as people make it to silence "permission denied". Like those of policies
it is made in the proof's transaction, the object is proven again, and the change is taken back.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import psycopg

from mainstem.unify.isolation.function_proof import prove_functions, reaches_tenants, reads_claims
from mainstem.unify.isolation.model import Verdict, Weakening
from mainstem.unify.isolation.table_proof import is_owned, prove_table
from mainstem.unify.isolation.tables import quoted, read_callables, read_rights
from mainstem.unify.isolation.view_proof import prove_views, tables_behind
from mainstem.unify.plan.names import name_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mainstem.unify.catalog.database import Function, Relation
    from mainstem.unify.isolation.model import ObjectVerdict
    from mainstem.unify.isolation.stage import Stage


@dataclass(frozen=True)
class _Exposure:
    """A change, how the object is proven after it, and why it could make no difference."""

    name: str
    words: str
    statement: str
    prove: Callable[[], Sequence[ObjectVerdict]]
    harmless: str | None = None
    #: why nothing leaks where nothing does
    held: str | None = None


def expose(stage: Stage, proven: frozenset[tuple[str, str]]) -> Iterator[Weakening]:
    """Expose each proven table, view and function, one way after the other.

    Args:
        stage: the proof.
        proven: (kind, name) of what is proven; of others nothing could be learnt.
    """
    database = stage.study.database
    for relation in database.relations:
        if (relation.kind.value, str(relation.name)) in proven and relation.parent is None:
            yield from (_tried(stage, each) for each in _of_relation(stage, relation))
    called = read_callables(stage.connection, stage.study.roles)
    reachable = {(each.name, each.arguments) for each in called}
    for function in database.functions:
        is_called = (function.name, function.arguments) in reachable
        if is_called and ("function", str(function.name)) in proven:
            yield from (_tried(stage, each) for each in _of_function(stage, function))


def _of_relation(stage: Stage, relation: Relation) -> Iterator[_Exposure]:
    name = str(relation.name)
    if relation.is_view:
        behind = set(tables_behind(stage, relation)) & stage.study.owned
        unowned = None if behind else "nothing that it reads belongs to a tenant"
        if relation.is_security_invoker:
            bare = replace(relation, is_security_invoker=False)
            text = f"alter view {quoted(relation.name)} set (security_invoker = off)"
            unseen = None if relation.name in stage.study.rights else "no role may read it"
            yield _Exposure(
                name,
                "the view reads as its owner",
                text,
                partial(prove_views, stage, [bare]),
                unowned or unseen or _bound(stage, relation),
            )
    else:
        unowned = None if is_owned(stage, relation) else "no row of the table belongs to a tenant"
    if not stage.study.rights.get(relation.name) and stage.study.roles:
        role = stage.study.roles[0]
        kind = "select, insert, update, delete" if not relation.is_view else "select"
        text = f"grant {kind} on {quoted(relation.name)} to {name_sql(role)}"
        closed = relation.is_row_security_on and not relation.policies
        shut = "row-level security is on, and no policy lets a caller in" if closed else None
        yield _Exposure(
            name,
            f"rights given to {role}",
            text,
            partial(_proven, stage, relation),
            unowned or shut,
        )


def _proven(stage: Stage, relation: Relation) -> list[ObjectVerdict]:
    return prove_views(stage, [relation]) if relation.is_view else [prove_table(stage, relation)]


def _of_function(stage: Stage, function: Function) -> Iterator[_Exposure]:
    name = str(function.name)
    signature = f"{quoted(function.name)}({function.arguments})"
    unowned = None if reaches_tenants(stage, function) else "it reaches no row of a tenant"
    if not function.is_security_definer:
        asks = "it asks itself who calls" if reads_claims(stage, function) else None
        bare = replace(function, is_security_definer=True)
        yield _Exposure(
            name,
            "the function runs as its owner",
            f"alter function {signature} security definer",
            partial(prove_functions, stage, [bare]),
            unowned,
            asks,
        )


def _bound(stage: Stage, view: Relation) -> str | None:
    """Why its owner sees no more than a caller does; None where policies do not bind it."""
    found = stage.connection.execute(
        "select rolsuper or rolbypassrls from pg_roles where rolname = %s", (view.owner,)
    ).fetchone()
    relations = stage.study.database.by_name
    behind = [relations[name] for name in tables_behind(stage, view) if name in relations]
    is_free = (found is not None and found[0]) or any(
        not table.is_row_security_on
        or (table.owner == view.owner and not table.is_row_security_forced)
        for table in behind
    )
    return None if is_free else f"policies bind its owner {view.owner} too"


def _tried(stage: Stage, exposure: _Exposure) -> Weakening:
    weakening = Weakening(exposure.name, exposure.words, is_caught=False)
    if exposure.harmless is not None:
        return replace(weakening, equivalent=exposure.harmless)
    before = dict(stage.longer)
    try:
        with stage.connection.transaction(force_rollback=True):
            stage.connection.execute(exposure.statement.encode())
            with _rights_of_now(stage):
                is_leak = any(each.verdict is Verdict.LEAK for each in exposure.prove())
    except psycopg.Error as error:
        said = error.diag.message_primary or "the server refuses it"
        return replace(weakening, equivalent=f"not possible: {said}")
    stage.longer.clear()
    stage.longer.update(before)
    equivalent = None if is_leak else exposure.held
    return replace(weakening, is_caught=is_leak, is_leak=is_leak, equivalent=equivalent)


@contextmanager
def _rights_of_now(stage: Stage) -> Iterator[None]:
    """With the rights as a grant has left them."""
    study = stage.study
    stage.study = replace(study, rights=read_rights(stage.connection, study.roles))
    try:
        yield
    finally:
        stage.study = study
