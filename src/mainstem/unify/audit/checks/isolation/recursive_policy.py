"""A policy reads its own table again, so that every query of it fails.

## What it finds
Policies whose sub-selects come back to their own table, directly or through the policies of the
tables they read, or through functions that run with the caller's rights.

## Why it matters
PostgreSQL applies a table's policies inside of its own policies as well and ends with `infinite
recursion detected in policy for relation`, or, through a function, with `stack depth limit
exceeded`. Creating the policy succeeds; the first query of a person fails.

## Example
`create policy see on member using (team_id in (select team_id from member
 where user_id = auth.uid()));`

## How to mend it
Ask a `security definer` function that reads the table past its policies and returns only what the
caller may know, or take the list of teams from the claims.

## When to ignore it
Never: the table cannot be read under this policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from mainstem.unify.audit.catalogs import Fault, in_catalogs, policy_made
from mainstem.unify.audit.expressions import calls, parse_body, parse_expression, relations_read
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.policies import is_for_people, protected_tables
from mainstem.unify.catalog.database import ObjectName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, Policy

    Names: TypeAlias = frozenset[ObjectName]

SEVERITY = Severity.ERROR

#: a longer way round is reported as well, once one is found it is enough
_STEPS_MAX = 20


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each table that cannot be read."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    readers = _readers(database)
    reads = _reads_when_read(database, readers)
    for table in reads:
        cycle = _cycle(table, reads)
        if not cycle:
            continue
        way = " -> ".join(map(str, (table, *cycle)))
        policies = [
            policy
            for policy in database.by_name[table].policies
            if _is_of_reading(policy) and cycle[0] in _reads(policy, readers)
        ]
        yield Fault(
            f"policies on {table} read {table} again ({way}): every query of it fails",
            shown=f'policy "{policies[0].name}" on {table} reads {cycle[0]}',
            relation=table,
            fix="read what the policy needs in a security definer function, or from the claims",
            made_by=policy_made(table, policies[0]),
        )


def _reads_when_read(
    database: Database, readers: dict[tuple[str, str], Names]
) -> dict[ObjectName, Names]:
    """For each table: the protected tables that its policies for reading read."""
    found: dict[ObjectName, Names] = {}
    for table in protected_tables(database):
        policies = (p for p in table.policies if is_for_people(p, database) and _is_of_reading(p))
        found[table.name] = frozenset().union(*(_reads(policy, readers) for policy in policies))
    return {table: names & found.keys() for table, names in found.items()}


def _is_of_reading(policy: Policy) -> bool:
    return policy.command in {"select", "all"}


def _reads(policy: Policy, readers: dict[tuple[str, str], Names]) -> Names:
    if policy.using is None:
        return frozenset()
    tree = parse_expression(policy.using)
    direct = frozenset(ObjectName(*name) for name in relations_read(tree))
    return direct.union(*(readers.get(call, frozenset()) for call in calls(tree)))


def _readers(database: Database) -> dict[tuple[str, str], Names]:
    """What functions read that run with their caller's rights."""
    return {
        (function.name.schema, function.name.name): frozenset(
            ObjectName(*name) for name in relations_read(list(parse_body(function) or ()))
        )
        for function in database.functions
        if not function.is_security_definer
    }


def _cycle(start: ObjectName, reads: dict[ObjectName, Names]) -> tuple[ObjectName, ...]:
    """The shortest way from a table back to itself; empty where there is none."""
    ways: list[tuple[ObjectName, ...]] = [(name,) for name in sorted(reads[start])]
    seen: set[ObjectName] = set()
    for way in ways:
        if way[-1] == start:
            return way
        if way[-1] not in seen and len(way) < _STEPS_MAX:
            seen.add(way[-1])
            ways.extend((*way, name) for name in sorted(reads.get(way[-1], frozenset())))
    return ()
