"""Runs a file again, right after itself, when it means to bear that; nothing of it remains."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mainstem.unify.replay.creations import Change, changes
from mainstem.unify.replay.model import ObjectKind
from mainstem.unify.replay.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mainstem.unify.catalog.database import ObjectName
    from mainstem.unify.replay.session import Complaint, Session
    from mainstem.unify.replay.syntax import Step

#: in the comment at the top; elsewhere the same words are about what the code does
_CLAIM: Final = re.compile(
    r"--[^\n]*\b(?:(?:migration|script|file)\b[^\n]*\bidempotent|re-?runnable"
    r"|safe to (?:re-?run|run (?:again|twice|multiple times)))\b|--\s*idempotent\b",
    re.IGNORECASE,
)
_DENIAL: Final = re.compile(r"\bnot\s+(?:idempotent|re-?runnable|safe)", re.IGNORECASE)
#: how the kind of a statement that runs in no transaction begins
_ALONE: Final = re.compile(
    r"\bconcurrently\b|^\s*vacuum\b|^\s*alter\s+type\b.*\badd\s+value\b", re.IGNORECASE
)
#: what says only that it ran inside a transaction of ours
_OF_TRANSACTION: Final = frozenset({"25001", "55P04", "2D000"})


def means_to_run_twice(steps: Sequence[Step], script: str) -> bool:
    """Whether a file says so, or guards everything that it creates."""
    top = steps[0].line - 1 if steps else 0
    claim = _CLAIM.search("\n".join(script.split("\n", top)[:top]))
    if claim is not None and _DENIAL.search(claim[0]) is None:
        return True
    made = [(step, change) for step in steps for change in changes(step)]
    created = [(step, change) for step, change in made if not change.is_drop]
    dropped = {
        (change.kind, change.name): step.number
        for step, change in reversed(made)
        if change.is_drop and change.is_guarded
    }
    if not all(change.is_guarded for _, change in made if change.is_drop):
        return False
    return bool(created) and all(_is_guarded(step, change, dropped) for step, change in created)


def run_again(session: Session, steps: Sequence[Step]) -> Iterator[tuple[Step, Complaint]]:
    """Run steps once more in a transaction that is rolled back; yield what fails."""
    texts = [(step, text) for step in steps if (text := _text(step)) is not None]
    session.run("begin")
    try:
        if session.run(";\n".join(text for _, text in texts)) is None:
            return
        session.run("rollback")
        session.run("begin")
        for step, text in texts:
            session.run("savepoint again")
            complaint = session.run(text)
            if complaint is None:
                session.run("release again")
                continue
            session.run("rollback to again")
            if complaint.sqlstate not in _OF_TRANSACTION:
                yield step, complaint
    finally:
        session.run("rollback")


def _text(step: Step) -> str | None:
    """What of a step runs the second time; None where it cannot, or changes nothing."""
    if step.kind in {"TransactionStmt", "SelectStmt", "CopyStmt"}:
        return None
    if _ALONE.search(step.statement.text):
        return None
    return judge(step).sql


def _is_guarded(
    step: Step, change: Change, dropped: Mapping[tuple[ObjectKind, ObjectName], int]
) -> bool:
    if change.is_guarded or change.kind is ObjectKind.ROLE:
        return True
    number = dropped.get((change.kind, change.name))
    return number is not None and number < step.number
