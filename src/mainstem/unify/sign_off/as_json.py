"""The page as JSON; its schema is `docs/reference/report.schema.json`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from mainstem.unify.sign_off.judging import not_inspected, open_points

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mainstem.unify.sign_off.model import SignOff, Timing

VERSION = 1
_COUNTS = ("source_rows", "loaded", "merged", "quarantined", "dropped", "conversions")


def as_json(page: SignOff) -> str:
    """The page as JSON with a line end."""
    told = {**as_object(page), "digest": digest(page)}
    return json.dumps(told, indent=2, ensure_ascii=False, default=_text) + "\n"


def digest(page: SignOff) -> str:
    """The SHA-256 of all that the page says but when it was made: the same in every format."""
    told = {name: value for name, value in as_object(page).items() if name != "made_at"}
    text = json.dumps(told, sort_keys=True, ensure_ascii=False, default=_text)
    return hashlib.sha256(text.encode()).hexdigest()


def as_object(page: SignOff) -> dict[str, object]:
    """The page as dictionaries and lists; times are left as they are."""
    run = page.run
    return {
        "version": VERSION,
        "made_at": page.made_at,
        "database": page.database,
        "has_values": page.has_values,
        "run": {
            "id": run.id,
            "kind": run.kind,
            "name": run.name,
            "state": run.state,
            "plan_sha256": run.plan_sha256,
            "schema": run.schema_name,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
            "undone_at": page.undone_at,
        },
        "open_points": open_points(page),
        "sources": [asdict(source) for source in page.sources],
        "decisions": [_decision(vars(decision)) for decision in page.decisions],
        "accounts": {
            "is_balanced": page.is_balanced,
            "tables": [
                {"source": each.source, **vars(each.account), "missing": each.account.missing}
                for each in page.accounts
            ],
            "totals": {name: page.total(name) for name in _COUNTS},
            "further": [vars(each) for each in page.further],
        },
        "conversions": [asdict(each) for each in page.conversions],
        "quarantine": {
            "rows": page.total("quarantined"),
            "groups": [asdict(each) for each in page.waiting],
            "unlisted_groups": page.waiting_unlisted[0],
            "unlisted_rows": page.waiting_unlisted[1],
        },
        "verification": asdict(page.verified) if page.verified is not None else None,
        "isolation": _isolation(page),
        "expectations": [
            {
                "file": each.file,
                "at": each.at,
                "is_passed": each.is_passed,
                "passed": each.passed,
                "total": len(each.outcomes),
                "outcomes": [vars(outcome) for outcome in each.outcomes],
            }
            for each in page.expected
        ],
        "checks": vars(page.checked) if page.checked is not None else None,
        "timings": [_timing(step) for step in page.timings],
        "backup": vars(page.backup) if page.backup is not None else None,
        "catch_up": [vars(one) for one in page.catch_ups],
        "not_inspected": [vars(entry) for entry in not_inspected(page)],
    }


def _decision(told: Mapping[str, object]) -> dict[str, object]:
    renamed = {"source_table": "table", "column_name": "column"}
    return {renamed.get(name, name): value for name, value in told.items()}


def _isolation(page: SignOff) -> dict[str, object] | None:
    proof = page.isolation
    if proof is None:
        return None
    return {
        "at": proof.at,
        "is_passed": proof.is_passed,
        "attempts": proof.attempts,
        "objects": [vars(each) for each in proof.objects],
    }


def _timing(step: Timing) -> dict[str, object]:
    return {**vars(step), "seconds": step.seconds}


def _text(moment: datetime) -> str:
    return moment.isoformat()
