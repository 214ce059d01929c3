"""How a table's rows divide for a person: their own, and those behind each border."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeAlias

from psycopg import sql

from mainstem.checks.probe.people import EVERY_APP

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.checks.probe.people import Agency, Person
    from mainstem.checks.probe.seed import Seed
    from mainstem.checks.probe.tables import Table

#: what a finding calls whoever has the rows behind each border
BORDERS: Final = {
    "agency": "another agency",
    "app": "another app",
    "client": "another client",
    "user": "another person",
}

#: rows by what says whose they are, and how many there are of them
Counts: TypeAlias = "list[tuple[Mapping[str, object], int]]"


@dataclass(frozen=True)
class Claims:
    """How conditions name what a person claims: by its values, or by places where those will go.

    Attributes:
        agency: the agency's id.
        app: the app's name, or '*'.
        clients: an array of the visible clients' ids; null for all of them.
        is_staff: whether rows of no client are visible.
        user: the person's id.
    """

    agency: str
    app: str
    clients: str
    is_staff: str
    user: str

    @cached_property
    def listed(self) -> str:
        """The claims in the order of the places."""
        return f"{self.agency}, {self.app}, {self.clients}, {self.is_staff}, {self.user}"


PLACES: Final = Claims("$1", "$2", "$3", "$4", "$5")
PLACE_TYPES: Final = "uuid, text, uuid[], boolean, uuid"


def claims_of(person: Person) -> Claims:
    """What the person claims, as SQL values; the ids and words need no quoting."""
    visible = person.tenant.client_ids
    listed = ",".join(sorted(map(str, visible or ())))
    return Claims(
        agency=f"'{person.agency.id}'::uuid",
        app=f"'{person.tenant.app_context}'",
        clients="null::uuid[]" if visible is None else f"'{{{listed}}}'::uuid[]",
        is_staff=str(person.tenant.user_role != "client").lower(),
        user=f"'{person.tenant.user_id}'::uuid",
    )


@dataclass(frozen=True)
class Division:
    """SQL conditions on a table's rows; they hold invented ids only.

    Attributes:
        scope: the rows of the two agencies.
        own: those of them that the person may see.
        beyond: for each border, those behind it.
    """

    scope: str
    own: str
    beyond: Mapping[str, str]


def divide(table: Table, claims: Claims, seed: Seed) -> Division:
    """Say in SQL, from the data model alone, which rows may be seen with these claims."""
    if table.agency_column is None:
        made = _among("id", [str(row["id"]) for row in seed.rows[table.label]])
        return Division(made, "true", {})
    scope = _among(table.agency_column, [agency.id for agency in seed.agencies])
    if table.is_partitioned:
        # Years of partitions would otherwise be planned for every person.
        scope += f" and id >= '{seed.floor}'"
    is_own = {"agency": f"{table.agency_column} = {claims.agency}"}
    if table.app is not None:
        is_own["app"] = f"{claims.app} in ('{table.app}', '{EVERY_APP}')"
    elif table.has_app_context:
        is_own["app"] = f"{claims.app} = '{EVERY_APP}' or app_context in ('both', {claims.app})"
    if table.client_column is not None:
        is_own["client"] = client_condition(table.client_column, claims)
    if table.user_column is not None:
        is_own["user"] = f"{table.user_column} = {claims.user}"
    beyond: dict[str, str] = {}
    inside = "true"
    for border, condition in is_own.items():
        beyond[border] = f"{inside} and ({condition}) is not true"
        inside = f"{inside} and ({condition})"
    return Division(scope, inside, beyond)


def sees(table: Table, person: Person, row: Mapping[str, object]) -> bool:
    """Whether the person may see that row: the same as `divide`, for a row at hand."""
    return border_of(table, person, row) is None


def border_of(table: Table, person: Person, row: Mapping[str, object]) -> str | None:
    """The first border between the person and that row; None where there is none."""
    if table.agency_column is None:
        return None
    if _text(row, table.agency_column) != person.agency.id:
        return "agency"
    if not _is_in_app(table, person, row):
        return "app"
    client, user = table.client_column, table.user_column
    if client is not None and not person.sees_client(_text(row, client)):
        return "client"
    if user is not None and not person.sees_user(_text(row, user)):
        return "user"
    return None


def count_rows(connection: psycopg.Connection[TupleRow], table: Table, seed: Seed) -> Counts:
    """Count the rows of the two agencies by owner, client, person and app, with row security off.

    There are more than were inserted: triggers write some. Of shared tables only ours are counted.
    """
    columns = (
        table.agency_column,
        table.client_column,
        table.user_column,
        "app_context" if table.has_app_context else None,
    )
    names = [sql.SQL("null") if name is None else sql.Identifier(name) for name in columns]
    key = table.agency_column or "id"
    ids = [agency.id for agency in seed.agencies]
    if table.agency_column is None:
        ids = [str(row["id"]) for row in seed.rows[table.label]]
    statement = sql.SQL(
        "select {}::text, {}::text, {}::text, {}::text, count(*) "
        "from {} where {} = any ({}::uuid[]) group by 1, 2, 3, 4"
    ).format(*names, table.identifier, sql.Identifier(key), sql.Literal(ids))
    found = connection.execute(statement).fetchall()
    return [(_named(columns, said), number) for *said, number in found]


def _named(columns: Sequence[str | None], said: Sequence[str | None]) -> Mapping[str, object]:
    """What was found of the columns that a table has."""
    pairs = zip(columns, said, strict=True)
    return {name: value for name, value in pairs if name is not None}


def own_count(table: Table, person: Person, counts: Counts) -> int:
    """How many of the counted rows the person may see."""
    return sum(number for row, number in counts if sees(table, person, row))


def other_agency(seed: Seed, agency: Agency) -> Agency:
    """The one that is not this one."""
    one, another = seed.agencies
    return another if agency is one else one


def client_condition(column: str, claims: Claims) -> str:
    """The condition that a row's client is visible with these claims."""
    listed = f"{column} = any ({claims.clients})"
    return f"({claims.clients} is null or {listed} or {claims.is_staff} and {column} is null)"


def _is_in_app(table: Table, person: Person, row: Mapping[str, object]) -> bool:
    if table.app is not None:
        return person.tenant.app_context in {table.app, EVERY_APP}
    return not table.has_app_context or person.sees_app(_text(row, "app_context") or "both")


def _text(row: Mapping[str, object], column: str) -> str | None:
    value = row.get(column)
    return None if value is None else str(value)


def _among(column: str, values: list[str]) -> str:
    """`column in (...)` of words and ids that need no quoting."""
    assert all(value.replace("-", "").replace("_", "").isalnum() for value in values), values
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} in ({listed})" if values else "false"
