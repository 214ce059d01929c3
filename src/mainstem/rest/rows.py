"""Writes a tree of tables as one SELECT, in which the server makes the JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mainstem.rest.catalog import quoted
from mainstem.rest.conditions import agency_sql, order_sql, pairs_sql, path_sql, where_sql
from mainstem.rest.problem import RequestError
from mainstem.rest.query import Output, Path, Star

if TYPE_CHECKING:
    from mainstem.rest.binding import Binder
    from mainstem.rest.embedding import Node
    from mainstem.rest.model import Limits


@dataclass
class Clauses:
    """The clauses of a SELECT while they are collected."""

    source: str
    #: (expression, name)
    outputs: list[tuple[str, str]] = field(default_factory=list)
    joins: list[str] = field(default_factory=list)
    where: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    is_grouped: bool = False

    def rows(self, ending: str) -> str:
        """The whole SELECT."""
        outputs = ", ".join(f"{text} as {quoted(name)}" for text, name in self.outputs)
        grouped = f" group by {', '.join(self.groups)}" if self.is_grouped and self.groups else ""
        order = f" order by {', '.join(self.order)}" if self.order else ""
        return f"select {outputs} {self._body()}{grouped}{order}{ending}"

    def count(self) -> str:
        """The number of its rows, as a SELECT of one."""
        if self.is_grouped:
            return f"select count(*) from ({self.rows('')}) as counted"
        return f"select count(*) {self._body()}"

    def probe(self, rows_max: int | None = None) -> str:
        """A SELECT of nothing, to be planned or counted up to a number."""
        ending = f" limit {rows_max}" if rows_max is not None else ""
        return f"select 1 as found {self._body()}{ending}"

    def _body(self) -> str:
        where = f" where {' and '.join(self.where)}" if self.where else ""
        return f"from {' '.join([self.source, *self.joins])}{where}"


@dataclass(frozen=True)
class Renderer:
    """Writes one statement's tables."""

    binder: Binder
    limits: Limits

    def clauses(
        self,
        node: Node,
        alias: str,
        *,
        source: str | None = None,
        joins: tuple[str, ...] = (),
        links: tuple[str, ...] = (),
        is_filtered: bool = True,
    ) -> Clauses:
        """The clauses for one table.

        Args:
            node: the table with what is asked of it.
            alias: its name in the statement.
            source: what stands for the table: rows that were just written, or a function's.
            joins: other tables that tell which rows are meant.
            links: conditions that tell it.
            is_filtered: whether the filters count: rows just written have met them already.
        """
        made = Clauses(f"{source or node.relation.sql} as {alias}", joins=[*joins])
        counted = _row_count(node)
        outputs = node.outputs if counted is None else [counted]
        made.is_grouped = any(isinstance(one, Output) and one.aggregate for one in outputs)
        if made.is_grouped and counted is None and not self.limits.has_aggregates:
            raise RequestError(400, "PGRST123", "Use of aggregate functions is not allowed")
        joined: dict[str, str] = {}
        for item in outputs:
            if isinstance(item, Star):
                for name in node.relation.columns:
                    self._add(made, f"{alias}.{quoted(name)}", name)
            elif isinstance(item, Output):
                self._output(made, node, alias, item)
            else:
                self._child(made, alias, item, joined)
        made.where = [*links]
        made.where += agency_sql(self.binder, node.relation, alias) if source is None else []
        if is_filtered:
            made.where += [
                where_sql(self.binder, node, alias, one, joined) for one in node.part.where
            ]
        made.order = [order_sql(self.binder, node, alias, one) for one in node.part.order]
        return made

    def ending(self, node: Node, *, is_top: bool) -> str:
        """`limit` and `offset`, never more rows than allowed."""
        part, most = node.part, self.limits.rows_max
        rows = most if part.limit is None else min(part.limit, most)
        limit = self.binder.bind(rows) if is_top else str(rows)
        offset = f" offset {self.binder.bind(part.offset)}" if part.offset or is_top else ""
        return f" limit {limit}{offset}"

    def _add(self, made: Clauses, text: str, name: str) -> None:
        made.outputs.append((text, name))
        if made.is_grouped:
            made.groups.append(text)

    def _output(self, made: Clauses, node: Node, alias: str, item: Output) -> None:
        if item.path is None:
            text = "count(*)" + (f"::{item.aggregate_cast}" if item.aggregate_cast else "")
            made.outputs.append((text, item.alias or "count"))
            return
        text = path_sql(self.binder, node.relation, alias, item.path)
        text += f"::{item.cast}" if item.cast else ""
        if item.aggregate:
            text = f"{item.aggregate}({text})"
            text += f"::{item.aggregate_cast}" if item.aggregate_cast else ""
            made.outputs.append((text, item.alias or item.aggregate))
            return
        keys = [str(key) for _, key in item.path.steps if isinstance(key, str)]
        name = keys[-1] if keys else item.path.name
        self._add(made, text, item.alias or name)

    def _child(self, made: Clauses, parent: str, node: Node, joined: dict[str, str]) -> None:
        """An embedded table, as a lateral join."""
        embed, way = node.embed, node.way
        assert embed is not None
        assert way is not None
        alias, joint = self.binder.alias("t"), self.binder.alias("e")
        joins: tuple[str, ...] = ()
        links = pairs_sql(parent, alias, way.pairs)
        if way.junction is not None:
            between = self.binder.alias("j")
            on = pairs_sql(between, alias, way.junction.to_child)
            joins = (
                f"join {way.junction.relation.sql} as {between} on {' and '.join(on) or 'true'}",
            )
            links = pairs_sql(parent, between, way.junction.to_parent)
            links += agency_sql(self.binder, way.junction.relation, between)
        inner = self.clauses(node, alias, joins=joins, links=tuple(links))
        rows = inner.rows(self.ending(node, is_top=False))
        names = [name for _, name in inner.outputs]
        columns = ["json_agg(found) as v" if way.is_many else "row_to_json(found) as v"]
        for place, name in enumerate(names if embed.is_spread else ()):
            one = f"found.{quoted(name)}"
            columns.append(f"{f'json_agg({one})' if way.is_many else one} as s{place}")
        lateral = f"join lateral (select {', '.join(columns)} from ({rows}) as found) as {joint}"
        made.joins.append(
            f"{lateral} on {joint}.v is not null" if embed.is_inner else f"left {lateral} on true"
        )
        joined[embed.name] = f"{joint}.v"
        self._embedded(made, node, joint, names)

    def _embedded(self, made: Clauses, node: Node, joint: str, names: list[str]) -> None:
        """What an embedding adds to the answer; nothing where it selects nothing."""
        embed, way = node.embed, node.way
        assert embed is not None
        assert way is not None
        if not names:
            return
        if embed.is_spread:
            for place, name in enumerate(names):
                text = f"{joint}.s{place}"
                self._add(made, f"coalesce({text}, '[]')" if way.is_many else text, name)
            return
        value = f"coalesce({joint}.v, '[]')" if way.is_many else f"{joint}.v"
        self._add(made, f"{value}::jsonb" if made.is_grouped else value, embed.name)


def _row_count(node: Node) -> Output | None:
    """How many rows there are, where `count` alone is selected and no column is called so.

    PostgREST answers so too, aggregates or not: `select('name, campaign(count)')`.
    """
    only = node.outputs[0] if len(node.outputs) == 1 else None
    if not isinstance(only, Output) or only.path != Path("count") or only.aggregate:
        return None
    if "count" in node.relation.columns:
        return None
    return Output(None, only.alias, aggregate="count", aggregate_cast=only.cast)
