"""What the plan's own SQL makes of a source row: made again from a fresh read, and compared.

The values that an expression needs are taken from the target where their checksums have proven them
to be the source's, else read from the source once more, into tables of a transaction that is rolled
back; the plan's select runs over them, and every other table that it names is empty.
An expression over the row alone gives the same again. One that looks at other rows would not, and
is listed with the reason.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import pgparse

from mainstem.pg.connect import clear_errors, configure, connect
from mainstem.unify.ledger import store
from mainstem.unify.move.file_source import FileSource
from mainstem.unify.move.maps import new_key, own_table
from mainstem.unify.move.server_source import ServerSource
from mainstem.unify.move.server_stage import Crossing
from mainstem.unify.move.stage import keyed, stream_columns
from mainstem.unify.move.statements import has_uuid_key, target_name
from mainstem.unify.move.stream import TableReader
from mainstem.unify.move.templates import Place, fill_places, find_places
from mainstem.unify.plan.names import name_sql, short_type, text_sql
from mainstem.unify.verify.cells import MASK, SHOWN_MAX
from mainstem.unify.verify.differences import NAMED_MAX
from mainstem.unify.verify.model import Difference
from mainstem.unify.verify.target_side import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.move.source import Source
    from mainstem.unify.plan.model import PlannedTable, Select
    from mainstem.unify.verify.model import Comparison, TableVerdict
    from mainstem.unify.verify.planned import PlannedRun

    Connection = psycopg.Connection[TupleRow]
    Node = Mapping[str, object]

#: what gives the time of the transaction: the one moment that a comparison can leave out
_NOW: Final = frozenset({"now", "transaction_timestamp"})
_OWN: Final = "own"


@dataclass(frozen=True)
class _Expression:
    """One column that the select makes by itself, and what it is made of."""

    column: str
    #: source columns
    uses: frozenset[str] = frozenset()
    #: why it cannot be made again; None: it can
    obstacle: str | None = None
    is_about_now: bool = False
    #: made of nothing that a row has
    is_constant: bool = False


@dataclass
class _Read:
    """What a walk over an expression meets."""

    own: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    has_subquery: bool = False
    has_moment: bool = False


@contextmanager
def open_fresh(url: str) -> Iterator[Connection]:
    """A connection for `with_expressions`, which never commits."""
    with connect(url, application_name="mainstem verify expressions") as connection:
        configure(connection, SETTINGS)
        connection.commit()
        yield connection


def with_expressions(
    planned: PlannedRun,
    verdict: TableVerdict,
    source: Source,
    *,
    comparison: Comparison,
    connection: Connection,
) -> TableVerdict:
    """The verdict, with what the plan's own SQL gives compared as well, where that can be.

    `comparison`: what the verdict is of. `connection`: of `open_fresh`.

    Raises SourceError or ServerError when a side cannot be read.
    """
    table = planned.plan.table(verdict.table)
    (select,) = (s for s in planned.plan.selects if not s.is_also and s.source_table == table.name)
    found = list(_expressions(planned, table, select))
    able = [one for one in found if one.obstacle is None]
    not_compared = dict(verdict.not_compared)
    for one in found:
        if one.obstacle is not None:
            known = not_compared.get(one.column)
            not_compared[one.column] = f"{known}; {one.obstacle}" if known else one.obstacle
    if not able:
        return replace(verdict, not_compared=not_compared)
    again = _Again(planned, table, select, able, frozenset(_proven(planned, comparison, verdict)))
    with clear_errors(f"compare what the plan's SQL makes of {table.name}"):
        lost, differing, differences = again.compare(connection, source)
        connection.rollback()
    if lost:
        reason = "the plan's select leaves rows out where other tables are empty"
        return replace(verdict, not_compared={**not_compared, **{o.column: reason for o in able}})
    told = {name for one in able for name in one.uses}
    return replace(
        verdict,
        columns=(*verdict.columns, *(_label(one) for one in able)),
        differing=(*verdict.differing, *differing),
        differences=(*verdict.differences, *differences)[:NAMED_MAX],
        has_more=verdict.has_more or len(differences) > NAMED_MAX,
        not_compared={name: why for name, why in not_compared.items() if name not in told},
    )


def _proven(planned: PlannedRun, comparison: Comparison, verdict: TableVerdict) -> Iterator[str]:
    """The columns whose values in the target are known to be those that the run read."""
    table = planned.plan.table(verdict.table)
    target = planned.target_of(table)
    if verdict.source_rows != verdict.target_rows:
        return
    unlike = {*verdict.differing, *_changed(planned.connection, comparison)}
    for compared in comparison.columns:
        column = table.column(compared.name) if compared.is_plain else None
        if column is None or column.into is None or column.name in unlike:
            continue
        declared = target.table.column(column.into).declared_type
        if short_type(declared) == short_type(column.type):
            yield column.name


def _changed(connection: Connection, comparison: Comparison) -> Iterator[str]:
    """The columns of which the ledger says that some values are not the source's."""
    if comparison.changed is not None:
        query = f"select distinct column_name from ({comparison.changed}) as c"
        for (name,) in connection.execute(query.encode()):
            yield name


def _label(one: _Expression) -> str:
    return f"{one.column} (by the plan's own SQL)"


def _expressions(planned: PlannedRun, table: PlannedTable, select: Select) -> Iterator[_Expression]:
    """The columns of the target that are compared in no other way."""
    target = planned.target_of(table)
    covered = {*new_key(target, planned.plan), table.id_column, *table.derive}
    covered |= {column.into for column in table.columns} | {c.pack for c in table.columns}
    covered |= {c.reference.into for c in table.columns if c.reference is not None}
    if planned.plan.tenant is not None:
        covered.add(planned.plan.tenant.column)
    text = fill_places(select.text, lambda place: name_sql(_stand_in(place, select)))
    body = pgparse.parse(text)[0]["stmt"].get("SelectStmt", {})
    aliases = dict(_aliases(body.get("fromClause", ())))
    for item in body.get("targetList", ()):
        result = item["ResTarget"]
        name = result.get("name")
        if name is None or name.startswith("_") or name in covered or not target.has_column(name):
            continue
        yield _judge(planned, table, name, _walk(result["val"], aliases))


def _stand_in(place: Place, select: Select) -> str:
    is_own = place == Place("stage", select.source_table)
    return _OWN if is_own else "other"


def _judge(planned: PlannedRun, table: PlannedTable, name: str, read: _Read) -> _Expression:
    staged = {column.name for column in table.staged}
    uses = frozenset(read.own & staged)
    secret = [c for c in uses if table.holds_secret(c) and planned.plan.is_merging(table)]
    chance = sorted(_volatile(planned.connection, read.functions))
    obstacle = None
    if read.has_subquery:
        obstacle = "the plan looks it up in other rows"
    elif read.others:
        obstacle = f"the plan takes it from other rows ({', '.join(sorted(read.others))})"
    elif chance or read.has_moment:
        obstacle = f"the plan makes it by chance or time ({', '.join(chance) or 'time'})"
    elif secret:
        obstacle = "made of a secret that a merge may have replaced"
    return _Expression(
        name,
        uses,
        obstacle,
        is_about_now=bool(read.functions & _NOW),
        is_constant=not read.own,
    )


def _volatile(connection: Connection, functions: set[str]) -> set[str]:
    """Those of the functions that do not give the same again."""
    if not functions:
        return set()
    rows = connection.execute(
        "select distinct proname::text from pg_catalog.pg_proc"
        " where provolatile = 'v' and proname = any(%s)",
        (list(functions),),
    )
    return {name for (name,) in rows} | functions & {"statement_timestamp"}


def _aliases(node: object) -> Iterator[tuple[str, bool]]:
    """The alias of each table of a FROM clause, and whether it is the row itself."""
    if isinstance(node, list | tuple):
        for one in node:
            yield from _aliases(one)
    elif isinstance(node, dict):
        relation = node.get("RangeVar")
        if isinstance(relation, dict):
            alias = relation.get("alias", {}).get("aliasname", relation["relname"])
            yield alias, relation["relname"] == _OWN
        for one in node.values():
            yield from _aliases(one)


def _walk(node: object, aliases: Mapping[str, bool]) -> _Read:
    """Everything that an expression is made of."""
    read = _Read()
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list | tuple):
            waiting.extend(one)
        elif isinstance(one, dict):
            _note(read, one, aliases)
            waiting.extend(one.values())
    return read


def _note(read: _Read, node: Mapping[str, object], aliases: Mapping[str, bool]) -> None:
    read.has_subquery = read.has_subquery or "SubLink" in node
    read.has_moment = read.has_moment or "SQLValueFunction" in node
    reference, call = node.get("ColumnRef"), node.get("FuncCall")
    if isinstance(reference, dict):
        parts = [part.get("String", {}).get("sval", "*") for part in reference["fields"]]
        alone = next(iter(aliases), "") if len(aliases) == 1 else "a column without its table"
        alias = parts[0] if len(parts) > 1 else alone
        if aliases.get(alias) and parts[-1] != "*":
            read.own.add(parts[-1])
        else:
            read.others.add(alias)
    if isinstance(call, dict):
        read.functions.add(call["funcname"][-1]["String"]["sval"])


@dataclass(frozen=True)
class _Again:
    """The plan's select over fresh rows of one table."""

    planned: PlannedRun
    table: PlannedTable
    select: Select
    able: Sequence[_Expression]
    #: columns of the source that may be read in the target as well
    proven: frozenset[str]

    @property
    def _are_constant(self) -> bool:
        """Whether one row tells what all rows have."""
        return all(one.is_constant for one in self.able)

    def compare(
        self, connection: Connection, source: Source
    ) -> tuple[int, list[str], list[Difference]]:
        """Rows that the select lost, columns that differ, and where; writes what it needs."""
        memory = store.create_look(connection, self.planned.run.schema_name)
        connection.execute(f"create schema {name_sql(memory.staging_schema)}")
        self._read(connection, memory, source)
        for place in set(find_places(self.select.text)):
            if place != Place("stage", self.table.name):
                self._make_empty(connection, memory, place)
        rows = self._rows(memory)
        wrong = [f"(found{at} is distinct from given{at})" for at in range(len(self.able))]
        counts = ", ".join(f"count(*) filter (where not is_lost and {one})" for one in wrong)
        row = connection.execute(
            f"select count(*) filter (where is_lost), {counts} from ({rows}) as x".encode()
        ).fetchone()
        assert row is not None
        if row[0] or not any(row[1:]):
            return row[0], [], []
        differing = [_label(one) for one, count in zip(self.able, row[1:], strict=True) if count]
        examples = connection.execute(
            f"select * from ({rows}) as x where {' or '.join(wrong)}"
            f" order by length(old_id), old_id limit {NAMED_MAX + 1}".encode()
        ).fetchall()
        return 0, differing, [d for example in examples for d in self._named(example)]

    def _named(self, row: TupleRow) -> Iterator[Difference]:
        for at, one in enumerate(self.able):
            found, given = row[2 + 2 * at : 4 + 2 * at]
            if found != given:
                is_secret = any(self.table.holds_secret(name) for name in one.uses)
                texts = [MASK if is_secret else _shown(text) for text in (given, found)]
                yield Difference(self.table.name, row[0], "changed", _label(one), *texts)

    def _rows(self, memory: Run) -> str:
        """Of each loaded row: its key, whether it is lost, then what is there and what should."""
        target = self.planned.target_of(self.table)
        pairs = ""
        for at, one in enumerate(self.able):
            type_name = target.table.column(one.column).declared_type
            found, given = (f"({a}.{name_sql(one.column)})::{type_name}::text" for a in ("t", "g"))
            if one.is_about_now:
                given = (
                    f"case when {given} = now()::{type_name}::text then {found} else {given} end"
                )
            pairs += f", {found} as found{at}, {given} as given{at}"
        text = fill_places(self.select.text, lambda place: _own(memory, place))
        same = "true" if self._are_constant else "g._key = m.old_id"
        return (
            f"select m.old_id, g._key is null as is_lost{pairs} {self._loaded}"
            f" left join (\n{text}\n) as g on {same} where m.outcome = 'l'"
        )

    @property
    def _loaded(self) -> str:
        """The rows of the target, `t`, with the map, `m`; those of other outcomes too."""
        planned = self.planned
        value, column = planned.map_key(self.table)
        return (
            f"from unify.{planned.maps[self.table.name].partition} as m"
            f" join {target_name(planned.target_of(self.table))} as t on {value} = m.{column}"
        )

    def _read(self, connection: Connection, memory: Run, source: Source) -> None:
        """Make `:stage.x` again, of the columns that are needed."""
        needed = {name for one in self.able for name in one.uses}
        part = replace(
            self.table,
            columns=tuple(c for c in self.table.columns if c.name in needed),
        )
        fresh = own_table(memory, "fresh", self.table.name)
        if not needed:
            found = self.planned.maps[self.table.name]
            one = " limit 1" if self._are_constant else ""
            fresh = f"(select old_id as _key from unify.{found.partition} where outcome = 'l'{one})"
        elif needed <= self.proven:
            values = "".join(
                f", t.{name_sql(c.into or '')} as {name_sql(c.name)}" for c in part.columns
            )
            fresh = f"(select m.old_id as _key{values} {self._loaded} where m.outcome = 'l')"
        else:
            self._read_source(connection, memory, source, part=part)
        items = ["f._key"]
        for column in self.table.staged:
            name = name_sql(column.name)
            items.append(f"f.{name}" if column.name in needed else f"null::{column.type} as {name}")
        own = own_table(memory, "stage", self.table.name)
        connection.execute(f"create view {own} as select {', '.join(items)} from {fresh} as f")

    def _read_source(
        self, connection: Connection, memory: Run, source: Source, *, part: PlannedTable
    ) -> None:
        """Read columns of the source into `:fresh.x`, as the run left them to the plan's SQL."""
        fresh = own_table(memory, "fresh", self.table.name)
        if isinstance(source, ServerSource):
            crossing = Crossing(connection, memory, source, part, into="fresh")
            crossing.create()
            crossing.copy()
            if crossing.converted:
                crossing.convert()
        else:
            assert isinstance(source, FileSource)
            self._read_file(connection, fresh, part, source)
        if self.planned.plan.is_merging(self.table):
            self._merge(connection, fresh, part)

    def _read_file(
        self, connection: Connection, fresh: str, part: PlannedTable, source: FileSource
    ) -> None:
        columns = stream_columns(part)
        listed = ", ".join(f"{name_sql(column.name)} {column.type}" for column in columns)
        connection.execute(f"create unlogged table {fresh} (_key text, {listed})")
        own = keyed(source.catalog.table(part.table), part)
        reader = TableReader(source.file, own, columns, with_key=True, called=part.name)
        with connection.cursor() as cursor, cursor.copy(f"copy {fresh} from stdin") as copy:
            for portion in reader:
                for piece in portion.pieces():
                    copy.write(piece)

    def _merge(self, connection: Connection, fresh: str, part: PlannedTable) -> None:
        """Give rows that others became one with the values that they have since."""
        for column in part.staged:
            connection.execute(
                f"update {fresh} as f set {name_sql(column.name)} = l.after::{column.type}"
                f" from unify.ledger as l where l.run_id = {self.planned.run.id}"
                f" and l.source_table = {text_sql(part.name)} and l.key = f._key"
                f" and l.column_name = {text_sql(column.name)} and l.rule like 'merge-%'"
            )

    def _make_empty(self, connection: Connection, memory: Run, place: Place) -> None:
        """A table without rows where the select names another one."""
        plan = self.planned.plan
        table = plan.table(place.table)
        if place.kind == "stage":
            columns = {"_key": "text", **{c.name: c.type for c in table.staged}}
        elif place.kind == "merged":
            columns = {"_key": "text", "survivor": "text", "id": "text"}
        else:
            columns = {"old_id": "text", **self._map_types(table), "outcome": '"char"'}
        listed = ", ".join(f"{name_sql(name)} {type_name}" for name, type_name in columns.items())
        connection.execute(f"create table {_own(memory, place)} ({listed})")

    def _map_types(self, table: PlannedTable) -> dict[str, str]:
        plan, target = self.planned.plan, self.planned.target_of(table)
        key = new_key(target, plan)
        identity = "uuid" if has_uuid_key(target, key) else "text"
        if len(key) == 1:
            identity = target.table.column(key[0]).declared_type
        owner = "text"
        if plan.tenant is not None and target.has_column(plan.tenant.column):
            owner = target.table.column(plan.tenant.column).declared_type
        elif plan.tenant is not None and target.name == plan.tenant.root:
            owner = identity
        return {"id": identity, "tenant": owner}


def _own(memory: Run, place: Place) -> str:
    return own_table(memory, place.kind, place.table, place.column)


def _shown(text: str | None) -> str:
    if text is None:
        return "NULL"
    if len(text) <= SHOWN_MAX:
        return repr(text)
    return f"{text[:SHOWN_MAX]!r}... ({len(text)} characters)"
