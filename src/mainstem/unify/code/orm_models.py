"""Models of object-relational mappers: a class or constant that stands for a table.

Where the model stands in the same file, a use is known at once; where another file holds it, the
use waits, with its fields, for what that file exports: `User` the table, `User.email` the column.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mainstem.unify.code.facts import FileFacts, Names, Opened, Pending
from mainstem.unify.code.model import (
    ColumnUse,
    DeclaredTable,
    Engine,
    FileReading,
    Operation,
    Place,
    Role,
    TableUse,
    Unresolved,
    Via,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mainstem.unify.code.facts import Reference


@dataclass(frozen=True)
class Model:
    """A table as a model declares it, and the column behind each of its fields."""

    table: DeclaredTable
    fields: dict[str, str]


@dataclass
class ModelUse:
    """A use of a model while it is read: columns are still the fields' names."""

    target: Model | Reference
    expression: str
    place: Place
    operation: Operation
    columns: dict[tuple[str, Role], ColumnUse] = field(default_factory=dict)
    reads_all: bool = False
    is_single: bool = False
    #: it may be no table: a field that could be a relation
    is_tentative: bool = False

    def use(self, name: str, role: Role, line: int, *, value_type: str | None = None) -> None:
        """Note a field; the first place counts."""
        self.columns.setdefault((name, role), ColumnUse(name, role, line, value_type))


@dataclass
class ModelFacts:
    """What one file says about models."""

    via: Via
    is_test: bool
    models: dict[str, Model] = field(default_factory=dict)
    uses: list[ModelUse] = field(default_factory=list)
    unresolved: list[Unresolved] = field(default_factory=list)
    #: tables that no name stands for, such as those that migrations in code make
    others: list[DeclaredTable] = field(default_factory=list)

    def unknown(self, expression: str, place: Place, reason: str) -> None:
        """Note a model that only running the program would tell."""
        self.unresolved.append(Unresolved("table", expression, place, reason, self.is_test))

    def facts(self, *, provides: Iterable[str] = ()) -> FileFacts:
        """All of it, as a reader hands it on."""
        known = [use for use in self.uses if isinstance(use.target, Model)]
        return FileFacts(
            FileReading(
                uses=tuple(
                    self._known(use, use.target) for use in known if isinstance(use.target, Model)
                ),
                declared=tuple(
                    dict.fromkeys([*(one.table for one in self.models.values()), *self.others])
                ),
                unresolved=tuple(dict.fromkeys(self.unresolved)),
            ),
            pending=tuple(
                self._waiting(use, use.target)
                for use in self.uses
                if not isinstance(use.target, Model)
            ),
            exports={
                path: names
                for name, model in self.models.items()
                for path, names in _exports(name, model)
            },
            opened={
                name: Opened(model.table.engine, model.table.database)
                for name, model in self.models.items()
            },
            provides=tuple(provides),
        )

    def _known(self, use: ModelUse, model: Model) -> TableUse:
        columns = (
            ColumnUse(model.fields[one.name], one.role, one.line, one.value_type)
            for one in use.columns.values()
            if one.name in model.fields
        )
        table = model.table
        return self._table_use(use, table.name, table.schema, table.engine, tuple(columns))

    def _waiting(self, use: ModelUse, reference: Reference) -> Pending:
        table = self._table_use(use, "", None, Engine.POSTGRES, tuple(use.columns.values()))
        return Pending(
            reference,
            use.expression,
            table,
            names_fields=True,
            is_tentative=use.is_tentative,
        )

    def _table_use(
        self,
        use: ModelUse,
        name: str,
        schema: str | None,
        engine: Engine,
        columns: tuple[ColumnUse, ...],
    ) -> TableUse:
        return TableUse(
            name=name,
            place=use.place,
            via=self.via,
            operation=use.operation,
            schema=schema,
            engine=engine,
            columns=columns,
            reads_all=use.reads_all,
            is_single=use.is_single,
            is_test=self.is_test,
        )


def _exports(name: str, model: Model) -> Iterable[tuple[str, Names]]:
    table = model.table
    yield name, Names((f"{table.schema}.{table.name}" if table.schema else table.name,))
    for field_name, column in model.fields.items():
        yield f"{name}.{field_name}", Names((column,))
