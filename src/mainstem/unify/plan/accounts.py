"""Sign-in accounts that a plan must not forget: where the platform keeps them, and of what kinds.

Supabase keeps people's accounts in `auth.users` and their identities with other providers in
`auth.identities` (Supabase documentation, User Management). They are outside the schema that a
source is about, so a plan that says nothing of them would lose every password.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainstem.unify.plan.model import Question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.catalog.postgres_source import PostgresSource
    from mainstem.unify.plan.config import SourceConfig, TableConfig

ACCOUNTS: Final = "auth.users"
#: each with a column that nothing else has
_TABLES: Final = {ACCOUNTS: "encrypted_password", "auth.identities": "identity_data"}


@dataclass(frozen=True)
class Kind:
    """Accounts that do not simply move: what they are, and the columns that tell."""

    said: str
    columns: tuple[str, ...]
    condition: str


_KINDS: Final = (
    Kind("were deleted", ("deleted_at",), "deleted_at is not null"),
    Kind("are banned", ("banned_until",), "banned_until > now()"),
    Kind("are anonymous visitors", ("is_anonymous",), "is_anonymous"),
    Kind("sign in through an identity provider only", ("is_sso_user",), "is_sso_user"),
    Kind(
        "are known by a telephone number only",
        ("phone", "email"),
        "coalesce(email, '') = '' and coalesce(phone, '') <> ''",
    ),
    Kind("have no password", ("encrypted_password",), "coalesce(encrypted_password, '') = ''"),
)


def ask_about_accounts(server: PostgresSource, own: SourceConfig) -> tuple[Question, ...]:
    """What a person must decide about a source's accounts.

    Raises SourceError when they cannot be counted.
    """
    there = [name for name, column in _TABLES.items() if column in _columns(server, name)]
    found = [*_forgotten(server, own, there)]
    said = own.tables.get(ACCOUNTS)
    if ACCOUNTS in there and said is not None and said.into is not None:
        found += _undecided(server, own, said)
    return tuple(found)


def _forgotten(server: PostgresSource, own: SourceConfig, there: list[str]) -> Iterator[Question]:
    """Tables of accounts that hold rows and that the config does not name."""
    for name in there:
        if name in {*own.tables, own.tenants} or not (rows := _count(server, name, "true")):
            continue
        place = f'{own.place}."{name}"'
        yield Question(
            f"{own.name}.{name}" if own.name else name,
            None,
            f"{own.shown} has {rows} rows in {name}, people's ways to sign in, and the config says "
            f'nothing of them: set {place}.into = "...", .drop = "why" or .archive = "why"',
        )


def _undecided(server: PostgresSource, own: SourceConfig, said: TableConfig) -> Iterator[Question]:
    """Kinds of accounts that are there and that no decision of the config is about."""
    known = _columns(server, ACCOUNTS)
    for kind in _KINDS:
        if not known.issuperset(kind.columns) or _is_decided(kind, said):
            continue
        rows = _count(server, ACCOUNTS, kind.condition)
        if rows:
            column = kind.columns[0]
            place = f'{own.place}."{ACCOUNTS}"'
            yield Question(
                f"{own.name}.{ACCOUNTS}" if own.name else ACCOUNTS,
                None,
                f"{rows} accounts of {own.shown} {kind.said} ({kind.condition}): set "
                f'{place}.leave."why" = "..." over s.{column}, or {place}.columns.{column}',
            )


def _is_decided(kind: Kind, said: TableConfig) -> bool:
    """Whether the config names one of the kind's columns, apart from a mere place for its values.

    Where a password or e-mail goes says nothing about accounts that have none.
    """
    is_named = any(f"s.{column}" in text for column in kind.columns for text in said.texts)
    first = said.columns.get(kind.columns[0])
    return is_named or (first is not None and kind.columns[0] != "encrypted_password")


def _columns(server: PostgresSource, table: str) -> set[str]:
    """The columns of a table that the role may read; none where there is no such table."""
    with server.reading() as connection:
        rows = connection.execute(
            "select a.attname from pg_catalog.pg_class c"
            " join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
            " join pg_catalog.pg_attribute a on a.attrelid = c.oid"
            " where n.nspname || '.' || c.relname = %s and a.attnum > 0 and not a.attisdropped"
            " and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')",
            (table,),
        ).fetchall()
    return {row[0] for row in rows}


def _count(server: PostgresSource, table: str, condition: str) -> int:
    with server.reading() as connection:
        row = connection.execute(
            f"select count(*) from {table} where {condition}".encode()
        ).fetchone()
    assert row is not None
    return int(row[0])
