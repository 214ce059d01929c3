"""A table of a PostgreSQL source against the target: each server sums up its own side.

A column's checksum is the sum, over its rows, of the value's hash, which begins with the hash of
the row's key: two rows that swap their values change the sum. What the run changed is known by the
ledger and added to the source's sums. Where sums differ, both sides are summed again by bucket, and
only the rows of differing buckets are fetched.
"""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from mainstem.unify.move.server_source import row_key
from mainstem.unify.plan.names import name_sql, text_sql
from mainstem.unify.plan.transfer import canonical, transfer
from mainstem.unify.verify.cells import MASK, SHOWN_MAX
from mainstem.unify.verify.differences import NAMED_MAX
from mainstem.unify.verify.engine import Compared
from mainstem.unify.verify.model import Difference, TableVerdict
from mainstem.unify.verify.source_side import NULL_REPLACED, ORPHAN_TO_NULL
from mainstem.unify.verify.sums import digits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.move.server_source import ServerSource
    from mainstem.unify.plan.model import PlannedTable
    from mainstem.unify.progress import Reporter
    from mainstem.unify.verify.model import ComparedColumn, Comparison
    from mainstem.unify.verify.planned import PlannedRun

    Connection = psycopg.Connection[TupleRow]

BUCKETS: Final = 4096
#: rows of one side that are fetched while differences are looked for
_FETCHED_MAX: Final = 20_000
_SEED_MAX: Final = 2**62
#: what makes the hash of no value out of the key's: none that a text is likely to have
_NULL_BITS: Final = 7_046_029_254_386_353_087

#: bucket -> rows, keys' sum, and a sum for each column
Sums: TypeAlias = "dict[int, list[int]]"
#: a row's values as texts, by key
Rows: TypeAlias = "dict[str, tuple[str | None, ...]]"


def compare_server(
    planned: PlannedRun,
    comparison: Comparison,
    source: ServerSource,
    *,
    is_native: bool,
    reporter: Reporter,
) -> Compared:
    """Compare one table. `is_native`: whether `hash_alike` says that both servers do.

    Raises SourceError or ServerError when a side cannot be read.
    """
    table = planned.plan.table(comparison.name)
    shown = reporter.step(f"compare {table.name}", 2 * table.row_count)
    hashing = _Hashing(secrets.randbelow(_SEED_MAX), is_native=is_native)
    two = _TwoServers(planned, comparison, source, table, hashing)
    here, there = two.sums()
    shown.advance(2 * table.row_count)
    differing = two.differing(here, there)
    found: list[Difference] = []
    has_more = False
    if here != there:
        found, has_more = two.differences()
    rows_here, rows_there = (sums.get(0, [0])[0] for sums in (here, there))
    verdict = TableVerdict(
        table=comparison.name,
        target=comparison.target_name,
        source_rows=rows_here,
        target_rows=rows_there,
        columns=tuple(column.shown for column in comparison.columns),
        differing=tuple(differing),
        differences=tuple(found),
        has_more=has_more,
        not_compared=comparison.not_compared,
        checksums=two.checksums(here, there),
    )
    return Compared(verdict, {})


def hash_alike(source: Connection, target: Connection) -> bool:
    """Whether two servers hash alike: only between versions that differ they may not."""
    query = b"select hashtextextended('mainstem', 1), hashtextextended(repeat('m', 99), 2)"
    return source.execute(query).fetchone() == target.execute(query).fetchone()


@dataclass(frozen=True)
class _TwoServers:
    """Both sides of one table's comparison."""

    planned: PlannedRun
    comparison: Comparison
    source: ServerSource
    table: PlannedTable
    hashing: _Hashing

    def sums(self, *, by_bucket: bool = False) -> tuple[Sums, Sums]:
        """The sums of both sides; each server works out its own at the same time."""
        width = len(self.comparison.columns)
        query, parameters = self._source_rows()
        ours = self.hashing.sums(query, width, by_bucket=by_bucket)
        theirs = self.hashing.sums(self._target_rows(), width, by_bucket=by_bucket)
        with ThreadPoolExecutor(max_workers=1) as beside:
            waiting = beside.submit(self._sum_source, ours, parameters)
            there = _as_sums(self.planned.connection.execute(theirs.encode()).fetchall())
            here = waiting.result()
        return self._changed(here, by_bucket=by_bucket), there

    def _sum_source(self, text: str, parameters: dict[str, object]) -> Sums:
        with self.source.server.reading() as connection:
            return _as_sums(connection.execute(text.encode(), parameters or None).fetchall())

    def _changed(self, sums: Sums, *, by_bucket: bool) -> Sums:
        """The source's sums as they must be in the target after what the run changed."""
        for bucket, at, more in self._changes(by_bucket=by_bucket):
            found = sums.setdefault(bucket, [0] * (2 + len(self.comparison.columns)))
            found[2 + at] += more
        return sums

    def differing(self, here: Sums, there: Sums) -> Iterator[str]:
        """The columns whose sums differ."""
        for column, one, two in self._pairs(here, there):
            if one != two:
                yield column.shown

    def checksums(self, here: Sums, there: Sums) -> dict[str, tuple[str, str]]:
        """The checksums of both sides; of secrets none."""
        return {
            column.shown: (digits(one), digits(two))
            for column, one, two in self._pairs(here, there)
            if not column.is_secret
        }

    def _pairs(self, here: Sums, there: Sums) -> Iterator[tuple[ComparedColumn, int, int]]:
        """Each column with its sum of either side."""
        columns = self.comparison.columns
        one, two = (sums.get(0, [0] * (2 + len(columns)))[2:] for sums in (here, there))
        return zip(columns, one, two, strict=True)

    def differences(self) -> tuple[list[Difference], bool]:
        """Name what differs; and whether there is more."""
        here, there = self.sums(by_bucket=True)
        wrong = sorted(b for b in here.keys() | there.keys() if here.get(b) != there.get(b))
        chosen: list[int] = []
        rows = 0
        for bucket in wrong:
            rows += max(here.get(bucket, [0])[0], there.get(bucket, [0])[0])
            if chosen and rows > _FETCHED_MAX:
                break
            chosen.append(bucket)
        found = list(self._named(self._fetch_source(chosen), self._fetch_target(chosen)))
        return found[:NAMED_MAX], len(found) > NAMED_MAX or len(chosen) < len(wrong)

    def _named(self, here: Rows, there: Rows) -> Iterator[Difference]:
        name = self.comparison.name
        for key in sorted(here.keys() | there.keys(), key=lambda key: (len(key), key)):
            if key not in there:
                yield Difference(name, key, "missing")
            elif key not in here:
                yield Difference(name, key, "extra")
            else:
                for column, before, after in zip(
                    self.comparison.columns, here[key], there[key], strict=True
                ):
                    if before != after:
                        texts = (_shown(column, before), _shown(column, after))
                        yield Difference(name, key, "changed", column.shown, *texts)

    def _fetch_source(self, buckets: Sequence[int]) -> Rows:
        query, parameters = self._source_rows()
        text = self.hashing.fetch(query, buckets)
        with self.source.server.reading() as connection:
            rows = connection.execute(text.encode(), parameters or None).fetchall()
        found = {row[0]: list(row[1:]) for row in rows}
        if self.comparison.changed is not None:
            changed = self.comparison.changed.replace("%", "%%")
            changes = self.planned.connection.execute(
                f"select key, column_name, before, after, rule from ({changed}) as c"
                " where key = any(%s)".encode(),
                (list(found),),
            )
            for key, name, before, after, rule in changes:
                for at in self._concerned(name, rule):
                    if found[key][at] == before:
                        found[key][at] = after
        return {key: tuple(values) for key, values in found.items()}

    def _fetch_target(self, buckets: Sequence[int]) -> Rows:
        text = self.hashing.fetch(self._target_rows(), buckets)
        rows = self.planned.connection.execute(text.encode()).fetchall()
        return {row[0]: tuple(row[1:]) for row in rows}

    def _source_rows(self) -> tuple[str, dict[str, object]]:
        """The rows that must be in the target: `k`, and `v0`, `v1`... as texts."""
        own = self.source.catalog.table(self.table.table)
        joins: list[str] = []
        values, outer, merges = [], [], []
        parameters: dict[str, object] = {}
        for at, column in enumerate(self.comparison.columns):
            values.append(f"({self._source_value(column, joins)})::text as v{at}")
            merged = column.derivation.merged if column.derivation is not None else None
            if merged is None:
                outer.append(f"x.v{at}")
                continue
            pairs = self.planned.connection.execute(merged.encode()).fetchall()
            parameters |= {f"old{at}": [p[0] for p in pairs], f"new{at}": [p[1] for p in pairs]}
            merges.append(
                f" left join unnest(%(old{at})s::text[], %(new{at})s::text[]) as m{at} (old, new)"
                f" on m{at}.old = x.v{at}"
            )
            outer.append(f"coalesce(m{at}.new, x.v{at}) as v{at}")
        where = ""
        if self.comparison.outcomes is not None:
            gone = self.planned.connection.execute(self.comparison.outcomes.encode()).fetchall()
            parameters["gone"] = [key for key, _ in gone]
            merges.append(" left join unnest(%(gone)s::text[]) as gone (key) on gone.key = x.k")
            where = " where gone.key is null"
        inner = (
            f"select ({row_key(own)})::text as k{''.join(', ' + value for value in values)}"
            f" from {self.source.server.table_sql(own.name)} as t{''.join(joins)}"
        )
        listed = "".join(f", {value}" for value in outer)
        query = f"select x.k{listed} from ({_escaped(inner, parameters)}) as x"
        return query + "".join(merges) + where, parameters

    def _source_value(self, column: ComparedColumn, joins: list[str]) -> str:
        if column.constant is not None:
            return text_sql(column.constant)
        value = f"t.{name_sql(column.name)}"
        if column.derivation is None:
            planned = self.table.column(column.name)
            if planned.pack is not None:
                return f"nullif(to_jsonb({value}), 'null')"
            own = self.source.catalog.table(self.table.table).column(column.name)
            return transfer(own.declared_type, planned.type).compare(value, planned.type)
        for hop in column.derivation.hops:
            alias = f"h{len(joins)}"
            joins.append(
                f" left join {self.source.server.table_sql(hop.table)} as {alias}"
                f" on {alias}.{name_sql(hop.by)}::text = {value}::text"
            )
            value = f"{alias}.{name_sql(hop.take)}"
        return value

    def _target_rows(self) -> str:
        values = [
            f", ({self._target_value(column)})::text as v{at}"
            for at, column in enumerate(self.comparison.columns)
        ]
        return f"select m.old_id as k{''.join(values)} {self.comparison.target_from}"

    def _target_value(self, column: ComparedColumn) -> str:
        if not column.is_plain:
            return column.target
        planned = self.table.column(column.name)
        if planned.pack is not None:
            value = f"t.{name_sql(planned.pack)} -> {text_sql(column.name)}"
            return f"nullif({value}, 'null')"
        return canonical(column.target, planned.type)

    def _changes(self, *, by_bucket: bool) -> Iterator[tuple[int, int, int]]:
        """Bucket, column's position, and what its sum changes by, by the ledger."""
        if self.comparison.changed is None:
            return
        changed = self.comparison.changed.replace("%", "%%")
        text = self.hashing.changes(changed, by_bucket=by_bucket)
        for bucket, name, rule, more in self.planned.connection.execute(
            text.encode(), (MASK, MASK)
        ):
            for at in self._concerned(name, rule):
                yield bucket, at, int(more)

    def _concerned(self, name: str, rule: str) -> Iterator[int]:
        for at, column in enumerate(self.comparison.columns):
            is_meant = {ORPHAN_TO_NULL: not column.is_plain, NULL_REPLACED: column.is_plain}
            if column.name == name and is_meant.get(rule, True):
                yield at


@dataclass(frozen=True)
class _Hashing:
    """The SQL that sums up a query of `k`, `v0`, `v1`..."""

    seed: int
    #: whether hashtextextended gives the same on both servers; md5 always does
    is_native: bool

    def key(self, text: str) -> str:
        """The hash of a row's key, a bigint."""
        return self._hash(text, str(self.seed))

    def value(self, text: str, key: str) -> str:
        """The hash of a value in the row of that key's hash, a bigint; NULL has one of its own."""
        return f"coalesce({self._hash(text, key)}, {key} # {_NULL_BITS})"

    def _hash(self, text: str, start: str) -> str:
        if self.is_native:
            return f"hashtextextended({text}, {start})"
        return f"('x' || left(md5({start} || '/' || {text}), 16))::bit(64)::bigint"

    def bucket(self, key: str) -> str:
        """The bucket of a key, the same on both servers."""
        return f"(('x' || left(md5({key}), 3))::bit(12)::integer)"

    def sums(self, query: str, columns: int, *, by_bucket: bool) -> str:
        """Bucket, rows, sum of the keys' hashes, and a sum for each column."""
        bucket = self.bucket("x.k") if by_bucket else "0"
        sums = "".join(
            f", coalesce(sum({self.value(f'y.v{at}', 'y.hk')}), 0)" for at in range(columns)
        )
        # Without the offset the server would work the key's hash out for each column again.
        return (
            f"select y.bucket, count(*), coalesce(sum(y.hk), 0){sums} from"
            f" (select x.*, {bucket} as bucket, {self.key('x.k')} as hk from ({query}) as x"
            " offset 0) as y group by y.bucket"
        )

    def changes(self, query: str, *, by_bucket: bool) -> str:
        """What the ledger's changes add: bucket, column, rule, and a sum. Takes MASK twice."""
        bucket = self.bucket("c.key") if by_bucket else "0"
        after, before = (f"({self.value(f'c.{name}', 'c.hk')})" for name in ("after", "before"))
        return (
            f"select {bucket}, c.column_name, c.rule, sum({after}::numeric - {before}) from"
            f" (select c.*, {self.key('c.key')} as hk from ({query}) as c offset 0) as c"
            " where c.before is distinct from %s and c.after is distinct from %s group by 1, 2, 3"
        )

    def fetch(self, query: str, buckets: Sequence[int]) -> str:
        """The rows of some buckets."""
        listed = ", ".join(map(str, buckets)) or "null"
        return f"select * from ({query}) as x where {self.bucket('x.k')} in ({listed})"


def _as_sums(rows: Sequence[TupleRow]) -> Sums:
    return {int(row[0]): [int(number) for number in row[1:]] for row in rows}


def _escaped(query: str, parameters: Mapping[str, object]) -> str:
    """A query's per cent signs, doubled where it is executed with parameters."""
    return query.replace("%", "%%") if parameters else query


def _shown(column: ComparedColumn, text: str | None) -> str:
    if column.is_secret:
        return MASK
    if text is None:
        return "NULL"
    if len(text) <= SHOWN_MAX:
        return repr(text)
    return f"{text[:SHOWN_MAX]!r}... ({len(text)} characters)"
