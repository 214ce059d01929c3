"""Tables of another engine in a product that also uses PostgreSQL: SQLite files, mostly."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.unify.audit import evidence
from mainstem.unify.audit.aside import is_aside
from mainstem.unify.audit.provided import is_provided
from mainstem.unify.audit.usage import usage_by_name
from mainstem.unify.code.model import Engine, Operation, Via

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mainstem.unify.audit.model import Evidence
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, Relation
    from mainstem.unify.code.model import DeclaredColumn, DeclaredTable, TableUse

_IN_MEMORY = ":memory:"
#: names that engines give their own tables
_OWN_PREFIXES = ("sqlite_", "mysql.", "sys.")


@dataclass(frozen=True)
class OtherTable:
    """A table that product code keeps in another engine: where it is declared and used."""

    name: str
    engine: Engine
    declared: tuple[DeclaredTable, ...]
    uses: tuple[TableUse, ...]

    @property
    def columns(self) -> dict[str, DeclaredColumn]:
        """Its columns as far as code declares them."""
        return {column.name: column for table in self.declared for column in table.columns}

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Where it is declared and used; a statement that creates it is shown once."""
        uses = [use for use in self.uses if use.operation is not Operation.CREATE]
        shown = (*map(evidence.of_declaration, self.declared), *evidence.of_uses(uses))
        return shown[: evidence.PLACES_MAX]


def other_tables(subject: Subject, engine: Engine = Engine.SQLITE) -> dict[str, OtherTable]:
    """The tables of that engine in the product, scripts aside, by name in lower case, in order.

    What lives in memory only is no second database. Empty where the product does not use
    PostgreSQL beside it.
    """
    if subject.code is None or not uses_postgres(subject):
        return {}
    declared: dict[str, list[DeclaredTable]] = defaultdict(list)
    uses: dict[str, list[TableUse]] = defaultdict(list)
    for table in subject.code.declared:
        if table.engine is engine and _is_kept(table):
            declared[table.name.lower()].append(table)
    for use in subject.code.uses:
        is_own = use.name.lower().startswith(_OWN_PREFIXES)
        if use.engine is engine and not is_own and _is_kept(use):
            uses[use.name.lower()].append(use)
    names = sorted(declared.keys() | _really_there(declared.keys(), uses, postgres_tables(subject)))
    return {
        name: OtherTable(
            (declared[name] or uses[name])[0].name,
            engine,
            tuple(declared[name]),
            tuple(uses[name]),
        )
        for name in names
    }


def _is_kept(one: DeclaredTable | TableUse) -> bool:
    """Whether it is the product's, in a database that outlives the program."""
    return not (one.is_test or is_aside(one.place.file) or one.database == _IN_MEMORY)


def _really_there(
    declared: Collection[str], uses: Mapping[str, Sequence[TableUse]], here: Collection[str]
) -> set[str]:
    """The used names, without PostgreSQL's tables in statements that name declared ones too.

    Such a statement is a join that fails; it does not show that the table is in both.
    """
    known = {use.place for name in declared for use in uses.get(name, ())}
    return {
        name
        for name, found in uses.items()
        if name not in here or any(use.place not in known for use in found)
    }


def uses_postgres(subject: Subject) -> bool:
    """Whether the product keeps data in PostgreSQL: migrations, a database, or code say so."""
    if any(database.tables for database in subject.catalogs):
        return True
    uses = subject.code.uses if subject.code is not None else ()
    # Plain SQL may go anywhere: it is no proof.
    return any(u.engine is Engine.POSTGRES and u.via is not Via.SQL and not u.is_test for u in uses)


def postgres_tables(subject: Subject) -> dict[str, tuple[Database | None, Relation | None]]:
    """PostgreSQL's tables by bare name in lower case; without a catalog, those that code uses."""
    found: dict[str, tuple[Database | None, Relation | None]] = {}
    for database in subject.catalogs:
        for table in database.tables:
            if not is_provided(table.name):
                found.setdefault(table.name.name.lower(), (database, table))
    for usage in usage_by_name(subject).values():
        if any(use.via is not Via.SQL for use in usage.product) and not is_provided(usage.name):
            found.setdefault(usage.name.name.lower(), (None, None))
    for model in subject.code.declared if subject.code is not None else ():
        if model.engine is Engine.POSTGRES and not model.is_test:
            found.setdefault(model.name.lower(), (None, None))
    return found
