"""Hints for questions: which target table or column is likely meant where no name says so.

A hint is evidence beside a question, never a decision: what a table shares with a target by its
columns and references, which values a column's constraint allows, whose name ends alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.kit.naming import column_meaning, singular_name, snake_case
from mainstem.kit.wording import counted, listed
from mainstem.unify.catalog.secrets import holds_secret
from mainstem.unify.plan.match import match_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mainstem.unify.catalog.model import Catalog, Table
    from mainstem.unify.catalog.postgres import TargetCatalog, TargetTable
    from mainstem.unify.plan.propose import Proposal

#: what columns of any table may mean: no evidence for one of them
_TELLING_NOTHING = frozenset({"id", "name", "created_at", "updated_at", "type", "description"})
#: a value in the expression of a check, as the server writes it
_VALUE = re.compile(r"'((?:[^']|'')*)'")
_NUMBERED = re.compile(r"([a-z]+(?:_[a-z]+)*?)_?\d+_([a-z_]+)")
_SHARE_MIN = 0.3
_POINTS_MIN = 2
_VALUES_MAX = 50


@dataclass(frozen=True)
class LikelyTable:
    """A target table, and what speaks for it."""

    name: str
    evidence: str
    points: float


def likely_table(
    table: Table, source: Catalog, target: TargetCatalog, *, proposal: Proposal
) -> LikelyTable | None:
    """The one target table that a source table is most like; None where none stands out."""
    found = sorted(
        (
            likely
            for candidate in target.tables.values()
            if (likely := _compared(table, source, candidate, proposal)) is not None
        ),
        key=lambda likely: -likely.points,
    )
    if not found or (found[1:] and found[0].points == found[1].points):
        return None
    return found[0]


def _compared(
    table: Table, source: Catalog, target: TargetTable, proposal: Proposal
) -> LikelyTable | None:
    ending = _ending(table.name, target.name)
    own = [column.name for column in table.columns]
    others = [column.name for column in target.table.columns]
    matches = match_columns(own, others, table_names=(table.name, target.name))
    shared = [name for name in own if name in matches and _tells(name, proposal)]
    parents = _shared_parents(table, target, proposal)
    possible = sum(_tells(name, proposal) for name in own) or 1
    points = len(shared) + len(parents) / 2 + (_POINTS_MIN if ending else 0)
    if points < _POINTS_MIN or not (ending or len(shared) / possible >= _SHARE_MIN):
        return None
    said = []
    if ending:
        alike = [
            other.name
            for other in source.tables
            if other.name != table.name and _ending(other.name, target.name)
        ]
        also = f", as {listed(alike)} do" if alike else ""
        said.append(f"its name ends in {target.name}{also}")
    if shared:
        said.append(f"{counted(len(shared), 'column')} alike: {listed(shared)}")
    if parents:
        said.append(f"both point at {listed(parents)}")
    return LikelyTable(target.name, "; ".join(said), points)


def _ending(name: str, target: str) -> bool:
    """Whether a name is the target's with a word before it: `brand_cards` and `card`."""
    return singular_name(snake_case(name)).endswith("_" + singular_name(snake_case(target)))


def _tells(column: str, proposal: Proposal) -> bool:
    return column_meaning(column) not in _TELLING_NOTHING and column != proposal.tenant_column


def _shared_parents(table: Table, target: TargetTable, proposal: Proposal) -> list[str]:
    """The target tables that both point at, as far as the source's have a place already."""
    theirs = {key.parent for key in target.table.foreign_keys}
    own = {proposal.destinations.get(key.parent) for key in table.foreign_keys}
    return sorted(name for name in own if name in theirs and name is not None)


def likely_column(
    table: Table, column: str, target: TargetTable, free: Sequence[str], *, proposal: Proposal
) -> str | None:
    """What speaks for one of a target's columns, or of a table beside it; None where nothing."""
    allowed = {name: values for name in free if (values := allowed_values(target, name))}
    if allowed and not holds_secret(table, column):
        held = proposal.values(table.name, column)
        if held and len(held) <= _VALUES_MAX:
            fitting = [name for name, values in allowed.items() if held <= values]
            if len(fitting) == 1:
                return f"perhaps {fitting[0]}: all its {len(held)} different values fit there"
            partly = [name for name, values in allowed.items() if held & values]
            if len(partly) == 1:
                odd = listed(sorted(held - allowed[partly[0]]))
                return f"perhaps {partly[0]}, which does not allow {odd}"
    beside = next(_beside(column, target, proposal.target), None)
    if beside is not None:
        return f"perhaps {beside}, a row beside it"
    one = snake_case(column)
    alike = [
        name
        for name in free
        for other in [snake_case(name)]
        if other.endswith(f"_{one}") or one.endswith(f"_{other}")
    ]
    return f"perhaps {alike[0]}, by its name" if len(alike) == 1 else None


def allowed_values(target: TargetTable, column: str) -> set[str]:
    """The values that a check lists for a column: `status in ('open', 'done')`; else none."""
    for check in target.table.checks:
        text = check.expression
        names = {name for name in (c.name for c in target.table.columns) if _speaks_of(text, name)}
        if names == {column} and "ANY" in text:
            return {value.replace("''", "'") for value in _VALUE.findall(text)}
    return set()


def _speaks_of(expression: str, column: str) -> bool:
    bare = _VALUE.sub("", expression)
    return (
        re.search(rf'(?<![\w"]){re.escape(column)}(?![\w"])|"{re.escape(column)}"', bare)
        is not None
    )


def _beside(column: str, target: TargetTable, catalog: TargetCatalog) -> Iterator[str]:
    """Columns of tables that point at the target: `step1_note` of `visit` is `visit_step.note`."""
    numbered = _NUMBERED.fullmatch(snake_case(column))
    if numbered is None:
        return
    word, meaning = numbered[1], column_meaning(numbered[2])
    for other in catalog.tables.values():
        is_child = any(key.parent == target.name for key in other.table.foreign_keys)
        if is_child and (other.name == word or other.name.endswith("_" + word)):
            for candidate in other.table.columns:
                if column_meaning(candidate.name) == meaning:
                    yield f"{other.name}.{candidate.name}"
