"""Which tables are renamed: what a plan directory says, and what a person says besides."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.errors import ConfigError, UsageError
from mainstem.unify.code.model import Engine
from mainstem.unify.rename.model import Renames

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mainstem.unify.plan.model import Plan


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
        # The plan's source is SQLite: that is what its code talks to so far.
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
    """A plan's renames, without those where several tables become one."""
    targets = Counter(table.into for table in plan.moved())
    names: dict[str, str] = {}
    notes: list[str] = []
    for table in plan.tables:
        if table.into is None:
            if table.drop is not None:
                notes.append(f"{table.name} is dropped: {table.drop}")
        elif targets[table.into] > 1:
            notes.append(
                f"{table.name} shares {table.into} with another table: queries of it need a "
                "condition, which a person has to write"
            )
        else:
            names[table.name] = table.into
            columns = {
                column.name: column.into
                for column in table.columns
                if column.into is not None and column.into != column.name
            }
            if columns:
                notes.append(f"{table.name}: columns have new names too: {_shown(columns)}")
    return names, notes


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
