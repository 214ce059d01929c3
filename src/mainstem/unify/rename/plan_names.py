"""Which tables are renamed: what a plan directory says, and what a person says besides."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.errors import ConfigError, UsageError
from mainstem.unify.code.model import Engine
from mainstem.unify.rename.model import Renames

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mainstem.unify.plan.model import Plan, PlannedTable


@dataclass(frozen=True)
class Chosen:
    """The renames, and what a person should know about the plan's others."""

    renames: Renames
    notes: tuple[str, ...] = ()


def chosen_names(plan: Plan | None, pairs: Iterable[str]) -> Chosen:
    """The renames of a plan and of `old=new` texts, which win over the plan.

    Raises:
        UsageError: a text is no pair, a name is both old and new, or nothing is renamed.
    """
    names: dict[str, str] = {}
    notes: list[str] = []
    engines = {Engine.POSTGRES}
    if plan is not None:
        # A source may be SQLite: then that is what its code talks to so far.
        engines.add(Engine.SQLITE)
        names, notes = _of_plan(plan)
    names |= dict(map(_pair, pairs))
    names = {old: new for old, new in names.items() if old != new}
    if not names:
        raise UsageError("no table is renamed; say which with --plan PLAN or --map old=new")
    both = sorted(set(names) & set(names.values()))
    if both:
        raise UsageError(
            f"{both[0]} is an old name and a new one; rename in two runs, through a name that "
            "nothing has"
        )
    return Chosen(Renames(names, engines=frozenset(engines)), tuple(notes))


def _pair(text: str) -> tuple[str, str]:
    old, equals, new = (part.strip() for part in text.partition("="))
    if not (old and equals and new):
        raise UsageError(f"--map {text}: write it as old=new")
    return old, new


def _of_plan(plan: Plan) -> tuple[dict[str, str], list[str]]:
    """A plan's renames, without those where several tables of a source become one.

    A name that several sources have, and that becomes different tables, is left to a person.
    """
    targets = Counter((table.source, table.into) for table in plan.moved())
    meanings: dict[str, set[str]] = defaultdict(set)
    for table in plan.moved():
        meanings[table.table].add(table.into or "")
    names: dict[str, str] = {}
    notes: list[str] = []
    for table in plan.tables:
        if plan.is_elsewhere(table):
            notes.append(f"{table.name} is in another schema: what code asks of it stays as it is")
        elif table.into is None:
            if table.drop is not None:
                notes.append(f"{table.name} is dropped: {table.drop}")
        elif targets[table.source, table.into] > 1:
            notes.append(
                f"{table.name} shares {table.into} with another table: queries of it need a "
                "condition, which a person has to write"
            )
        elif len(meanings[table.table]) > 1:
            notes.append(
                f"{table.name} becomes {table.into}, but {table.table} is something else in "
                f"another source; where this code means it, say --map {table.table}={table.into}"
            )
        else:
            names[table.table] = table.into
            notes.extend(_new_columns(table))
    return names, notes


def _new_columns(table: PlannedTable) -> Iterator[str]:
    columns = {
        column.name: column.into
        for column in table.columns
        if column.into is not None and column.into != column.name
    }
    if columns:
        yield f"{table.name}: columns have new names too: {_shown(columns)}"


def _shown(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{old} is {new}" for old, new in columns.items())


def refuse_missing(names: Iterable[tuple[str, str]], known: Iterable[str], where: str) -> None:
    """Refuse where a new name is no table of the target.

    Raises:
        ConfigError: names them.
    """
    there = set(known)
    missing = sorted({f"{new} (for {old})" for old, new in names if new not in there})
    if missing:
        raise ConfigError(
            f"{where} has no table {', '.join(missing)}; write the migration first, "
            "then rename the code"
        )
