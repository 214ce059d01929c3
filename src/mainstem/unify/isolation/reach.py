"""Who reaches which rows of a table by which command: its own tenant's rows and levels included.

What a person may do within its tenant is for the policies to say, so that none of this is a leak by
itself. But whatever is reached after a policy was changed, and was not before, the policy had kept.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

from mainstem.unify.isolation.attempts import Attempt
from mainstem.unify.isolation.crossing import (
    Crossing,
    changes,
    deletions,
    gift,
    insertion,
    reading,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.catalog.database import ObjectName, Relation
    from mainstem.unify.isolation.attempts import Outcome
    from mainstem.unify.isolation.callers import Caller
    from mainstem.unify.isolation.crossing import Target
    from mainstem.unify.isolation.facts import Source
    from mainstem.unify.isolation.seeding import Row
    from mainstem.unify.isolation.stage import Stage
    from mainstem.unify.isolation.tables import Rights

#: who, how, and the place of the row
Reach: TypeAlias = tuple[str, str, str]
_PEOPLE_MAX: Final = 4


def reach(stage: Stage, relation: Relation) -> frozenset[Reach]:
    """Everything that people of the first tenant, in every variety, and nobody reach in a table."""
    target = stage.target(relation)
    if target is None:
        return frozenset()
    rows = (*target.rows, *stage.beside.get(target.rows[0].table.name, ()))
    target = replace(target, rows=rows)
    rights = stage.study.rights.get(relation.name, {})
    tried = stage.outcomes(
        crossing
        for caller in _callers(stage, target.rows[0].table.name)
        if caller.role in rights
        for crossing in _everything(target, caller, rights[caller.role])
    )
    return frozenset(
        (crossing.caller.name, crossing.command, row.place)
        for crossing, outcome in tried
        for row in _reached(crossing, outcome)
    )


def _callers(stage: Stage, table: ObjectName) -> list[Caller]:
    """A few people with every other choice of the claims that the table's policies ask for."""
    asked = _asked(stage, table)
    found: dict[tuple[object, ...], Caller] = {}
    people = {(who.role, who.cast): (who, choice) for who, choice in stage.people_of(table)[::-1]}
    for caller, choice in list(people.values())[::-1][:_PEOPLE_MAX]:
        for each in (caller, *stage.identities.varied(caller, choice, asked)):
            found.setdefault((each.role, each.settings), replace(each, name=str(len(found))))
    for role in stage.study.roles:
        nobody = stage.identities.nobody(role)
        found.setdefault((nobody.role, nobody.settings), nobody)
    return list(found.values())


def _asked(stage: Stage, table: ObjectName) -> set[Source]:
    """The claims that a table's policies ask for, and those of the tables that they read."""
    facts = stage.study.facts
    found: set[ObjectName] = set()
    waiting = [table]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += facts.reads.get(name, ())
    return {source for name in found for source in facts.asked.get(name, ())}


def _everything(target: Target, caller: Caller, rights: Rights) -> Iterator[Crossing]:
    """Each command on each row that tells something: of each kind one of the other tenant."""
    if rights.selects.issuperset(target.key) and rights.selects:
        query = Attempt(caller.role, caller.settings, reading(target, target.rows), is_query=True)
        yield Crossing(caller, "select", "reads rows", query, target.rows)
    telling = [row for row in target.rows if row.is_beside or row.cast == caller.cast]
    own = next((row for row in telling if row.tenant == caller.tenant), None)
    for row in telling:
        yield from changes(target, caller, rights, [row])
        yield from deletions(target, caller, rights, [row])
        yield from insertion(target, caller, rights, row) if target.can_remake else ()
        yield from gift(target, caller, rights, (own, row)) if own not in (None, row) else ()


def _reached(crossing: Crossing, outcome: Outcome) -> list[Row]:
    if not crossing.is_leak(outcome):
        return []
    return crossing.reached(outcome)
