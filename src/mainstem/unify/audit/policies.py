"""Which relations and policies concern people who ask through the platform, or as a plain role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.catalog.database import ObjectName, RelationKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.catalog.database import Database, Grant, Policy, Relation

#: strangers, and people who have signed in
CLIENT_ROLES = frozenset({"anon", "authenticated"})
_ANYBODY = CLIENT_ROLES | {"public"}
#: of the platform; no policy is meant to hold them back
_SERVICE_ROLES = frozenset(
    {"authenticator", "dashboard_user", "pgbouncer", "postgres", "service_role", "supabase_admin"}
    | {"supabase_auth_admin", "supabase_functions_admin", "supabase_read_only_user"}
    | {"supabase_realtime_admin", "supabase_replication_admin", "supabase_storage_admin"}
)
_DATA = frozenset({"select", "insert", "update", "delete"})
_STORED = frozenset({RelationKind.TABLE, RelationKind.PARTITIONED, RelationKind.PARTITION})

STORAGE_OBJECTS = ObjectName("storage", "objects")


def has_clients(database: Database) -> bool:
    """Whether people reach the database as roles of the platform, rather than through a server."""
    return any(
        grant.role in CLIENT_ROLES for relation in database.relations for grant in relation.grants
    )


def exposed_tables(database: Database) -> Iterator[Relation]:
    """Tables that somebody other than the application's own server may reach, partitions aside.

    Where nobody asks as a role of the platform, every schema counts: a policy anywhere is meant.
    """
    schemas = frozenset(database.exposed_schemas) if has_clients(database) else None
    for relation in database.tables:
        if schemas is None or relation.name.schema in schemas:
            yield relation


def protected_tables(database: Database) -> Iterator[Relation]:
    """Tables and partitions whose rows policies guard."""
    for relation in database.relations:
        if relation.kind in _STORED and relation.is_row_security_on:
            yield relation


def policies_for_people(database: Database) -> Iterator[tuple[ObjectName, Policy]]:
    """The policies in force for roles that policies are meant for, those on stored files too."""
    for relation in protected_tables(database):
        for policy in relation.policies:
            if is_for_people(policy, database):
                yield relation.name, policy
    for policy in database.storage_policies:
        if is_for_people(policy, database):
            yield STORAGE_OBJECTS, policy


def is_for_people(policy: Policy, database: Database) -> bool:
    """Whether it concerns a role other than those that pass every policy anyway."""
    return any(
        role not in _SERVICE_ROLES and role not in database.bypass_roles for role in policy.roles
    )


def lets_strangers_in(policy: Policy) -> bool:
    """Whether it concerns those who have not signed in."""
    return not {"public", "anon"}.isdisjoint(policy.roles)


def expressions(policy: Policy) -> tuple[str, ...]:
    """Its conditions, those that it has."""
    return tuple(text for text in (policy.using, policy.with_check) if text is not None)


def never_null(database: Database, table: ObjectName) -> frozenset[str]:
    """The columns of a table that are never null, so that a test for it says nothing."""
    found = database.by_name.get(table)
    return frozenset(
        column.name for column in (found.columns if found else ()) if not column.is_nullable
    )


def effective_check(policy: Policy) -> str | None:
    """What new rows must satisfy: PostgreSQL takes the USING expression where no check is given."""
    if policy.command in {"select", "delete"}:
        return None
    return policy.with_check if policy.with_check is not None else policy.using


def granted(relation: Relation, *, roles: frozenset[str] = _ANYBODY) -> dict[str, frozenset[str]]:
    """What each of those roles may do with the rows: role -> select, insert, update, delete."""
    return _held(relation.grants, roles)


def _held(grants: tuple[Grant, ...], roles: frozenset[str]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for grant in grants:
        if grant.role in roles and grant.privilege in _DATA:
            found[grant.role] = found.get(grant.role, frozenset()) | {grant.privilege}
    return found


def is_granted_to_people(relation: Relation, database: Database) -> bool:
    """Whether a role other than the owner and those of the platform may read it."""
    return any(
        grant.privilege == "select"
        and grant.role != relation.owner
        and grant.role not in _SERVICE_ROLES
        and grant.role not in database.bypass_roles
        for grant in relation.grants
    )
