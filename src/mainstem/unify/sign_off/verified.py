"""The last verification of a run, as it was kept with it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from mainstem.kit.masking import masked, shortened, without_secrets
from mainstem.unify.sign_off.model import ColumnSum, DifferingRow, Verified, VerifiedTable

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_verified(kept: Mapping[str, Any], *, has_values: bool) -> Verified | None:
    """The verification; None: there was none. Values of differing rows only where asked for."""
    if "is_passed" not in kept:
        return None
    return Verified(
        at=read_moment(kept.get("at")),
        is_passed=kept["is_passed"],
        summary=kept["summary"],
        seconds=kept.get("seconds", 0.0),
        checked=kept.get("checked", {}),
        tables=tuple(_table(told, has_values=has_values) for told in kept.get("tables", ())),
        findings=tuple(
            f"{found['kind']}: {found['table']}: {without_secrets(found['text'])}"
            for found in kept.get("findings", ())
        ),
        notes=tuple(kept.get("notes", ())),
    )


def read_moment(text: str | None) -> datetime | None:
    """A time as JSON holds it."""
    return datetime.fromisoformat(text) if text is not None else None


def _table(told: Mapping[str, Any], *, has_values: bool) -> VerifiedTable:
    sums = told.get("checksums", {})
    return VerifiedTable(
        table=told["table"],
        target=told["target"],
        is_equal=told["is_equal"],
        source_rows=told["source_rows"],
        target_rows=told["target_rows"],
        columns=tuple(
            ColumnSum(
                name,
                name not in told["differing_columns"],
                *(sums.get(name, {}).get(side) for side in ("source", "target")),
            )
            for name in told["columns"]
        ),
        differences=tuple(
            _difference(told["table"], found, has_values=has_values)
            for found in told["differences"]
        ),
        has_more_differences=told["has_more_differences"],
        not_compared=told["not_compared"],
    )


def _difference(table: str, found: Mapping[str, Any], *, has_values: bool) -> DifferingRow:
    column = found["column"]
    source, target = (
        masked(table, column or "", found[side]) if has_values else None
        for side in ("source", "target")
    )
    return DifferingRow(shortened(found["key"]), found["kind"], column, source, target)
