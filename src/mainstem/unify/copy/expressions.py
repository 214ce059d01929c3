"""SQLite's expressions in PostgreSQL's SQL, as far as they mean the same there.

sqlglot does the grammar. What it would translate into something that works but means another thing
is mended here (LIKE without regard to case, booleans as numbers) or refused (min and max of NULL).
Whether a translation is accepted is for the server to say: the caller tries it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOGICAL: Final = (exp.And, exp.Or, exp.Not)
_NOW_FUNCTIONS: Final = frozenset({"random", "randomblob", "changes", "last_insert_rowid"})


class UntranslatableError(ValueError):
    """The expression has no equivalent; the message says why."""


@dataclass(frozen=True)
class Names:
    """A table's columns: source name in lower case -> target name and type."""

    columns: Mapping[str, tuple[str, str]]

    def find(self, name: str) -> tuple[str, str] | None:
        """The target's name and type of a source column, in any case."""
        return self.columns.get(name.lower())


def translate(sql: str, names: Names, *, is_condition: bool = False) -> str:
    """Translate an expression over a table's columns.

    Args:
        sql: as SQLite keeps it.
        names: the table's columns.
        is_condition: it stands where PostgreSQL wants a boolean (a check, a predicate).

    Raises UntranslatableError when it cannot be parsed or would mean another thing.
    """
    try:
        tree = sqlglot.parse_one(f"select ({sql})", read="sqlite").expressions[0].this
    except (SqlglotError, AttributeError, IndexError, RecursionError):
        raise UntranslatableError("it cannot be parsed") from None
    wrapped = exp.Paren(this=tree)
    for node in list(wrapped.walk()):
        _mend(node, names, is_condition=is_condition)
    try:
        return str(wrapped.this.sql(dialect="postgres"))
    except (SqlglotError, ValueError):
        raise UntranslatableError("it has no equivalent in PostgreSQL") from None


def columns_of(sql: str, names: Names) -> list[str]:
    """The source columns that an expression mentions, in lower case; none if it cannot be read."""
    try:
        tree = sqlglot.parse_one(f"select ({sql})", read="sqlite")
    except (SqlglotError, RecursionError):
        return []
    found = (column.name.lower() for column in tree.find_all(exp.Column))
    return [name for name in dict.fromkeys(found) if names.find(name)]


def is_constant(sql: str) -> bool:
    """Whether an expression without columns gives the same value every time."""
    try:
        tree = sqlglot.parse_one(f"select ({sql})", read="sqlite")
    except (SqlglotError, RecursionError):
        return False
    for node in tree.find_all(exp.Func):
        name = (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).lower()
        if name in _NOW_FUNCTIONS or name.startswith(("current_", "rand")):
            return False
    return "'now'" not in sql.lower() and "()" not in sql.replace(" ", "")


def _mend(node: exp.Expr, names: Names, *, is_condition: bool) -> None:
    if isinstance(node, exp.Column):
        _mend_column(node, names, is_condition=is_condition)
    elif isinstance(node, exp.Boolean) and not _is_logical(node, is_condition=is_condition):
        node.replace(exp.Literal.number(int(bool(node.this))))
    elif isinstance(node, exp.Like):
        node.replace(
            exp.ILike(**{name: part for name, part in node.args.items() if part is not None})
        )
    elif isinstance(node, exp.HexString):
        node.replace(exp.cast(exp.Literal.string("\\x" + node.this), "bytea"))
    elif isinstance(node, exp.Least | exp.Greatest):
        raise UntranslatableError("min() and max() treat NULL in another way in PostgreSQL")
    elif isinstance(node, exp.Select | exp.Subquery):
        raise UntranslatableError("it contains a query")


def _mend_column(node: exp.Column, names: Names, *, is_condition: bool) -> None:
    found = names.find(node.name)
    if found is None:
        if node.this.args.get("quoted") and not node.table:
            node.replace(exp.Literal.string(node.name))  # SQLite reads it as a text
            return
        raise UntranslatableError(f"it names {node.name}, which is no column of the table")
    name, type_name = found
    column = exp.column(exp.to_identifier(name, quoted=True))
    is_logical = _is_logical(node, is_condition=is_condition)
    if type_name == "boolean" and not is_logical:
        node.replace(exp.cast(column, "int"))
    elif type_name != "boolean" and is_logical:
        node.replace(exp.Paren(this=exp.NEQ(this=column, expression=exp.Literal.number(0))))
    else:
        node.replace(column)


def _is_logical(node: exp.Expr, *, is_condition: bool) -> bool:
    """Whether the node stands where PostgreSQL wants a boolean."""
    parent = node.parent
    while isinstance(parent, exp.Paren) and parent.parent is not None:
        parent = parent.parent
    if isinstance(parent, exp.Paren) or parent is None:
        return is_condition
    return isinstance(parent, _LOGICAL)
