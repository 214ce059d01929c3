"""What a view's columns come from, so that it has the keys and references of the table below.

Only a view over one table (with or without others joined to it) can have them; one that unites
several has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pgparse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Below:
    """The table below a view: its column -> the view's name for it."""

    schema: str
    table: str
    names: Mapping[str, str]


def below(definition: str) -> Below | None:
    """The table that most plain columns of a view come from; None where there is none."""
    try:
        parsed = pgparse.parse(definition)
    except pgparse.PGQueryError:
        return None  # a newer server's syntax: the view can be read, it only has no references
    select = parsed[0]["stmt"].get("SelectStmt", {}) if parsed else {}
    tables = {alias: table for item in select.get("fromClause", ()) for alias, table in _of(item)}
    if len(tables) == 0 or "groupClause" in select or "distinctClause" in select:
        return None
    only = next(iter(tables)) if len(tables) == 1 else None
    found: dict[str, dict[str, str]] = {}
    for target in select.get("targetList", ()):
        alias, column = _column(target["ResTarget"]["val"], only)
        if alias in tables:
            name = target["ResTarget"].get("name", column)
            found.setdefault(alias, {}).setdefault(column, name)
    if not found:
        return None
    first = max(found, key=lambda alias: len(found[alias]))
    schema, table = tables[first]
    return Below(schema, table, found[first])


def _of(item: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    """The tables of a FROM item by alias."""
    if "RangeVar" in item:
        table = item["RangeVar"]
        name = table["relname"]
        yield table.get("alias", {}).get("aliasname", name), (table.get("schemaname", ""), name)
    elif "JoinExpr" in item:
        yield from _of(item["JoinExpr"]["larg"])
        yield from _of(item["JoinExpr"]["rarg"])


def _column(value: Mapping[str, Any], only: str | None) -> tuple[str, str]:
    """The alias and column that an expression is; empty where it is more than a column."""
    fields = [
        part.get("String", {}).get("sval", "*")
        for part in value.get("ColumnRef", {}).get("fields", ())
    ]
    if len(fields) == 1 and only is not None:
        return only, fields[0]
    return (fields[-2], fields[-1]) if len(fields) > 1 else ("", "")
