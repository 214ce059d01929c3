"""Takes a policy's expression apart: which conditions it joins, and what each rests on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

#: a hundred policies hold a few expressions
_EXPRESSIONS_MAX = 1_000


@dataclass(frozen=True)
class Condition:
    """One of the conditions joined by AND, in a normal form that can be compared."""

    text: str
    starts_with_column: bool
    has_alternative: bool


@lru_cache(_EXPRESSIONS_MAX)
def conditions(expression: str) -> tuple[Condition, ...]:
    """The conditions that a `pg_get_expr` text joins by AND.

    Raises:
        ValueError: the expression cannot be read.
    """
    try:
        tree = sqlglot.parse_one(expression, read="postgres", into=exp.Condition)
    except SqlglotError as error:
        raise ValueError(f"cannot be read: {expression}") from error
    return tuple(_condition(part) for part in _conjuncts(tree))


def _conjuncts(tree: exp.Expr) -> list[exp.Expr]:
    tree = tree.unnest()
    if isinstance(tree, exp.And):
        return [*_conjuncts(tree.left), *_conjuncts(tree.right)]
    return [tree]


def _condition(tree: exp.Expr) -> Condition:
    return Condition(
        text=_plain(tree).sql(dialect="postgres"),
        starts_with_column=_starts_with_column(tree),
        has_alternative=tree.find(exp.Or) is not None,
    )


def _plain(tree: exp.Expr) -> exp.Expr:
    """Without the casts of literals that the server adds ('revos'::text)."""

    def bare(node: exp.Expr) -> exp.Expr:
        return node.this if isinstance(node, exp.Cast) and node.this.is_string else node

    return tree.copy().transform(bare)


def _starts_with_column(tree: exp.Expr) -> bool:
    """True for `column = ...`, `column is ...` and `app.f(column)`; never for NOT or a constant."""
    if isinstance(tree, exp.Dot):
        tree = tree.expression
    if isinstance(tree, exp.Anonymous):
        arguments = tree.expressions
        return bool(arguments) and isinstance(arguments[0].unnest(), exp.Column)
    if isinstance(tree, exp.Predicate):
        left = tree.this
        return isinstance(left, exp.Column)
    return isinstance(tree, exp.Column)
