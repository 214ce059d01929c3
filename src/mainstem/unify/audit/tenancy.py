"""Which column says whom a row belongs to, found from names, references and policies."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.kit.naming import singular_name, snake_case
from mainstem.kit.wording import counted
from mainstem.unify.audit.expressions import columns_of_row
from mainstem.unify.audit.policies import expressions
from mainstem.unify.audit.provided import is_provided
from mainstem.unify.catalog.database import ObjectName

if TYPE_CHECKING:
    from mainstem.unify.catalog.database import Constraint, Database, Relation

#: words for an organisation that owns rows
_ORGANISATIONS = frozenset(
    {"agency", "organization", "organisation", "org", "tenant", "workspace", "team", "account"}
    | {"company"}
)
#: words for what an organisation sells to as well
_CUSTOMERS = frozenset({"account", "company"})
#: words for a person who owns rows, where no organisation does
_PEOPLE = frozenset({"user", "owner", "profile"})
_KEY_ENDINGS = ("_id", "_uuid")
#: tables whose policies must read a key that is named otherwise, such as `client_id`
_OTHER_TABLES_MIN = 5
_OTHER_GUARDED_MIN = 3
#: a policy that reads a column says more than a table that has it
_POLICY_WEIGHT = 2
_ORGANISATION_TABLES_MIN = 2
#: references between a row and its tenant; longer ways are chance rather than meaning
_HOPS_MAX = 6
_TABLE_OF_PEOPLE = ObjectName("auth", "users")


@dataclass(frozen=True)
class Tenancy:
    """The column that says whom a row belongs to, and what makes us think so."""

    column: str
    #: the tables that have it
    tables: frozenset[ObjectName]
    #: the table that it refers to, as most foreign keys have it
    root: ObjectName | None
    #: whether it names a person, so that no organisation owns rows
    is_person: bool
    #: tables with policies that read it
    guarded_count: int = 0

    @property
    def evidence(self) -> str:
        """What speaks for it, as part of a sentence."""
        said = f"{self.column} is in {counted(len(self.tables), 'table')}"
        if self.guarded_count:
            said += f", read by the policies of {self.guarded_count}"
        return said + (f", and refers to {self.root}" if self.root else "")

    @property
    def score(self) -> int:
        """How much speaks for it."""
        return len(self.tables) + _POLICY_WEIGHT * self.guarded_count


def tenant_column(database: Database) -> str | None:
    """The name of the column that says whom a row belongs to, or None."""
    found = tenancy(database)
    return found.column if found is not None else None


def tenancy(database: Database) -> Tenancy | None:
    """Whom rows belong to, or None where nothing says so.

    An organisation's key in two tables or more wins over a person's, unless policies and tables
    speak for the person's more than twice as often.
    """
    candidates = _candidates(database)
    organisations = [
        one
        for one in candidates
        if not one.is_person and len(one.tables) >= _ORGANISATION_TABLES_MIN
    ]
    people = [one for one in candidates if one.is_person]
    if people:
        organisations = [one for one in organisations if not _may_be_customers(one, database)]
    best = max(organisations, key=lambda one: one.score, default=None)
    person = max(people, key=lambda one: one.score, default=None)
    if best is not None and (person is None or best.score * 2 >= person.score):
        return best
    return person


def _may_be_customers(one: Tenancy, database: Database) -> bool:
    """Whether a key may name whom the rows are about: no policy reads it, few tables have it."""
    if _noun(one.column) not in _CUSTOMERS or one.guarded_count:
        return False
    return 2 * len(one.tables) < sum(not is_provided(table.name) for table in database.tables)


def has_person(table: Relation) -> bool:
    """Whether a table has a key of people, such as `user_id`."""
    return any(_noun(column.name) in _PEOPLE for column in table.columns)


def is_of_people(table: ObjectName) -> bool:
    """Whether a table is one of people, by its name."""
    return table == _TABLE_OF_PEOPLE or singular_name(table.name) in _PEOPLE


def owned_tables(database: Database) -> tuple[frozenset[ObjectName], frozenset[ObjectName]]:
    """The tables whose rows belong to an organisation, and the others whose rows belong to people.

    Rows belong to people, or to somebody, where the table has a key of theirs, is the table of
    organisations itself, describes a person (its primary key is the person's) or leads to such a
    table through references that every row has.
    """
    tenant = tenancy(database)
    organisations: frozenset[ObjectName] = frozenset()
    if tenant is not None and not tenant.is_person:
        organisations = tenant.tables
    people = {table.name for table in database.tables if _belongs_to_person(table)}
    if tenant is not None:
        people |= tenant.tables | paths_to_tenant(database, tenant).keys()
        people |= {tenant.root} if tenant.root is not None else set()
    return organisations, frozenset(people) - organisations


def tables_with_owner(database: Database) -> frozenset[ObjectName]:
    """The tables whose every row is somebody's; the table of organisations itself is not."""
    tenant = tenancy(database)
    owned = frozenset[ObjectName]().union(*owned_tables(database))
    return owned - {tenant.root} if tenant is not None and tenant.root is not None else owned


def paths_to_tenant(
    database: Database, tenant: Tenancy
) -> dict[ObjectName, tuple[Constraint, ...]]:
    """For tables without the key: the shortest references, never null, to a table that has it."""
    found: dict[ObjectName, tuple[Constraint, ...]] = {}
    known = tenant.tables | ({tenant.root} if tenant.root is not None else set())
    for _ in range(_HOPS_MAX):
        reached = {
            table.name: (key, *found.get(key.parent, ()))
            for table in database.tables
            if table.name not in found and table.name not in known
            for key in table.foreign_keys
            if key.parent is not None
            and key.parent != table.name
            and (key.parent in known or key.parent in found)
            and key.parent != _TABLE_OF_PEOPLE
            and not any(_is_nullable(table, column) for column in key.columns)
        }
        if not reached:
            break
        found |= reached
    return found


def _belongs_to_person(table: Relation) -> bool:
    is_person = any(
        key.parent == _TABLE_OF_PEOPLE and key.columns == table.primary_key
        for key in table.foreign_keys
    )
    return is_person or has_person(table)


def _is_nullable(table: Relation, name: str) -> bool:
    column = table.column(name)
    return column is None or column.is_nullable


def _candidates(database: Database) -> list[Tenancy]:
    having: dict[str, list[Relation]] = defaultdict(list)
    for table in database.tables:
        for column in table.columns:
            if _noun(column.name) is not None:
                having[column.name].append(table)
    found = (_candidate(column, tables) for column, tables in having.items())
    return [one for one in found if _is_likely(one, database)]


def _is_likely(one: Tenancy, database: Database) -> bool:
    """Whether the name says that it is a tenant's key, or most policies of its tables do."""
    if _noun(one.column) in _ORGANISATIONS | _PEOPLE:
        return True
    root = database.by_name.get(one.root) if one.root is not None else None
    if root is None or any(
        key.parent is not None and is_of_people(key.parent) for key in root.foreign_keys
    ):
        return False  # what a person owns owns nobody
    is_guarding = one.guarded_count >= max(_OTHER_GUARDED_MIN, len(one.tables) / 2)
    return is_guarding and len(one.tables) >= _OTHER_TABLES_MIN


def _candidate(column: str, tables: list[Relation]) -> Tenancy:
    roots = Counter(
        key.parent
        for table in tables
        for key in table.foreign_keys
        if column in key.columns and key.parent is not None
    )
    root = roots.most_common(1)[0][0] if roots else None
    return Tenancy(
        column=column,
        tables=frozenset(table.name for table in tables),
        root=root,
        is_person=_noun(column) in _PEOPLE or root == _TABLE_OF_PEOPLE,
        guarded_count=sum(_guards(table, column) for table in tables),
    )


def _guards(table: Relation, column: str) -> bool:
    return any(
        column in columns_of_row(text) for policy in table.policies for text in expressions(policy)
    )


def _noun(column: str) -> str | None:
    """What a key names: `organizationId` -> organization."""
    snake = snake_case(column)
    for ending in _KEY_ENDINGS:
        if snake.endswith(ending):
            return snake.removesuffix(ending)
    return None
