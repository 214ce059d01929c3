"""Reads `select`: columns, casts, JSON paths, aggregates, embeddings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mainstem.rest.problem import too_much
from mainstem.rest.query import Embed, Item, Output, Path, Star
from mainstem.rest.scanner import Scanner

if TYPE_CHECKING:
    from mainstem.rest.model import Limits

AGGREGATES = frozenset({"avg", "count", "max", "min", "sum"})
#: `inner` and `left` say which rows stay; any other word tells references apart
_JOINS = {"inner": True, "left": False}
_ITEMS_MAX = 500
#: what a value may be turned into; nothing that looks something up in the catalog
_CASTS = re.compile(
    r"(?:text|varchar|char|character varying|character|citext|name"
    r"|int2|int4|int8|int|integer|smallint|bigint|float4|float8|real|double precision"
    r"|numeric|decimal|money|bool|boolean|date|time|timetz|timestamp|timestamptz|interval"
    r"|timestamp with time zone|timestamp without time zone"
    r"|uuid|json|jsonb|bytea|inet|cidr|tsvector)(?:\[\])?"
)


def read_select(text: str, limits: Limits) -> tuple[Item, ...]:
    """The items of a `select`; an empty one means all columns."""
    if not text.strip():
        return (Star(),)
    scanner = Scanner("select parameter", text)
    reader = _Reader(scanner, limits)
    items = reader.items(1)
    scanner.end()
    return items


class _Reader:
    """Reads items by recursion, whose depth and number are limited."""

    def __init__(self, scanner: Scanner, limits: Limits) -> None:
        self._scanner = scanner
        self._limits = limits
        self._items = 0
        self._embeds = 0

    def items(self, depth: int) -> tuple[Item, ...]:
        if depth > self._limits.embedding_depth_max + 1:
            raise too_much(
                "tables are embedded too deep",
                limit=self._limits.embedding_depth_max,
                setting="embedding_depth_max",
            )
        if self._scanner.sees(")"):
            return ()
        items = [self._item(depth)]
        while self._scanner.take(","):
            items.append(self._item(depth))
        return tuple(items)

    def _item(self, depth: int) -> Item:
        scanner = self._scanner
        self._items += 1
        if self._items > _ITEMS_MAX:
            raise too_much("select names too much", limit=_ITEMS_MAX, setting="items_max")
        while scanner.take(" ") or scanner.take("\n") or scanner.take("\t"):
            pass
        if scanner.take("..."):
            return self._embed(None, Path(scanner.name()), depth, is_spread=True)
        if scanner.take("*"):
            return Star()
        path = scanner.path()
        alias = None
        if not path.steps and scanner.sees(":") and not scanner.sees("::"):
            scanner.need(":")
            alias, path = path.name, scanner.path()
        if scanner.sees("!") or (scanner.sees("(") and not self._is_row_count(path)):
            return self._embed(alias, path, depth, is_spread=False)
        return self._output(alias, path)

    def _is_row_count(self, path: Path) -> bool:
        return path == Path("count") and self._scanner.sees("()")

    def _output(self, alias: str | None, path: Path) -> Output:
        scanner = self._scanner
        if scanner.take("()"):
            return Output(None, alias, aggregate="count", aggregate_cast=self._cast())
        cast = self._cast()
        if not scanner.take("."):
            return Output(path, alias, cast)
        aggregate = scanner.word()
        if aggregate not in AGGREGATES:
            raise scanner.fail(f"one of {', '.join(sorted(AGGREGATES))}")
        scanner.need("()")
        return Output(path, alias, cast, aggregate, self._cast())

    def _cast(self) -> str | None:
        if not self._scanner.take("::"):
            return None
        found = self._scanner.until(",).").strip().lower()
        if not _CASTS.fullmatch(found):
            raise self._scanner.fail("a type such as text, integer, numeric, date or jsonb")
        return found

    def _embed(self, alias: str | None, path: Path, depth: int, *, is_spread: bool) -> Embed:
        scanner = self._scanner
        if path.steps:
            raise scanner.fail("no embedding inside JSON")
        self._embeds += 1
        if self._embeds > self._limits.embeddings_max:
            raise too_much(
                "too many tables are embedded",
                limit=self._limits.embeddings_max,
                setting="embeddings_max",
            )
        hint, is_inner = None, False
        while scanner.take("!"):
            word = scanner.name()
            if word in _JOINS:
                is_inner = _JOINS[word]
            elif hint is None:
                hint = word
            else:
                raise scanner.fail("one hint")
        scanner.need("(")
        items = self.items(depth + 1)
        scanner.need(")")
        return Embed(path.name, alias, hint, is_inner, is_spread, items)
