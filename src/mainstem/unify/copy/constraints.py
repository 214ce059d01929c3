"""What is built once rows are there: indexes, keys, other constraints, foreign keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainstem.unify.catalog.model import Index, IndexPart, NotCarried
from mainstem.unify.catalog.sqlite_schema import quoted
from mainstem.unify.copy.expressions import UntranslatableError, columns_of, translate
from mainstem.unify.copy.names import free

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mainstem.unify.catalog.model import Check, ForeignKey
    from mainstem.unify.copy.design import TargetTable

_ACTIONS: Final = frozenset({"CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT"})
_SHOWN_MAX: Final = 120


@dataclass(frozen=True)
class Piece:
    """One thing to build: alternatives, of which the first that the server takes counts.

    They are statements (of an index) or clauses of ALTER TABLE (of what is attached). `label` names
    the piece in reports, as table.column of the source where it belongs to columns.
    """

    kind: str
    label: str
    name: str
    ways: tuple[str, ...]
    told: str = ""


@dataclass(frozen=True)
class ForeignKeyPiece:
    """A foreign key: added without looking at rows, then validated."""

    label: str
    child: TargetTable
    parent: TargetTable
    key: ForeignKey
    name: str

    def add(self, schema: str) -> str:
        """The statement that adds it for new rows."""
        columns = _listed(self.child, self.key.columns)
        parent_columns = _listed(self.parent, self.key.parent_columns)
        actions = "".join(
            f" on {event} {action.lower()}"
            for event, action in (("delete", self.key.on_delete), ("update", self.key.on_update))
            if action in _ACTIONS
        )
        deferred = " deferrable initially deferred" if self.key.is_deferred else ""
        return (
            f"alter table {_table(schema, self.child)} add constraint {quoted(self.name)}"
            f" foreign key ({columns}) references {_table(schema, self.parent)}"
            f" ({parent_columns}){actions}{deferred} not valid"
        )

    def validate(self, schema: str) -> str:
        """The statement that looks at the rows."""
        return f"alter table {_table(schema, self.child)} validate constraint {quoted(self.name)}"


@dataclass
class Plan:
    """What to build for all tables: `indexes` first, then `attached`, then foreign keys."""

    indexes: dict[str, list[Piece]]
    attached: dict[str, list[Piece]]
    foreign_keys: list[ForeignKeyPiece]
    not_carried: list[NotCarried]


def plan_constraints(tables: Sequence[TargetTable], schema: str, taken: Iterable[str]) -> Plan:
    """Plan everything, with names that no relation of the target schema has yet.

    Args:
        tables: the designed tables.
        schema: where they lie while they are built.
        taken: names of relations in the target schema.
    """
    names = set(taken) | {target.name for target in tables}
    by_source = {target.source.name: target for target in tables}
    plan = Plan({}, {}, [], [])
    for target in tables:
        maker = _Maker(target, schema, names, plan.not_carried)
        plan.indexes[target.source.name], plan.attached[target.source.name] = maker.make()
        for key in target.source.foreign_keys:
            _plan_foreign_key(plan, target, key, by_source, maker)
    return plan


class _Maker:
    """Makes the pieces of one table."""

    def __init__(
        self, target: TargetTable, schema: str, names: set[str], not_carried: list[NotCarried]
    ) -> None:
        self._target = target
        self._schema = schema
        self._names = names
        self._constraint_names: set[str] = set()
        self._not_carried = not_carried
        self._indexes: list[Piece] = []
        self._attached: list[Piece] = []

    def make(self) -> tuple[list[Piece], list[Piece]]:
        self._not_null()
        self._primary_key()
        for index in self._target.source.indexes:
            self._index(index)
        for check in self._target.source.checks:
            self._check(check)
        self._collations()
        return self._indexes, self._attached

    def constraint_name(self, wanted: str) -> str:
        """A name that no other constraint of the table has."""
        name = free(wanted, self._constraint_names | self._names)
        self._constraint_names.add(name)
        return name

    def _relation_name(self, wanted: str) -> str:
        name = free(wanted, self._names)
        self._names.add(name)
        return name

    def _primary_key(self) -> None:
        columns = self._target.source.primary_key
        if not columns:
            return
        name = self._relation_name(f"{self._target.name}_pkey")
        label = f"{self._target.source.name}.{','.join(columns)}"
        listed = _listed(self._target, columns)
        table = _table(self._schema, self._target)
        self._indexes.append(
            Piece("primary key", label, name, (_create_index(name, table, listed, unique=True),))
        )
        self._attached.append(
            Piece(
                "primary key",
                label,
                name,
                (f"add primary key using index {quoted(name)}",),
                "the unique index stays",
            )
        )
        collations = [self._target.source.column(column).collation for column in columns]
        if any(collation and collation.upper() != "BINARY" for collation in collations):
            parts = tuple(
                IndexPart(column, collation=collation)
                for column, collation in zip(columns, collations, strict=True)
            )
            self._index(Index(f"{self._target.name}_collated_key", parts, is_unique=True))

    def _index(self, index: Index) -> None:
        label = f"{self._target.source.name}.{index.name}"
        try:
            parts = [self._part(part) for part in index.parts]
            predicate = (
                " where " + translate(index.predicate, self._target.names, is_condition=True)
                if index.predicate
                else ""
            )
        except UntranslatableError as why:
            self._not_carried.append(NotCarried("index", index.name, str(why)))
            return
        table = _table(self._schema, self._target)
        is_plain = index.is_constraint and all(map(_is_plain, index.parts))
        told = [part.expression for part in index.parts]
        name = self._relation_name(self._index_name(index, told))
        ways = (
            [parts]
            if all(p.is_column and _is_plain(p) for p in index.parts)
            else [parts, [self._part(part, is_exact=True) for part in index.parts]]
        )
        statements = dict.fromkeys(
            _create_index(name, table, ", ".join(way), unique=index.is_unique) + predicate
            for way in ways
        )
        kind = "unique constraint" if index.is_constraint else "index"
        label = (
            f"{self._target.source.name}.{','.join(told)}" if index.is_constraint else index.name
        )
        self._indexes.append(Piece(kind, label, name, tuple(statements)))
        if is_plain:
            clause = f"add unique using index {quoted(name)}"
            self._attached.append(Piece(kind, label, name, (clause,), "the unique index stays"))

    def _index_name(self, index: Index, columns: Sequence[str]) -> str:
        if index.name.startswith("sqlite_autoindex_"):
            return "_".join([self._target.name, *columns, "key"])
        return index.name

    def _part(self, part: IndexPart, *, is_exact: bool = False) -> str:
        down = " desc" if part.is_descending else ""
        if not part.is_column:
            return f"({translate(part.expression, self._target.names)}){down}"
        name = quoted(self._target.target_name(part.expression))
        found = self._target.names.find(part.expression)
        collation = (part.collation or "BINARY").upper()
        if collation == "BINARY" or found is None or found[1] != "text":
            return name + down
        if collation == "NOCASE":
            exact = f'lower({name} collate "C")' if is_exact else f"lower({name})"
            return exact + down
        if collation == "RTRIM":
            return f"rtrim({name}, ' '){down}"
        raise UntranslatableError(f"the collation {part.collation} is its program's own")

    def _not_null(self) -> None:
        for column in self._target.columns:
            if column.source.is_nullable:
                continue
            self._attached.append(
                Piece(
                    "not-null constraint",
                    f"{self._target.source.name}.{column.source.name}",
                    column.name,
                    (f"alter column {quoted(column.name)} set not null",),
                )
            )

    def _collations(self) -> None:
        """Comparing without regard to case is the index's business now, and the query's."""
        for column in self._target.columns:
            if column.source.collation and column.source.collation.upper() != "BINARY":
                label = f"{self._target.source.name}.{column.source.name}"
                reason = f"{column.source.collation}: PostgreSQL compares every character"
                self._not_carried.append(NotCarried("collation", label, reason))

    def _check(self, check: Check) -> None:
        source = self._target.source
        columns = columns_of(check.expression, self._target.names)
        actual = [c.name for c in source.columns if c.name.lower() in columns]
        wanted = check.name or "_".join([self._target.name, *actual, "check"])
        name = self.constraint_name(wanted)
        label = f"{source.name}.{actual[0]}" if len(actual) == 1 else f"{source.name}.{name}"
        told = f"check ({_short(check.expression)})"
        try:
            expression = translate(check.expression, self._target.names, is_condition=True)
        except UntranslatableError as why:
            self._not_carried.append(NotCarried("check", label, f"{told}: {why}"))
            return
        add = f"add constraint {quoted(name)} check ({expression})"
        self._attached.append(Piece("check", label, name, (add, f"{add} not valid"), told))


def _plan_foreign_key(
    plan: Plan,
    target: TargetTable,
    key: ForeignKey,
    by_source: Mapping[str, TargetTable],
    maker: _Maker,
) -> None:
    label = f"{target.source.name}.{','.join(key.columns)}"
    parent = by_source.get(key.parent)
    if parent is None:
        reason = f"it references {key.parent}, which is no table of the file"
    elif len(key.parent_columns) != len(key.columns) or not key.columns:
        reason = f"it references columns that {key.parent} does not have"
    else:
        name = maker.constraint_name(key.name or "_".join([target.name, *key.columns, "fkey"]))
        plan.foreign_keys.append(ForeignKeyPiece(label, target, parent, key, name))
        return
    plan.not_carried.append(NotCarried("foreign key", label, reason))


def _create_index(name: str, table: str, parts: str, *, unique: bool) -> str:
    return f"create {'unique ' if unique else ''}index {quoted(name)} on {table} ({parts})"


def _table(schema: str, target: TargetTable) -> str:
    return f"{quoted(schema)}.{quoted(target.name)}"


def _listed(target: TargetTable, columns: Iterable[str]) -> str:
    return ", ".join(quoted(target.target_name(column)) for column in columns)


def _is_plain(part: IndexPart) -> bool:
    is_binary = (part.collation or "BINARY").upper() == "BINARY"
    return part.is_column and is_binary and not part.is_descending


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= _SHOWN_MAX else one_line[:_SHOWN_MAX] + "..."
