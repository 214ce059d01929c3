"""Which words of a document can be the name of a table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{1,62}")
#: what a person writes between backticks: `name`, `public.name`, `"name"`
_QUOTED = r'"?(?:(?P<schema>[A-Za-z_]\w*)"?\."?)?(?P<name>[A-Za-z_]\w*)"?'
CODE_SPAN = re.compile(r"`" + _QUOTED + r"`")

#: schemas of the server and of hosted platforms: their tables are not the repository's
_FOREIGN_SCHEMAS = frozenset(
    {"auth", "storage", "realtime", "vault", "cron", "net", "extensions", "graphql"}
    | {"information_schema", "pg_catalog", "supabase_migrations", "supabase_functions"}
)
_NO_TABLES = frozenset(
    {"id", "uuid", "text", "true", "false", "null", "none", "table", "tables", "public", "auth"}
    | {"integer", "boolean", "jsonb", "json", "varchar", "timestamptz", "timestamp", "numeric"}
    | {"select", "insert", "update", "delete", "create", "drop", "alter", "truncate", "upsert"}
    | {"anon", "authenticated", "service_role", "postgres", "schema", "database", "column", "row"}
    | {"name", "email", "status", "type", "created_at", "updated_at", "string", "number", "enum"}
    | {"build", "tests", "test", "all", "any", "the", "and", "or", "not", "database_url", "rls"}
    | {"node_modules", "package_json", "npm", "git", "main", "master", "info", "error", "warning"}
)
_NO_TABLE_ENDINGS = ("_id", "_ids", "_at", "_pkey", "_fkey", "_idx", "_key", "_url", "_count")
_NO_TABLE_STARTS = ("idx_", "fk_", "pk_", "trg_", "pg_", "is_", "has_", "get_", "set_")


class Name(NamedTuple):
    """A table's name as a document writes it."""

    name: str
    schema: str | None = None


class Names:
    """The names that other sources know, and what follows for a word that may be one."""

    def __init__(self, known: Collection[str]) -> None:
        self._known = {name.lower() for name in known}

    def is_known(self, word: str) -> bool:
        """Whether any other source has a table of that name."""
        return word.lower() in self._known

    def as_table(self, word: str, *, schema: str | None = None) -> Name | None:
        """The word as a table's name where tables are being named: one word is enough."""
        if schema is not None and schema.lower() in _FOREIGN_SCHEMAS:
            return None
        if self.is_known(word):
            return Name(word, schema)
        is_one = _IDENTIFIER.fullmatch(word) is not None and word not in _NO_TABLES
        if not is_one or word.endswith(_NO_TABLE_ENDINGS) or word.startswith(_NO_TABLE_STARTS):
            return None
        return Name(word, schema)

    def as_bare_table(self, word: str) -> Name | None:
        """The same for a word without backticks: it must look like a name, or be known."""
        return self.as_table(word) if "_" in word or self.is_known(word) else None
