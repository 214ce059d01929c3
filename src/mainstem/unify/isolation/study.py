"""What the proof works with: the catalog, who may call, what policies compare, whose rows are."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from psycopg import sql

from mainstem.errors import ServerError
from mainstem.kit.naming import snake_case
from mainstem.unify.audit.expressions import constants, parse_expression
from mainstem.unify.audit.policies import expressions
from mainstem.unify.audit.tenancy import Tenancy, tenancy
from mainstem.unify.audit.view_queries import parse_view
from mainstem.unify.catalog.database import ObjectName, RelationKind
from mainstem.unify.catalog.read_database import read_database
from mainstem.unify.isolation.callers import STRANGERS
from mainstem.unify.isolation.domains import Domains
from mainstem.unify.isolation.expanding import Expander
from mainstem.unify.isolation.promises import keeps_promise
from mainstem.unify.isolation.reading import Reader
from mainstem.unify.isolation.tables import (
    Reference,
    Rights,
    Table,
    immutable_functions,
    mutable_functions,
    platform_functions,
    read_rights,
    read_roles,
    read_tables,
)
from mainstem.unify.isolation.values import is_privileged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.database import Database, Relation
    from mainstem.unify.isolation.facts import Facts, Spot
    from mainstem.unify.isolation.seeding import Variant

    Connection = psycopg.Connection[TupleRow]

#: stands for whoever connects, where rights are given to everybody and no role is there
_ANYBODY: Final = "mainstem_anybody"
#: of the platform: they run it, and no policy is meant for them
_SERVICE: Final = frozenset(
    {"authenticator", "dashboard_user", "pgbouncer", "pgsodium_keyholder", "postgres"}
    | {"service_role"}
)
_ROLES_MAX: Final = 4
_CASTS_MIN: Final = 2
_CASTS_MAX: Final = 8
_TIME_BASES: Final = frozenset({"timestamptz", "timestamp", "date"})
_TIMES: Final = {"after": "2100-01-01 00:00:00", "before": "2000-01-01 00:00:00"}
_OWNERS: Final = frozenset({"user", "owner", "profile"})
_RANKS: Final = frozenset({"role", "roles", "rank", "ranks", "permission", "permissions"})
#: the schemas of the toolkit's own ledger and staging
_TOOLKIT: Final = re.compile(r"unify(_\d+)?")
_STORED: Final = frozenset({RelationKind.TABLE, RelationKind.PARTITIONED, RelationKind.PARTITION})


@dataclass(frozen=True)
class Study:
    """One database, read and understood before any row is made."""

    database: Database
    tables: Mapping[ObjectName, Table]
    roles: tuple[str, ...]
    rights: Mapping[ObjectName, Mapping[str, Rights]]
    facts: Facts
    literals: Mapping[Spot, tuple[str, ...]]
    tenant: Tenancy | None
    expander: Expander
    #: tables that need no rows, because nothing leads a caller to them
    aside: frozenset[ObjectName] = frozenset()
    #: whether a plan is right for all callers of a role
    is_planned_once: bool = True

    @cached_property
    def domains(self) -> Domains:
        """The columns that hold the same thing."""
        column = self.tenant.column if self.tenant is not None else None
        return Domains(self.tables, self.facts, literals=self.literals, tenant_column=column)

    @cached_property
    def seeded(self) -> dict[ObjectName, Table]:
        """The tables that rows are made in: those of the database, and what they point to."""
        waiting = [
            r.name
            for r in self.database.relations
            if r.name in self.tables and r.name not in self.aside
        ]
        waiting += sorted({spot[0] for spot in self.domains.identities})
        found: dict[ObjectName, Table] = {}
        while waiting:
            table = self.tables[waiting.pop(0)]
            if table.name not in found:
                found[table.name] = table
                waiting += [r.target for r in table.references if r.target in self.tables]
        return found

    @cached_property
    def people(self) -> frozenset[Spot]:
        """The domains of persons: what the subject of a token is compared with."""
        return frozenset(
            self.domains.of(spot)
            for source, spots in self.facts.sites.items()
            if source.is_person
            for spot in spots
            if self.domains.is_key(spot)
        )

    @cached_property
    def owned(self) -> frozenset[ObjectName]:
        """The tables whose rows belong to a tenant: by a column, or by what they point to."""
        identities = {self.domains.of(spot) for spot in self.domains.identities}
        found = {spot[0] for spot in self.domains.identities} | self.facts.guarded
        found |= {self.tenant.root} if self.tenant and self.tenant.root else set()
        for table in self.tables.values():
            for reference in table.references:
                spots = [(table.name, column) for column in reference.columns]
                is_membership = (
                    table.name in found
                    and any(spot in self.facts.looked_up for spot in spots)
                    and not self._is_of_rank(table, reference)
                )
                if is_membership and not self._is_weak(table, spots):
                    found.add(reference.target)
        grown = True
        while grown:
            more = {
                table.name
                for table in self.tables.values()
                if table.name not in found and self._belongs(table, found, identities)
            }
            found |= more
            grown = bool(more)
        return frozenset(found)

    def _is_of_rank(self, table: Table, reference: Reference) -> bool:
        """Whether it says as what a person belongs rather than to what: a role, say.

        What a person belongs to is part of what identifies a row of members; the rank is not.
        """
        named = {table.key, *table.uniques.values()}
        people = {name for name in table.columns if self._is_person((table.name, name))}
        sets = [set(columns) for columns in named if people & set(columns)]
        wider = [columns for columns in sets if columns - people]
        if wider:
            return not any(columns & set(reference.columns) for columns in wider)
        return bool(_RANKS & set(snake_case(reference.target.name).split("_")))

    def whose(self, table: Table) -> tuple[str, ...]:
        """The columns that say whose a row is, or point to what does."""
        pointing = {c for r in table.references if r.target != table.name for c in r.columns}
        named = {spot[1] for spot in self._identity_spots if spot[0] == table.name}
        return tuple(name for name in table.columns if name in pointing | named)

    def direct(self, table: Table) -> tuple[str, ...]:
        """The columns that hold what callers are known by."""
        return tuple(c for c in table.columns if (table.name, c) in self._identity_spots)

    def owners(self, table: Table) -> tuple[str, ...]:
        """The columns that decide whose a row is: an organisation's where there are any."""
        found = self.direct(table)
        organisations = [
            name
            for name in self.whose(table)
            if not self._is_person((table.name, name))
            and (name in found or (table.name, name) in self.facts.looked_up)
        ]
        return tuple(organisations) or found

    def members(self, table: Table) -> tuple[str, ...]:
        """Of a table that tells who belongs to what: the columns that name the person."""
        known = [c for c in self.whose(table) if (table.name, c) in self.facts.looked_up]
        people = [c for c in known if self._is_person((table.name, c))]
        return tuple(people) if len(known) > len(people) else ()

    def _is_person(self, spot: Spot) -> bool:
        return self.domains.of(spot) in self.people

    @cached_property
    def variants(self) -> dict[ObjectName, list[Variant]]:
        """Of every table that rows are made in: the kinds that policies tell apart."""
        return {table.name: self._variants(table) for table in self.seeded.values()}

    def _variants(self, table: Table) -> list[Variant]:
        """The kinds of rows that policies tell apart, the plain one first."""
        found: list[dict[str, str | None]] = [{}]
        for asked in self.asked(table.name):
            kind = {
                name: value
                for name, (what, text) in asked.items()
                for value in self._demanded(table, name, what, text)
            }
            others: dict[str, str | None] = {
                name: other
                for name, value in kind.items()
                if value is not None and (other := self._other_word(table, name, value)) is not None
            }
            # Of what plain rows are anyway, the others are the kind that is missing.
            found += [each for each in [others or kind] if each and each not in found]
        for name in self.direct(table):
            if table.columns[name].is_nullable and {name: None} not in found:
                found.append({name: None})
        return list(found[:_CASTS_MAX])

    def asked(self, table: ObjectName) -> list[dict[str, tuple[str, str]]]:
        """What alternatives of policies ask of a table's columns, each once."""
        return self._asked.get(table, [])

    @cached_property
    def _asked(self) -> dict[ObjectName, list[dict[str, tuple[str, str]]]]:
        found: dict[ObjectName, list[dict[str, tuple[str, str]]]] = defaultdict(list)
        for branch in self.facts.branches:
            by_table: dict[ObjectName, dict[str, tuple[str, str]]] = defaultdict(dict)
            for (name, column), what in branch.items():
                by_table[name][column] = what
            for name, asked in by_table.items():
                if asked not in found[name]:
                    found[name].append(asked)
        return found

    def words(self, table: Table) -> dict[str, list[str]]:
        """The columns that hold words which claims are compared with: column -> words."""
        found: dict[str, list[str]] = {}
        for name, column in table.columns.items():
            spot = (table.name, name)
            is_compared = any(spot in spots for spots in self.facts.sites.values())
            known = [*column.labels, *self.literals.get(spot, ())]
            if is_compared and known and not column.is_generated:
                found[name] = known
        return found

    def cast_count(self) -> int:
        """How many sets of rows each tenant needs, so that every kind is among them."""
        return min(_CASTS_MAX, max([_CASTS_MIN, *map(len, self.variants.values())]))

    def privileged_casts(self) -> frozenset[int]:
        """The casts whose people are administrators, as some look-up tells."""
        count = self.cast_count()
        people = {spot[0] for spot in self.facts.looked_up}
        return frozenset(
            cast
            for name in people
            if name in self.seeded
            for cast in range(count)
            for kind in [self.variants[name]]
            if any(_is_high(c, v) for c, v in kind[cast % len(kind)].items())
        )

    @cached_property
    def _identity_spots(self) -> frozenset[Spot]:
        identities = {self.domains.of(spot) for spot in self.domains.identities}
        return frozenset(
            (table.name, name)
            for table in self.tables.values()
            for name in table.columns
            if self.domains.of((table.name, name)) in identities
            and (name not in _weak_columns(table) or self._is_strong((table.name, name)))
        )

    def _belongs(self, table: Table, owned: set[ObjectName], identities: set[Spot]) -> bool:
        for name in table.columns:
            spot = (table.name, name)
            if self.domains.of(spot) in identities and not self._is_weak(table, [spot]):
                return True
        return any(
            reference.target in owned
            and reference.target != table.name
            and not self._is_weak(table, [(table.name, c) for c in reference.columns])
            for reference in table.references
        )

    def _is_weak(self, table: Table, spots: Sequence[Spot]) -> bool:
        """Whether it only notes a person, such as an author, as an optional remark."""
        is_optional = any(table.columns[name].is_nullable for _, name in spots)
        is_person = any(self.domains.of(spot) in self.people for spot in spots)
        return is_optional and is_person and not any(map(self._is_strong, spots))

    def _is_strong(self, spot: Spot) -> bool:
        noun = snake_case(spot[1]).removesuffix("_id").removesuffix("_uuid")
        is_compared = spot in self.facts.looked_up or spot in self.domains.identities
        return is_compared or noun in _OWNERS

    def _other_word(self, table: Table, name: str, value: str) -> str | None:
        """Another word where plain rows have this one, so that not all rows are of the kind."""
        column = table.columns[name]
        default = (column.default or "").partition("::")[0].strip("'")
        words = [*column.labels, *self.literals.get((table.name, name), ())]
        words += ["true", "false"] if column.base == "bool" else []
        is_usual = value == default or (not default and words[:1] == [value])
        return next((word for word in words if word != value), None) if is_usual else None

    def _demanded(self, table: Table, name: str, what: str, text: str) -> Iterator[str | None]:
        """The value that a condition asks of a column, where a row may have it."""
        column = table.columns[name]
        is_fixed = column.is_generated or self.domains.is_shared((table.name, name))
        words = [*column.labels, *self.literals.get((table.name, name), ())]
        if what == "null" and column.is_nullable and not column.is_generated:
            yield None
        elif is_fixed:
            return
        elif what == "is":
            yield text
        elif what in _TIMES and column.base in _TIME_BASES:
            yield _TIMES[what]
        elif what == "not" and words:
            yield from [word for word in words if word != text][:1]
        elif what == "not null" and column.is_nullable:
            yield from _something(column.base, words)


def study(connection: Connection, *, name: str, mutates: bool = False) -> Study:
    """Read a database.

    Args:
        connection: who sees all rows.
        name: what people call the database.
        mutates: whether rights will be given to what nobody may reach now.

    Raises:
        ServerError: the role may not see all rows, or may not act as anybody else.
    """
    _require_all_seeing(connection)
    database = read_database(connection, name=name)
    tables = read_tables(connection)
    roles = _callers(connection, database)
    columns = {relation: list(table.columns) for relation, table in tables.items()}
    columns |= {r.name: [c.name for c in r.columns] for r in database.relations if r.is_view}
    expander = Expander([*database.functions, *platform_functions(connection)], columns)
    reader = Reader(columns)
    for relation in database.relations:
        own = relation.name if relation.name in tables else relation.parent
        for policy in relation.policies:
            for text in expressions(policy):
                reader.read(expander.expression(text), own)
        if relation.is_view:
            # What a view leaves out must be among the rows, or it is never seen through it.
            for statement in parse_view(relation):
                reader.read_conditions(statement)
    rights = read_rights(connection, roles)
    return Study(
        database,
        tables,
        roles,
        rights,
        reader.facts,
        _literals(tables),
        tenancy(database),
        expander,
        frozenset() if mutates else _toolkit_tables(database, rights),
        _is_planned_once(connection),
    )


def _is_planned_once(connection: Connection) -> bool:
    mutable = mutable_functions(connection)
    return all(keeps_promise(each, mutable) for each in immutable_functions(connection))


def is_service(role: str) -> bool:
    """Whether a role runs the platform rather than serving people."""
    return role in _SERVICE or role.startswith(("supabase_", "pg_"))


def stored(database: Database) -> Iterator[Relation]:
    """Tables and partitions."""
    return (relation for relation in database.relations if relation.kind in _STORED)


def _require_all_seeing(connection: Connection) -> None:
    found = connection.execute(
        "select rolsuper or rolbypassrls, current_user from pg_roles where rolname = current_user"
    ).fetchone()
    assert found is not None, "the current user is a role"
    if not found[0]:
        raise ServerError(
            f"the isolation proof cannot run as {found[1]}, whom policies bind; "
            "connect as a superuser, or as the owner with BYPASSRLS"
        )


def _callers(connection: Connection, database: Database) -> tuple[str, ...]:
    """The roles that people or the application ask as; strangers last."""
    known = read_roles(connection)
    usable = [role for role in known if not is_service(role) and _may_become(connection, role)]
    owners = {relation.owner for relation in database.relations}
    rights = read_rights(connection, usable)
    reach: dict[str, int] = defaultdict(int)
    for name, by_role in rights.items():
        if name in database.by_name:
            for role in by_role:
                reach[role] += 1
    granted = {
        grant.role
        for relation in database.relations
        for grant in relation.grants
        if grant.role != relation.owner
    }
    asking = [role for role in reach if role in granted or role not in owners]
    if "public" in granted and not asking:
        connection.execute(sql.SQL("create role {}").format(sql.Identifier(_ANYBODY)))
        return (_ANYBODY,)
    if not any(role in granted for role in asking):
        asking = [role for role in reach if role in owners]
    asking = [r for r in asking if r in granted or r in owners] or asking
    asking.sort(key=lambda role: (-reach[role], role))
    chosen = [role for role in asking if role != STRANGERS][:_ROLES_MAX]
    return (*chosen, *([STRANGERS] if STRANGERS in asking else []))


def _may_become(connection: Connection, role: str) -> bool:
    right = "SET" if connection.info.server_version >= 160000 else "MEMBER"  # noqa: PLR2004 - a version
    found = connection.execute("select pg_has_role(current_user, %s, %s)", (role, right)).fetchone()
    return bool(found and found[0])


def _toolkit_tables(
    database: Database, rights: Mapping[ObjectName, object]
) -> frozenset[ObjectName]:
    """The toolkit's own tables, scores after each run; none where any way leads to one of them."""
    own = frozenset(r.name for r in database.relations if _TOOLKIT.fullmatch(r.name.schema))
    others = [r for r in database.relations if r.name not in own]
    is_read = any(not own.isdisjoint(relation.reads) for relation in others)
    texts = [f.body for f in database.functions if not _TOOLKIT.fullmatch(f.name.schema)]
    texts += [text for r in others for policy in r.policies for text in expressions(policy)]
    is_named = any("unify" in text for text in texts)
    return frozenset() if is_read or is_named or not own.isdisjoint(rights) else own


def _literals(tables: Mapping[ObjectName, Table]) -> dict[Spot, tuple[str, ...]]:
    """The words that checks compare a column with."""
    found: dict[Spot, tuple[str, ...]] = {}
    for table in tables.values():
        for name, columns in table.checks.items():
            text = table.conditions[name].removeprefix("CHECK ").removesuffix(" NOT VALID")
            words = tuple(word for word in constants(parse_expression(text)) if word)
            if len(columns) == 1 and words and "~" not in text:
                spot = (table.name, columns[0])
                found[spot] = (*found.get(spot, ()), *words)
    return found


def _weak_columns(table: Table) -> frozenset[str]:
    return frozenset(c.name for c in table.columns.values() if c.is_nullable)


def _is_high(column: str, value: str | None) -> bool:
    return value is not None and (
        is_privileged(value) or (is_privileged(column) and value == "true")
    )


def _something(base: str, words: Iterable[str]) -> Iterator[str]:
    """Any value of a type that needs no thought."""
    known = {
        "timestamptz": "2026-01-01 00:00:00+00",
        "timestamp": "2026-01-01 00:00:00",
        "date": "2026-01-01",
        "uuid": "00000000-0000-4000-8000-000000000001",
        "bool": "true",
        "jsonb": "{}",
        "json": "{}",
    }
    if base in known:
        yield known[base]
    else:
        yield next(iter(words), "1")
