"""Names of tables and columns as SQL: plain where they may be, quoted where they must."""

from __future__ import annotations

import re

from mainstem.kit.fingerprints import fingerprint_sql
from mainstem.kit.secrets_names import is_secret

_SHORT_TYPES = {
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "time without time zone": "time",
}
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")

#: PostgreSQL's reserved words (documentation, appendix C), which need quotes as names
_RESERVED = frozenset(
    re.findall(
        r"\w+",
        """
        all analyse analyze and any array as asc asymmetric authorization between binary both
        case cast check collate collation column concurrently constraint create cross
        current_catalog current_date current_role current_schema current_time current_timestamp
        current_user default deferrable desc distinct do else end except false fetch for foreign
        freeze from full grant group having ilike in initially inner intersect into is isnull
        join lateral leading left like limit localtime localtimestamp natural not notnull null
        offset on only or order outer overlaps placing primary references returning right select
        session_user similar some symmetric system_user table tablesample then to trailing true
        union unique user using variadic verbose when where window with
        """,
    )
)


def name_sql(name: str) -> str:
    """A table's or column's name as SQL."""
    if _PLAIN.fullmatch(name) and name not in _RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def key_toml(name: str) -> str:
    """A name as a key of a config: TOML's bare keys have no dots, spaces and accents."""
    return name if _BARE.fullmatch(name) else f'"{name}"'


def table_sql(source: str, table: str) -> str:
    """A source table's name in a plan's SQL: with its source, where there are several."""
    return f"{name_sql(source)}.{name_sql(table)}" if source else name_sql(table)


def qualified_sql(name: str, schema: str) -> str:
    """A table's name as SQL: `name` is `table` of the schema, or `schema.table` of another one."""
    own, _, table = name.rpartition(".")
    return f"{name_sql(own or schema)}.{name_sql(table)}"


def short_type(name: str) -> str:
    """A type as people write it: `timestamptz` for `timestamp with time zone`."""
    return _SHORT_TYPES.get(name, name.replace("character varying", "varchar"))


def text_sql(text: str) -> str:
    """A text as an SQL literal."""
    quoted = "'" + text.replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in quoted else quoted


def shown_sql(table: str, column: str, value: str) -> str:
    """The SQL of a value as text for people: a secret by its fingerprint. `table` may be as SQL."""
    text = f"{value}::text"
    return fingerprint_sql(text) if is_secret(table.rpartition(".")[2].strip('"'), column) else text
