"""From the parameters of a request to its statement; what was asked before is not written again."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mainstem.rest.binding import Binder, Statement
from mainstem.rest.calling import call_sql, relation_of
from mainstem.rest.embedding import Node, resolve
from mainstem.rest.parameters import read_query
from mainstem.rest.problem import RequestError
from mainstem.rest.rows import Renderer
from mainstem.rest.writing import Target, delete_sql, insert_sql, returning_sql, update_sql

if TYPE_CHECKING:
    from mainstem.rest.catalog import Exposed, Function, Relation
    from mainstem.rest.model import Limits
    from mainstem.rest.preferences import Preferences
    from mainstem.rest.query import Query
    from mainstem.rest.reply import Shape

#: statements kept, and how long a query string may be to be kept
KEPT_MAX = 2_000
KEPT_BYTES_MAX = 1_000


@dataclass(frozen=True)
class Compiled:
    """A request as SQL.

    Attributes:
        statement: gives the body, the number of rows and, with an exact count, the total.
        tables: whose rows it reads.
        offset: of the first row.
        counted: a SELECT of every row that the filters leave, for counts that are planned.
        is_bare: whether the statement only writes and gives no row of its own.
    """

    statement: Statement
    tables: frozenset[str]
    offset: int = 0
    counted: Statement | None = None
    is_bare: bool = False


class Cache:
    """The statements of requests that came before, the least used ones forgotten."""

    def __init__(self) -> None:
        self._kept: OrderedDict[object, Compiled] = OrderedDict()

    def get(self, key: object) -> Compiled | None:
        """A statement that is kept."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: object, compiled: Compiled) -> None:
        """Keep one."""
        self._kept[key] = compiled
        if len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)


@dataclass(frozen=True)
class Asked:
    """What of a request decides its statement, and nothing of the caller."""

    exposed: Exposed
    query: bytes
    range: bytes
    preferences: Preferences
    shape: Shape
    limits: Limits

    def read(self, *, arguments: frozenset[str] | None = None) -> Query:
        """The parameters."""
        query = read_query(self.query, self.limits, arguments=arguments)
        if self.range:
            _apply_range(query, self.range)
        return query


def _apply_range(query: Query, text: bytes) -> None:
    """`Range: 10-19` is another way to say limit and offset."""
    first, dash, last = text.decode("latin-1").strip().removeprefix("items=").partition("-")
    digits_max = 18
    if not dash or not all(
        one.isascii() and one.isdigit() and len(one) <= digits_max for one in (first, last or "0")
    ):
        return  # a range of bytes, or of something else: not ours to answer (RFC 9110, 14.2)
    if last and int(last) < int(first):
        raise RequestError(
            416,
            "PGRST103",
            "Requested range not satisfiable",
            details="The lower boundary must be lower than or equal to the upper boundary in the "
            "Range header.",
        )
    query.top.offset = int(first)
    if last:
        rows = int(last) - int(first) + 1
        query.top.limit = rows if query.top.limit is None else min(rows, query.top.limit)


def compile_read(asked: Asked, relation: Relation) -> Compiled:
    """A SELECT over a table."""
    query = asked.read()
    node = resolve(asked.exposed, relation, query)
    return _selected(asked, node, Binder())


def compile_call(
    asked: Asked, function: Function, given: frozenset[str] | None
) -> tuple[Compiled, bool]:
    """The call of a function; the second says whether its answer is rows."""
    query = asked.read(arguments=function.names if given is None else frozenset())
    binder = Binder()
    source = call_sql(binder, function, arguments=query.arguments, given=given)
    if function.result == "row":
        if not function.is_set:
            query.top.limit = 1
        node = resolve(asked.exposed, relation_of(asked.exposed, function), query)
        single = not function.is_set
        return _selected(asked, node, binder, source=source, is_object=single), True
    body = "json_agg(f.v)" if function.is_set else "(json_agg(f.v) -> 0)"
    fallback = "'[]'" if function.is_set else "'null'"
    sql = f"select coalesce({body}, {fallback})::text, count(*) from {source} as f"
    if function.result == "void":
        sql = f"select null, count(*) from {source} as f"
    return Compiled(Statement(sql.encode(), tuple(binder.values)), frozenset()), False


def _selected(
    asked: Asked,
    node: Node,
    binder: Binder,
    *,
    source: str | None = None,
    is_object: bool = False,
) -> Compiled:
    """The page of a node, with its count."""
    renderer = Renderer(binder, asked.limits)
    clauses = renderer.clauses(node, "t", source=source)
    count = asked.preferences.count
    total = f", ({clauses.count()})" if count == "exact" else ""
    rows = clauses.rows(renderer.ending(node, is_top=True))
    sql = f"select {_body(asked.shape, is_object=is_object)}, count(*){total} from ({rows}) as page"
    counted = None
    if count in {"planned", "estimated"} and source is None:
        counted = _counted(asked, node)
    return Compiled(
        Statement(sql.encode(), tuple(binder.values)),
        frozenset(node.tables()),
        node.part.offset,
        counted,
    )


def _counted(asked: Asked, node: Node) -> Statement:
    """The same rows without their columns, written anew: no value may be left without a place."""
    binder = Binder()
    bare = replace(node, part=replace(node.part, order=()), outputs=[*node.children])
    probe = Renderer(binder, asked.limits).clauses(bare, "t").probe()
    return Statement(probe.encode(), tuple(binder.values))


def _body(shape: Shape, *, is_object: bool = False) -> str:
    rows = "json_agg(page)" if shape.has_nulls else "json_strip_nulls(json_agg(page))"
    if shape.is_single or is_object:
        return f"({rows} -> 0)::text"
    return f"coalesce({rows}, '[]')::text"


def compile_insert(asked: Asked, target: Target, columns: tuple[str, ...]) -> Compiled:
    """An INSERT of the body's rows, and what is to be seen of them."""
    query = asked.read()
    binder = Binder()
    columns = query.columns if query.columns is not None else columns
    written = insert_sql(binder, target, columns, asked.preferences, query.on_conflict)
    return _written(asked, target, query, binder, written)


def compile_update(asked: Asked, target: Target, columns: tuple[str, ...]) -> Compiled:
    """An UPDATE of the filtered rows."""
    query = asked.read()
    node = _filtered(target, query)
    binder = Binder()
    columns = query.columns if query.columns is not None else columns
    return _written(asked, target, query, binder, update_sql(binder, target, node, columns))


def compile_delete(asked: Asked, target: Target) -> Compiled:
    """A DELETE of the filtered rows."""
    query = asked.read()
    node = _filtered(target, query)
    binder = Binder()
    return _written(asked, target, query, binder, delete_sql(binder, target, node))


def _filtered(target: Target, query: Query) -> Node:
    """The table with its own filters only: those of embeddings are about what is shown."""
    return Node(target.relation, query.top)


def _written(asked: Asked, target: Target, query: Query, binder: Binder, written: str) -> Compiled:
    returns = asked.preferences.returns
    if returns == "headers-only" and target.relation.own_key:
        names = set(target.relation.own_key)
        outputs = [one for name, one in target.relation.columns.items() if name in names]
        columns = ", ".join(f't."{one.name}"' for one in outputs)
        sql = (
            f"with page as ({written} returning {columns}) "
            "select json_agg(page)::text, count(*) from page"
        )
        return Compiled(Statement(sql.encode(), tuple(binder.values)), frozenset())
    if returns != "representation" and not asked.shape.is_single:
        statement = Statement(written.encode(), tuple(binder.values))
        return Compiled(statement, frozenset(), is_bare=True)
    node = resolve(asked.exposed, target.relation, query)
    renderer = Renderer(binder, asked.limits)
    clauses = renderer.clauses(node, "t", source="written", is_filtered=False)
    limit = _shown_limit(node)
    sql = (
        f"with written as ({written}{returning_sql(target.relation)}) "
        f"select {_body(asked.shape)}, (select count(*) from written) "
        f"from ({clauses.rows(limit)}) as page"
    )
    return Compiled(Statement(sql.encode(), tuple(binder.values)), frozenset(node.tables()))


def _shown_limit(node: Node) -> str:
    """Of what was written all is shown, unless the request says otherwise."""
    part = node.part
    limit = f" limit {part.limit}" if part.limit is not None else ""
    return f"{limit} offset {part.offset}" if part.offset else limit
