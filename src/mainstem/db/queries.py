"""Named queries from .sql files.

A query begins with `-- name: what_it_does`, then at least one comment line that says what for, then
the SQL up to the next name. Parameters are psycopg's: %(name)s.
"""

from __future__ import annotations

import re
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"^-- name: *(\S*) *$", re.MULTILINE)
_names: dict[bytes, str] = {}
_WORD = re.compile(r"[a-z][a-z0-9_]*")


def load_queries(package: str, file: str = "queries.sql") -> Mapping[str, bytes]:
    """Return the queries of a package's .sql file, by name.

    Raises:
        ValueError: a name is malformed or used twice, or a query lacks its comment or its SQL.
    """
    queries = parse_queries(resources.files(package).joinpath(file).read_text(encoding="utf-8"))
    context = package.removeprefix("mainstem.")
    _names.update({text: f"{context}.{name}" for name, text in queries.items()})
    return queries


def name_of(query: bytes) -> str | None:
    """The name of a query that was loaded, with its package; None for any other statement."""
    return _names.get(query)


def parse_queries(text: str) -> Mapping[str, bytes]:
    """Return the queries of a text, by name."""
    before, *parts = _NAME.split(text)
    if any(line.strip() and not line.startswith("--") for line in before.splitlines()):
        raise ValueError("there is SQL before the first `-- name:`")
    queries: dict[str, bytes] = {}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        first, _, statement = body.strip().partition("\n")
        if not _WORD.fullmatch(name) or name in queries:
            raise ValueError(f"{name!r} is no name for a query, or is used twice")
        if not first.startswith("-- ") or not statement.strip():
            raise ValueError(f"the query {name!r} needs a comment and then SQL")
        queries[name] = body.strip().encode()
    return MappingProxyType(queries)
