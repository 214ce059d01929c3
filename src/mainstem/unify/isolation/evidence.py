"""A leak with all that a reader needs: who reaches what, what is to blame, a script to show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainstem.unify.isolation.crossing import condition
from mainstem.unify.isolation.model import ObjectVerdict, Verdict
from mainstem.unify.isolation.script import script
from mainstem.unify.isolation.tables import column_sql, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mainstem.unify.catalog.database import ObjectName, Policy, Relation
    from mainstem.unify.isolation.attempts import Outcome
    from mainstem.unify.isolation.callers import Caller
    from mainstem.unify.isolation.crossing import Crossing, Target
    from mainstem.unify.isolation.seeding import Row
    from mainstem.unify.isolation.stage import Stage

_ORDER: Final = ("select", "insert", "update", "move", "delete")
_SHOWN_MAX: Final = 200


@dataclass(frozen=True)
class Evidence:
    """The crossings of one relation that went through."""

    relation: Relation
    target: Target
    leaks: Sequence[tuple[Crossing, Outcome]]


def leak_verdict(stage: Stage, evidence: Evidence) -> ObjectVerdict:
    """The verdict with the clearest of the crossings."""
    ordered = sorted(evidence.leaks, key=lambda each: _clarity(*each))
    crossing, outcome = ordered[0]
    others = sorted({c.command for c, _ in ordered} - {crossing.command}, key=_ORDER.index)
    reached = crossing.reached(outcome)
    reason = f"{crossing.caller.name} {crossing.doing} {_whose(crossing, reached)}: "
    reason += blame(stage, evidence.relation, crossing)
    if others:
        reason += f"; also {', '.join(others)}"
    name = str(evidence.relation.name)
    stage.longer[name] = shown(stage, evidence, crossing, reached, is_whole=True)
    return ObjectVerdict(
        name,
        evidence.relation.kind.value,
        Verdict.LEAK,
        reason,
        shown(stage, evidence, crossing, reached, is_whole=False),
    )


def shown(
    stage: Stage,
    evidence: Evidence,
    crossing: Crossing,
    reached: Sequence[Row],
    *,
    is_whole: bool,
) -> str:
    """The script: the rows that are reached, and those that make the caller who it is."""
    statement = crossing.attempt.statement
    target = evidence.target
    if crossing.command == "select":
        held = stage.study.rights[evidence.relation.name][crossing.caller.role]
        columns = [c.name for c in evidence.relation.columns]
        listed = (
            "*"
            if held.selects.issuperset(columns)
            else ", ".join(column_sql(name) for name in columns if name in held.selects)
        )
        where = condition(reached[:1], target.key or target.whose)
        statement = f"select {listed} from {target.sql} where {where}"
    rows = _needed(stage, crossing, reached[:1], is_whole=is_whole)
    return script(crossing.caller, statement, rows=rows, is_replica=stage.seed.is_replica)


def blame(stage: Stage, relation: Relation, crossing: Crossing) -> str:
    """The policy without which it would not be possible, or that there is none in force."""
    if not relation.is_row_security_on:
        count = len(relation.policies)
        more = f", so that its policies ({count}) are not in force" if count else ""
        return f"row-level security is off{more}"
    if relation.owner == crossing.caller.role and not relation.is_row_security_forced:
        return "the role owns the table, and row-level security is not forced"
    guilty = [
        policy
        for policy in relation.policies
        if policy.is_permissive and _goes_through(stage, relation, policy, crossing)
    ]
    if not guilty:
        return "its policies let it, each a part of it"
    policy = guilty[0]
    text = policy.with_check if crossing.command == "insert" else policy.using
    text = " ".join((text or policy.using or policy.with_check or "").split())[:_SHOWN_MAX]
    others = [repr(other.name) for other in guilty[1:]]
    also = f" (and {', '.join(others)})" if others else ""
    return f"policy {policy.name!r}{also} lets it: {text}"


def _goes_through(stage: Stage, relation: Relation, policy: Policy, crossing: Crossing) -> bool:
    """Whether the policy lets the crossing through when no other one lets anybody in."""
    others = [p for p in relation.policies if p.is_permissive and p is not policy]
    if crossing.command in {"update", "move", "delete"}:
        # Rows must be seen to be changed: what only shows them is not to blame.
        others = [other for other in others if other.command != "select"]
        if policy.command == "select":
            return False
    with stage.connection.transaction(force_rollback=True):
        for other in others:
            name = f"{column_sql(other.name)} on {quoted(relation.name)}"
            text = f"alter policy {name} {_closed(other)}"
            stage.connection.execute(text.encode())
        (outcome,) = stage.attempt([crossing.attempt])
    return crossing.is_leak(outcome)


def _closed(policy: Policy) -> str:
    """What of `alter policy` lets nobody in."""
    using = "" if policy.command == "insert" else "using (false)"
    check = "" if policy.command in {"select", "delete"} else "with check (false)"
    return f"{using} {check}"


def _clarity(crossing: Crossing, outcome: Outcome) -> tuple[int, bool, bool, bool]:
    reached = crossing.reached(outcome)
    return (
        _ORDER.index(crossing.command),
        crossing.caller.is_forger,
        " where " not in crossing.attempt.statement,
        all(row.variant for row in reached),
    )


def _whose(crossing: Crossing, reached: Sequence[Row]) -> str:
    """Whose rows they are, and of what kind where only one kind is reached."""
    tenants = {row.tenant for row in reached}
    whose = f"tenant {'AB'[tenants.pop()]}" if len(tenants) == 1 else "any tenant"
    of = "to" if crossing.doing.endswith("its row") else "of"
    kinds = {tuple(row.variant.items()) for row in reached}
    if len(kinds) == 1 and (kind := kinds.pop()):
        told = ", ".join(f"{n} is {'null' if v is None else v}" for n, v in kind)
        return f"{of} {whose} where {told}"
    return f"{of} {whose}"


def _needed(
    stage: Stage, crossing: Crossing, reached: Sequence[Row], *, is_whole: bool
) -> Iterator[Row]:
    """The rows of the script: of whose tenants, and all that policies look up for them."""
    casts = {(row.tenant, row.cast) for row in reached}
    name = reached[0].table.name
    tables = [name]
    if crossing.command in {"insert", "move"}:
        tables += [reference.target for reference in reached[0].table.references]
    rows = rows_needed(stage, crossing.caller, tables, casts, has_parents=is_whole)
    for row in rows:
        is_reached = row in reached
        is_own = row.table.name == name and row.tenant == crossing.caller.tenant
        if crossing.command == "select" and is_own and not is_reached:
            continue
        # What is inserted, or moved into its place, must not be there before.
        if is_reached and (crossing.command == "insert" or crossing.attempt.before):
            continue
        yield row


def rows_needed(
    stage: Stage,
    caller: Caller,
    tables: Iterable[ObjectName],
    casts: set[tuple[int, int]],
    *,
    has_parents: bool = True,
) -> Iterator[Row]:
    """The rows of some casts and of the caller's in tables and all behind them, parents first."""
    wanted = _tables_needed(stage, tables, has_parents=has_parents or not stage.seed.is_replica)
    if caller.tenant is not None:
        casts = casts | {(caller.tenant, caller.cast)}
    for name in stage.seed.order:
        if name in wanted:
            yield from (row for row in stage.seed.of(name) if (row.tenant, row.cast) in casts)


def _tables_needed(
    stage: Stage, names: Iterable[ObjectName], *, has_parents: bool
) -> set[ObjectName]:
    """Tables with all that their policies read, and all that they point to."""
    found: set[ObjectName] = set()
    waiting = list(names)
    while waiting:
        table = stage.study.tables.get(waiting.pop())
        if table is None or table.name in found:
            continue
        found.add(table.name)
        waiting += [r.target for r in table.references] if has_parents else []
        waiting += stage.study.facts.reads.get(table.name, ())
    return found
