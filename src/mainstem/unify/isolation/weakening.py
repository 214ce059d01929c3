"""Weakens policies one by one, to see whether the proof would notice: its own test.

Each weakening is a change that a hurried person might make: a condition dropped, AND written as OR,
`true`, no check of what is written, row-level security switched off. It is made in the transaction
of the proof, the table is proven again, and the change is taken back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import psycopg

from mainstem.unify.audit.expressions import names, nodes, parse_expression
from mainstem.unify.isolation.model import Verdict, Weakening
from mainstem.unify.isolation.reach import reach
from mainstem.unify.isolation.table_proof import is_owned, prove_table
from mainstem.unify.isolation.tables import quoted
from mainstem.unify.plan.names import name_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mainstem.unify.catalog.database import Policy, Relation
    from mainstem.unify.isolation.reach import Reach
    from mainstem.unify.isolation.stage import Stage
    from mainstem.unify.isolation.tables import Rights

_WRITES: Final = frozenset({"insert", "update", "all"})
_READS: Final = frozenset({"select", "update", "delete", "all"})
_TRUE: Final = "true"


@dataclass(frozen=True)
class _Change:
    """What is done to a table, in words and in SQL; `policy` where it is done to one."""

    words: str
    statement: str
    policy: Policy | None = None
    #: whether only what is written is checked less
    is_of_check: bool = False


def weaken(stage: Stage, relation: Relation) -> Iterator[Weakening]:
    """Weaken the policies of a table that is proven, one way after the other."""
    before: frozenset[Reach] | None = None
    for change in _changes(relation):
        name = str(relation.name)
        equivalent = _equivalent(stage, relation, change)
        if equivalent is not None:
            yield Weakening(name, change.words, is_caught=False, equivalent=equivalent)
            continue
        tried = _tried(stage, relation, change)
        if not tried.is_caught and tried.equivalent is None:
            before = before if before is not None else reach(stage, relation)
            tried = replace(tried, is_caught=_reaches_more(stage, relation, change, before))
        yield tried


def _reaches_more(
    stage: Stage, relation: Relation, change: _Change, before: frozenset[Reach]
) -> bool:
    """Whether somebody reaches, within a tenant or with claims of two, what was kept before."""
    with stage.connection.transaction(force_rollback=True):
        stage.connection.execute(change.statement.encode())
        return bool(reach(stage, relation) - before)


def _tried(stage: Stage, relation: Relation, change: _Change) -> Weakening:
    name = str(relation.name)
    before = dict(stage.longer)
    try:
        with stage.connection.transaction(force_rollback=True):
            stage.connection.execute(change.statement.encode())
            is_leak = prove_table(stage, relation).verdict is Verdict.LEAK
    except psycopg.Error as error:
        said = error.diag.message_primary or "the server refuses it"
        return Weakening(name, change.words, is_caught=False, equivalent=f"not possible: {said}")
    stage.longer.clear()
    stage.longer.update(before)
    return Weakening(name, change.words, is_caught=is_leak, is_leak=is_leak)


def _changes(relation: Relation) -> Iterator[_Change]:
    """Every weakening of a table with policies in force."""
    if not relation.is_row_security_on:
        return
    table = quoted(relation.name)
    off = f"alter table {table} disable row level security"
    yield _Change("row-level security off", off)
    for policy in relation.policies:
        if not policy.is_permissive:
            words = f"restrictive policy {policy.name!r} dropped"
            yield _Change(words, f"drop policy {name_sql(policy.name)} on {table}", policy)
            continue
        alter = f"alter policy {name_sql(policy.name)} on {table}"
        if policy.using is not None and policy.command in _READS:
            for words, expression in _weaker(policy.using):
                kept = _kept_check(policy)
                said = f"policy {policy.name!r}: {words}"
                yield _Change(said, f"{alter} using ({expression}){kept}", policy)
        if policy.command in _WRITES:
            said = f"policy {policy.name!r}: no check of what is written"
            yield _Change(said, f"{alter} with check ({_TRUE})", policy, is_of_check=True)


def _kept_check(policy: Policy) -> str:
    """The check as it is: without one of its own it would be weakened along with `using`."""
    if policy.command not in _WRITES:
        return ""
    return f" with check ({policy.with_check or policy.using})"


def _weaker(expression: str) -> Iterator[tuple[str, str]]:
    """Weaker forms of a condition, with what was done in words."""
    if _bare(expression).lower() == _TRUE:
        return
    yield "its condition is true", _TRUE
    parts = conjuncts(expression)
    if len(parts) > 1:
        for dropped in parts:
            rest = " and ".join(f"({part})" for part in parts if part is not dropped)
            yield f"without {dropped}", rest
        yield "OR instead of AND", " or ".join(f"({part})" for part in parts)


def conjuncts(expression: str) -> list[str]:
    """The parts of an expression that AND joins, as the server writes it: in parentheses."""
    text = _bare(expression)
    parts, depth, quote, start = [], 0, "", 0
    for position, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif depth == 0 and text[position : position + 5].lower() == " and ":
            parts.append(text[start:position])
            start = position + 5
        elif depth == 0 and text[position : position + 4].lower() == " or ":
            return [text]
    return [*parts, text[start:]]


def _bare(expression: str) -> str:
    """The expression without the parentheses that hold all of it."""
    text = expression.strip()
    while text.startswith("(") and _closing(text) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def _closing(text: str) -> int:
    """Where the parenthesis closes that the text opens with; -1 where it does not."""
    depth, quote = 0, ""
    for position, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
            if depth == 0:
                return position
    return -1


def _equivalent(stage: Stage, relation: Relation, change: _Change) -> str | None:
    """Why a change could make no difference between tenants, where that can be told."""
    rights = stage.study.rights.get(relation.name, {})
    if not rights:
        return "no role that people or programs ask as may reach the table"
    if not is_owned(stage, relation):
        return "no row of the table belongs to a tenant"
    policy = change.policy
    if policy is not None and "public" not in policy.roles and not rights.keys() & policy.roles:
        return f"no role that may reach the table is among {', '.join(policy.roles)}"
    if policy is not None and change.is_of_check and not _may_write(rights.values(), policy):
        return "no role may insert, nor change a column that the check reads"
    return None


def _may_write(rights: Iterable[Rights], policy: Policy) -> bool:
    """Whether somebody could write what the policy's check is about."""
    named = {
        names(fields["fields"])[-1:]
        for kind, fields in nodes(parse_expression(policy.with_check or policy.using or _TRUE))
        if kind == "ColumnRef"
    }
    read = {name for part in named for name in part}
    return any(
        (held.inserts and policy.command != "update")
        or (read & held.updates and policy.command != "insert")
        for held in rights
    )
