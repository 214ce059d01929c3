"""Weakens what is no policy: views and functions that come to run as their owner, and grants.

Most are a change of a word, as people make it to silence "permission denied"; functions that run as
their owner already lose a check of who calls. Like those of policies it is made in the proof's
transaction, the object is proven again, and the change is taken back.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import psycopg

from mainstem.unify.audit.expressions import calls, parse_expression
from mainstem.unify.isolation.body_checks import body_checks, outermost, without
from mainstem.unify.isolation.function_proof import (
    prove_functions,
    reaches_tenants,
    reads_claims,
    tables_of,
)
from mainstem.unify.isolation.model import Verdict, Weakening
from mainstem.unify.isolation.study import stored
from mainstem.unify.isolation.table_proof import is_owned, prove_table
from mainstem.unify.isolation.tables import (
    quoted,
    read_callables,
    read_definition,
    read_rights,
)
from mainstem.unify.isolation.view_proof import prove_views, tables_behind
from mainstem.unify.plan.names import name_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mainstem.unify.catalog.database import Function, ObjectName, Policy, Relation
    from mainstem.unify.isolation.model import ObjectVerdict
    from mainstem.unify.isolation.stage import Stage


_SHOWN_MAX: Final = 80


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
    reachable = {(each.name, each.arguments): each.oid for each in called}
    for function in database.functions:
        oid = reachable.get((function.name, function.arguments))
        if oid is not None and ("function", str(function.name)) in proven:
            yield from (_tried(stage, each) for each in _of_function(stage, function, oid))


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
                unowned or unseen or _bound(stage, relation.owner, tables_behind(stage, relation)),
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


def _of_function(stage: Stage, function: Function, oid: int) -> Iterator[_Exposure]:
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
    else:
        yield from _without_checks(stage, function, oid, unowned)


def _without_checks(
    stage: Stage, function: Function, oid: int, unowned: str | None
) -> Iterator[_Exposure]:
    """Take out each check of who calls; of several, all of them too: one may cover another."""
    found = body_checks(function, stage.study.expander)
    whole = outermost(found)
    taken = [(f"without its check {_short(one.text)}", [one]) for one in found]
    if len(whole) > 1:
        taken.append(("without any of its checks of who calls", whole))
    definition = read_definition(stage.connection, oid)
    at = definition.rfind(function.body)
    read, written = tables_of(stage, function)
    bound = _bound(stage, function.owner, read | written)
    for words, checks in taken if at >= 0 else ():
        weaker = replace(function, body=without(function.body, checks))
        yield _Exposure(
            str(function.name),
            words,
            definition[:at] + weaker.body + definition[at + len(function.body) :],
            partial(_proven_with, stage, weaker),
            unowned or bound,
            "another check of it remains" if checks != whole else None,
        )


def _proven_with(stage: Stage, function: Function) -> list[ObjectVerdict]:
    """A function, and the tables whose policies ask it: it may answer yes or no, and be no leak."""
    asking = [
        relation
        for relation in stored(stage.study.database)
        if any(_calls(policy, function) for policy in relation.policies)
    ]
    tables = [prove_table(stage, relation) for relation in asking]
    return [*prove_functions(stage, [function]), *tables]


def _calls(policy: Policy, function: Function) -> bool:
    name = function.name
    return any(
        called in {(name.schema, name.name), ("", name.name)}
        for text in (policy.using, policy.with_check)
        if text is not None
        for called in calls(parse_expression(text))
    )


def _short(text: str) -> str:
    """The beginning of a condition, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN_MAX else f"{line[:_SHOWN_MAX]}…"


def _bound(stage: Stage, owner: str, behind: Iterable[ObjectName]) -> str | None:
    """Why an owner sees no more than a caller does; None where policies do not bind it."""
    found = stage.connection.execute(
        "select rolsuper or rolbypassrls from pg_roles where rolname = %s", (owner,)
    ).fetchone()
    relations = stage.study.database.by_name
    is_free = (found is not None and found[0]) or any(
        not table.is_row_security_on or (table.owner == owner and not table.is_row_security_forced)
        for table in (relations[name] for name in behind if name in relations)
    )
    return None if is_free else f"policies bind its owner {owner} too"


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
