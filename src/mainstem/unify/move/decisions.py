"""The decisions of a plan, written to the ledger with what they concern in the sources."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from mainstem.errors import ConfigError
from mainstem.unify.ledger import store
from mainstem.unify.ledger.rows import Decision
from mainstem.unify.move.archive import archive_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.move.source import Source
    from mainstem.unify.plan.model import Answer, Plan, PlannedMerge, PlannedTable


def write_decisions(
    connection: psycopg.Connection[TupleRow],
    run: Run,
    plan: Plan,
    *,
    sources: Mapping[str, Source],
) -> None:
    """Write every dropped table and column, every opted rule and merge, counted anew.

    What a person answered when asked stands there with who it was, and when.
    """
    decisions = [
        decision
        for table in plan.tables
        for decision in _decisions(plan, run, table, _counts(sources[table.source], table))
    ]
    answered = {(answer.table, answer.column): answer for answer in plan.answers}
    signed = [_signed(one, answered.pop(_place(one), None)) for one in decisions]
    signed += [_answered(plan, answer) for answer in answered.values()]
    signed += [_across(plan, merge) for merge in plan.merges]
    store.set_decisions(connection, run.id, signed)


def _place(decision: Decision) -> tuple[str, str | None]:
    return decision.source_table, decision.column_name


def _signed(decision: Decision, answer: Answer | None) -> Decision:
    if answer is None:
        return decision
    try:
        at = datetime.fromisoformat(answer.at) if answer.at else None
    except ValueError:
        raise ConfigError(
            f"the answer about {answer.place} has a time that cannot be read: at = {answer.at!r}"
        ) from None
    return replace(decision, decided_by=answer.by or None, decided_at=at)


def _answered(plan: Plan, answer: Answer) -> Decision:
    """An answer that drops and merges nothing: it says where something goes."""
    rows = next((table.row_count for table in plan.tables if table.name == answer.table), 0)
    return _signed(
        Decision(
            f"answer {answer.place}", answer.table, answer.column, "answer", answer.text, rows
        ),
        answer,
    )


def _across(plan: Plan, merge: PlannedMerge) -> Decision:
    tables = [table for table in plan.moved() if table.into == merge.target]
    ways = " or ".join(", ".join(way) for way in merge.by)
    rules = [f"{keep.value} for {name}" for name, keep in merge.columns.items()]
    return Decision(
        f"merge into {merge.target} by {ways}",
        ", ".join(table.name for table in tables),
        None,
        "merge",
        f"rows with the same {ways} are one; of their values stays: "
        f"{', '.join([merge.keep.value, *rules])}",
        sum(table.row_count for table in tables),
    )


def _counts(source: Source, table: PlannedTable) -> dict[str | None, int]:
    """Values that are not null for each column that a decision is about; None: all rows.

    A table that no decision is about is not read for it.
    """
    names = [c.name for c in table.columns if c.drop is not None or c.used is not None]
    if not names and not table.merge and table.drop is None and table.archive is None:
        return {}
    return dict(zip([None, *names], source.count(table, names), strict=True))


def _decisions(
    plan: Plan, run: Run, table: PlannedTable, counts: dict[str | None, int]
) -> Iterator[Decision]:
    if table.drop is not None:
        yield Decision(
            f"drop {table.name}", table.name, None, "drop table", table.drop, counts[None]
        )
        return
    if table.archive is not None:
        kept = archive_path(plan, run, table).relative_to(plan.directory)
        reason = f"{table.archive} (kept in {kept})"
        yield Decision(
            f"archive {table.name}", table.name, None, "archive table", reason, counts[None]
        )
        return
    for column in table.columns:
        name = f"{table.name}.{column.name}"
        if column.drop is not None:
            yield Decision(
                f"drop {name}",
                table.name,
                column.name,
                "drop column",
                column.drop,
                counts[column.name],
            )
        if column.used is not None:
            yield Decision(
                f"use {name}",
                table.name,
                column.name,
                "use in SQL",
                column.used,
                counts[column.name],
            )
    for way in table.merge:
        yield Decision(
            f"merge {table.name} by {', '.join(way)}",
            table.name,
            None,
            "merge",
            f"rows with the same {', '.join(way)} are one; the newest value of a column stays",
            counts[None],
        )
