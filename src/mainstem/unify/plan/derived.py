"""Rows that a target row must point at and its source row does only over others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.errors import ConfigError
from mainstem.unify.plan.tenancy import HOPS_MAX, target_references

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mainstem.unify.plan.model import Reference
    from mainstem.unify.plan.propose import Proposal

Path = tuple[str, ...]


def find_derived(proposal: Proposal, table: str, direct: Iterable[Reference]) -> dict[str, Path]:
    """Target column -> the way to the row that it points at.

    Those of the config, and for columns that must have a value and get none the shortest way there
    is. Several ways of the same length are a question.

    Raises ConfigError when the config follows what is no reference.
    """
    found = dict(proposal.own.table(table).derive)
    for into, way in found.items():
        _check(proposal, table, into, way)
    target = proposal.target_of(table)
    said = {column.into for column in proposal.own.table(table).columns.values()}
    filled = {*found, *said, *proposal.sets_for(table), *(one.into for one in direct)}
    for into, parent in target_references(proposal, target).items():
        column = target.table.column(into)
        if into in filled or column.is_nullable or column.default is not None:
            continue
        ways = _shortest(proposal, table, parent)
        if len(ways) == 1:
            found[into] = ways[0]
        elif ways:
            proposal.undecided.add((table, into))
            shown = " or ".join(str(list(way)).replace("'", '"') for way in ways)
            proposal.ask(
                table,
                None,
                f"{table} leads to {parent} on several ways: set "
                f"{proposal.place(table)}.derive.{into} = {shown}",
            )
    return found


def _shortest(proposal: Proposal, table: str, target: str) -> list[Path]:
    """The shortest ways from a table to one that goes into a target, over rows that are moved.

    Where some of them are there for every row, only those.
    """
    ways: list[tuple[str, Path, bool]] = [(table, (), True)]
    for _ in range(HOPS_MAX):
        ways = [
            (one.table, (*path, one.column), is_sure and _is_sure(proposal, at, one.column))
            for at, path, is_sure in ways
            for one in proposal.references[at]
            if one.table in proposal.destinations
            and one.table != at
            and not _is_dropped(proposal, at, one.column)
        ]
        ends = [way for way in ways if proposal.destinations[way[0]] == target]
        if ends:
            sure = [path for _, path, is_sure in ends if is_sure]
            return sure or [path for _, path, _ in ends]
    return []


def _is_sure(proposal: Proposal, table: str, column: str) -> bool:
    return not proposal.source.table(table).column(column).is_nullable


def _is_dropped(proposal: Proposal, table: str, column: str) -> bool:
    said = proposal.own.table(table).columns.get(column)
    return said is not None and said.drop is not None


def _check(proposal: Proposal, table: str, into: str, way: Path) -> None:
    at = table
    for column in way:
        one = next((one for one in proposal.references[at] if one.column == column), None)
        if one is None or one.table not in proposal.destinations:
            raise ConfigError(
                f"{proposal.config.path}: `{proposal.place(table)}.derive.{into}` follows "
                f"{at}.{column}, which leads to no table that is moved"
            )
        at = one.table
