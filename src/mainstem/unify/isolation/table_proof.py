"""The verdict on one table or partition."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from mainstem.unify.audit.expressions import constants, parse_expression
from mainstem.unify.audit.policies import expressions
from mainstem.unify.catalog.database import RelationKind
from mainstem.unify.isolation.attempts import CANCELED
from mainstem.unify.isolation.crossing import Crossing, crossings
from mainstem.unify.isolation.evidence import Evidence, leak_verdict
from mainstem.unify.isolation.model import ObjectVerdict, Verdict
from mainstem.unify.isolation.tables import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.catalog.database import Policy, Relation
    from mainstem.unify.isolation.attempts import Outcome
    from mainstem.unify.isolation.crossing import Target
    from mainstem.unify.isolation.stage import Stage

_COMMANDS: Final = ("select", "insert", "update", "move", "delete")
_CLOSED: Final = "no role that people or programs ask as may reach it"
_SUPERUSERS_ONLY: Final = (
    "nobody but superusers may reach any table of this database, and no policy holds them back: "
    "grant what a program needs to a role of its own, and let it ask as that"
)


def prove_table(stage: Stage, relation: Relation) -> ObjectVerdict:
    """Try everything on it, and say what came of it."""
    name, kind = str(relation.name), relation.kind.value
    rights = stage.study.rights.get(relation.name, {})
    owned = is_owned(stage, relation)
    if not rights:
        # Where nobody may reach any table, programs come as superusers: nothing holds them back.
        is_kept = any(stage.study.rights.values()) or relation.name in stage.study.aside
        if is_kept:
            return ObjectVerdict(name, kind, Verdict.PROVEN, _CLOSED)
        return ObjectVerdict(name, kind, Verdict.NOT_EXERCISED, _SUPERUSERS_ONLY)
    if not owned:
        return ObjectVerdict(name, kind, Verdict.PROVEN, _shared_reason(relation))
    target = stage.target(relation)
    if target is None:
        return ObjectVerdict(name, kind, Verdict.NOT_EXERCISED, _no_rows(stage, relation))
    tried = stage.outcomes(table_crossings(stage, relation, target))
    leaks = [(c, o) for c, o in tried if is_unmeant_leak(stage, c, o)]
    if leaks:
        return leak_verdict(stage, Evidence(relation, target, leaks))
    return _kept(stage, relation, tried)


def table_crossings(stage: Stage, relation: Relation, target: Target) -> Iterator[Crossing]:
    """Everything that all callers try on it."""
    rights = stage.study.rights.get(relation.name, {})
    for caller, _ in stage.callers(target.rows[0].table.name):
        held = rights.get(caller.role)
        if held is not None:
            witness = stage.witness(caller, target.rows[0].table.name)
            yield from crossings(target, caller, held, witness=witness)


def is_unmeant_leak(stage: Stage, crossing: Crossing, outcome: Outcome) -> bool:
    """Whether something was reached that neither rank nor a person's choice opens."""
    if not crossing.is_leak(outcome) or crossing.caller.is_privileged:
        return False
    return crossing.command != "select" or not all(map(stage.is_shared, crossing.reached(outcome)))


def _kept(stage: Stage, relation: Relation, tried: list[tuple[Crossing, Outcome]]) -> ObjectVerdict:
    """Nothing was reached: because the policies hold, or because nothing was there to be seen."""
    name, kind = str(relation.name), relation.kind.value
    base = stage.target(relation)
    assert base is not None, "rows were tried"
    seeing = stage.seeing.get(base.rows[0].table.name, [])
    missing = stage.seed.failures.get(base.rows[0].table.name)
    if missing is not None:
        return ObjectVerdict(name, kind, Verdict.NOT_EXERCISED, missing)
    given_up = _given_up(tried)
    if given_up:
        reason = (
            f"{', '.join(given_up)} took too long and was given up: a trigger or a policy waits"
        )
        return ObjectVerdict(name, kind, Verdict.NOT_EXERCISED, reason)
    notes = _notes(tried)
    if seeing and relation.kind is not RelationKind.PARTITION:
        counted = Counter(crossing.command for crossing, _ in tried)
        commands = ", ".join(command for command in _COMMANDS if counted[command])
        reason = f"its own tenant sees its rows, and no other reaches them ({commands})"
        return ObjectVerdict(name, kind, Verdict.PROVEN, reason + notes)
    closed = closed_reason(stage, relation)
    if closed is not None:
        return ObjectVerdict(name, kind, Verdict.PROVEN, closed + notes)
    asked = stage.errors.get(base.rows[0].table.name) or _asked(relation)
    reason = f"no caller could be made that sees its own rows: {asked}"
    return ObjectVerdict(name, kind, Verdict.NOT_EXERCISED, reason)


def closed_reason(stage: Stage, relation: Relation) -> str | None:
    """Why nobody sees a row at all, where that is what is meant."""
    policies = [p for p in relation.policies if p.is_permissive and _is_for(p, stage.study.roles)]
    if relation.is_row_security_on and not policies:
        return "row-level security is on, and no policy lets a caller in"
    rights = stage.study.rights.get(relation.name, {})
    if not any(held.selects for held in rights.values()):
        return "nobody may read it"
    if policies and all(map(_is_for_service, policies)):
        return "its policies let in the service only"
    readable = [p for p in policies if p.command in {"all", "select"} and not _is_for_service(p)]
    if policies and not readable and relation.is_row_security_on:
        return "no policy lets a caller read"
    return None


def _is_for(policy: Policy, roles: tuple[str, ...]) -> bool:
    return "public" in policy.roles or not set(roles).isdisjoint(policy.roles)


def _is_for_service(policy: Policy) -> bool:
    """Whether it is false, or asks for the platform's own service."""
    texts = expressions(policy)
    return bool(texts) and all(
        text == "false" or "service_role" in set(constants(parse_expression(text)))
        for text in texts
        if text != "true" or policy.command == "insert"
    )


def _given_up(tried: list[tuple[Crossing, Outcome]]) -> list[str]:
    """The commands of which some statement was canceled, so that nobody knows what it would do."""
    given_up = {crossing.command for crossing, outcome in tried if outcome.state == CANCELED}
    return [command for command in _COMMANDS if command in given_up]


def _notes(tried: list[tuple[Crossing, Outcome]]) -> str:
    found = []
    reached = [(c, o) for c, o in tried if c.is_leak(o)]
    if any(c.caller.is_privileged for c, _ in reached):
        found.append("administrators reach more, as the policies say")
    shared = {
        name
        for crossing, outcome in reached
        if crossing.command == "select" and not crossing.caller.is_privileged
        for row in crossing.reached(outcome)
        for name in row.variant
    }
    if shared:
        found.append(f"rows that are shared by choice ({', '.join(sorted(shared))}) are seen")
    return "".join(f"; {note}" for note in found)


def is_owned(stage: Stage, relation: Relation) -> bool:
    """Whether its rows, or those of the table that it is a partition of, belong to tenants."""
    target = stage.target(relation)
    name = target.rows[0].table.name if target is not None else relation.name
    above = relation
    while above.parent is not None and name not in stage.study.owned:
        name = above.parent
        above = stage.study.database.by_name.get(name, relation)
        if above is relation:
            break
    return name in stage.study.owned


def _no_rows(stage: Stage, relation: Relation) -> str:
    if relation.parent is not None:
        return "no row that was made falls into this partition"
    said = stage.seed.failures.get(relation.name, "no row could be made")
    return f"no row could be made: {said}"


def _shared_reason(relation: Relation) -> str:
    return f"shared: no row of {quoted(relation.name)} belongs to a tenant"


def _asked(relation: Relation) -> str:
    if not relation.policies:
        return "row-level security is off, and yet nothing is seen"
    text = next((t for p in relation.policies for t in expressions(p)), "")
    return f"policy {relation.policies[0].name!r} asks for {' '.join(text.split())[:160]}"
