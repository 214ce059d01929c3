"""Runs the steps of files, one after another, and keeps what became of each.

A statement stands for itself, unless the file opens a transaction: that is tried as it is written,
and when something in it fails, again with a savepoint around each statement, so that the later ones
are judged too. Savepoints are not there from the start because some statements mean something else
inside one.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mainstem.unify.replay.alternatives import alternatives
from mainstem.unify.replay.model import StoodIn
from mainstem.unify.replay.session import Complaint
from mainstem.unify.replay.verdict import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mainstem.unify.replay.limits import Limits
    from mainstem.unify.replay.session import Session
    from mainstem.unify.replay.syntax import Step
    from mainstem.unify.replay.watchdog import Watchdog

#: what ends a batch of inserts that are sent together
_BATCH_MAX: Final = 500
_BATCH_CHARACTERS: Final = 1 << 20
_LOST: Final = Complaint("25P02", "its transaction ended together with the connection")
_MISSING_ROLE: Final = re.compile(r'^role "([^"]+)" does not exist$')
_SHOWN_CHARACTERS: Final = 500
#: how many things may stand in for parts of one statement
_ALTERNATIVES_MAX: Final = 3
_NOT_ALLOWED: Final = "42501"
_OPENING: Final = ("begin", "start")
_CLOSING: Final = ("commit", "end", "rollback", "abort", "prepare")
_ENDS: Final = frozenset({"TRANS_STMT_COMMIT", "TRANS_STMT_ROLLBACK", "TRANS_STMT_PREPARE"})


@dataclass
class Record:
    """What became of the steps, by their numbers."""

    complaints: dict[int, Complaint] = field(default_factory=dict)
    #: those that took effect, as written or through what stands in for them
    applied: set[int] = field(default_factory=set)
    stood_in: dict[int, StoodIn] = field(default_factory=dict)
    skipped: list[tuple[str, int | None, str]] = field(default_factory=list)
    #: index definitions that another kind of index stands in for, as they were written
    indexes: dict[str, str] = field(default_factory=dict)

    def add(self, other: Record) -> None:
        """Take over what another record holds."""
        self.complaints |= other.complaints
        self.applied |= other.applied
        self.stood_in |= other.stood_in
        self.skipped += other.skipped
        self.indexes |= other.indexes


class Runner:
    """Runs steps on a session and records what became of them."""

    def __init__(self, session: Session, watchdog: Watchdog, limits: Limits) -> None:
        self.session = session
        self.record = Record()
        self._watchdog = watchdog
        self._limits = limits
        self._ended_in: set[str] = set()
        self._ends_at = time.monotonic() + limits.replay_s

    def run_file(self, steps: Sequence[Step]) -> None:
        """Run a file's steps; its session settings end with it."""
        position = 0
        while position < len(steps):
            if self._is_over_limit(steps[position]):
                return
            position += self._run_next(steps, position)
        self.session.reset()

    def run_in_transaction(self, steps: Sequence[Step]) -> None:
        """Run steps in the transaction that is open, each judged for itself."""
        for step in steps:
            self._run(step, judge(step), has_savepoint=True)

    def try_again(self, step: Step) -> Complaint | None:
        """Run a step that failed before; what became of it replaces the record."""
        if self.over_limit() is not None:
            return self.record.complaints.get(step.number)
        self.session.run(f"set search_path to {_quoted(step.schema)}, public, extensions")
        complaint = self._run(step, judge(step), has_savepoint=False)
        self.session.run("reset search_path")
        return complaint

    def _is_over_limit(self, step: Step) -> bool:
        """Whether nothing may run any more; said once for each file, with its first such line."""
        reason = self.over_limit()
        if reason is not None and step.file not in self._ended_in:
            self._ended_in.add(step.file)
            self.record.skipped.append((step.file, step.line, f"not run: {reason}"))
        return reason is not None

    def over_limit(self) -> str | None:
        """Why nothing may run any more; None as long as it may."""
        if self._watchdog.ended is not None and self._watchdog.is_at_end:
            return self._watchdog.ended.value
        if time.monotonic() > self._ends_at:
            return f"the replay took longer than its limit of {self._limits.replay_s:g} s"
        return None

    def _run_next(self, steps: Sequence[Step], position: int) -> int:
        """Run the next step, transaction or batch; return how many steps that were."""
        step = steps[position]
        if _opens_transaction(step):
            group = steps[position : _end_of_transaction(steps, position)]
            self._run_transaction(group)
            return len(group)
        batch = _batch(steps, position)
        if len(batch) > 1 and self._run_batch(batch):
            return len(batch)
        for each in batch:
            self._run(each, judge(each), has_savepoint=self.session.is_in_transaction)
        return len(batch)

    def _run_batch(self, batch: Sequence[Step]) -> bool:
        """Send rows together; when one fails, none is there, and they are sent one by one."""
        text = ";\n".join(step.statement.text for step in batch)
        if self.session.run(text) is not None:
            return False
        self.record.applied.update(step.number for step in batch)
        return True

    def _run_transaction(self, group: Sequence[Step]) -> None:
        kept, self.record = self.record, Record()
        is_whole = all(self._run(step, judge(step), has_savepoint=False) is None for step in group)
        if not is_whole:
            self.session.run("rollback")
            self.record = Record()
            for position, step in enumerate(group):
                is_own = step.kind == "TransactionStmt"
                self._run(step, judge(step), has_savepoint=not is_own)
                if 0 < position < len(group) - 1 and not self.session.is_in_transaction:
                    self._lose(group[:position])
        if group[-1].node.get("kind") == "TRANS_STMT_ROLLBACK":
            self.record.applied.clear()
        kept.add(self.record)
        self.record = kept

    def _lose(self, steps: Sequence[Step]) -> None:
        """The transaction ended with its connection: what it had done is undone."""
        for step in steps:
            if step.number in self.record.applied:
                self.record.applied.discard(step.number)
                self.record.complaints[step.number] = _LOST

    def _run(self, step: Step, verdict: Verdict, *, has_savepoint: bool) -> Complaint | None:
        self.record.complaints.pop(step.number, None)
        if self._is_over_limit(step):
            return None
        if verdict.is_skipped:
            self.record.skipped.append((step.file, step.line, verdict.reason or ""))
            return None
        if verdict.roles:
            self.session.make_roles(verdict.roles)
        complaint = None
        if verdict.sql is not None:
            complaint = self._attempt(step, verdict.sql, has_savepoint=has_savepoint)
        if complaint is not None:
            return self._otherwise(step, complaint, has_savepoint=has_savepoint)
        if verdict.reason is not None:
            self._stand_in(step, verdict.reason)
        self.record.applied.add(step.number)
        return None

    def _otherwise(
        self, step: Step, complaint: Complaint, *, has_savepoint: bool
    ) -> Complaint | None:
        """Try what may stand in for a statement that failed; record its failure where none can."""
        self.record.complaints[step.number] = complaint
        if self.session.is_in_transaction and not has_savepoint:
            return complaint  # the transaction has failed: it will come again with savepoints
        text = step.statement.text
        reason = self._stand_in_for(step, text, complaint, has_savepoint=has_savepoint)
        if reason is None:
            return complaint
        if step.kind == "IndexStmt" and "idxname" in step.node:
            self.record.indexes[step.node["idxname"]] = text
        self._accept(step, reason)
        return None

    def _stand_in_for(
        self, step: Step, text: str, complaint: Complaint, *, has_savepoint: bool, depth: int = 0
    ) -> str | None:
        """Find something that works in place of a statement; return the reason, or None."""
        if step.kind == "VariableSetStmt" and complaint.sqlstate[:2] in {"42", "22"}:
            return f"the setting is left as it is: {complaint.message}"
        if complaint.sqlstate == _NOT_ALLOWED and _changes_owner(step):
            return f"the owner stays the same: {complaint.message}"
        for other, reason in self._others(step, text, complaint):
            again = self._attempt(step, other, has_savepoint=has_savepoint)
            if again is None:
                return reason
            if again != complaint and depth < _ALTERNATIVES_MAX:
                further = self._stand_in_for(
                    step, other, again, has_savepoint=has_savepoint, depth=depth + 1
                )
                if further is not None:
                    return f"{reason}; {further}"
        return None

    def _others(self, step: Step, text: str, complaint: Complaint) -> Iterator[tuple[str, str]]:
        missing = _MISSING_ROLE.match(complaint.message)
        if missing is not None:
            self.session.make_roles([missing[1]])
            yield text, f"nothing creates the role {missing[1]}: one without rights stands in"
        yield from alternatives(step.kind, text, complaint, installed=self._installed)

    def _accept(self, step: Step, reason: str) -> None:
        self.record.complaints.pop(step.number, None)
        self.record.applied.add(step.number)
        self._stand_in(step, reason)

    def _attempt(self, step: Step, text: str, *, has_savepoint: bool) -> Complaint | None:
        has_savepoint = has_savepoint and self.session.is_in_transaction
        if has_savepoint:
            self.session.run("savepoint mainstem_step")
        complaint = self.session.run(
            text,
            rows=step.statement.rows,
            has_result=step.kind in _WITH_RESULT,
        )
        if has_savepoint and complaint is not None:
            self.session.run("rollback to savepoint mainstem_step")
        elif has_savepoint:
            self.session.run("release savepoint mainstem_step")
        return complaint

    def _stand_in(self, step: Step, reason: str) -> None:
        text = step.text[:_SHOWN_CHARACTERS]
        self.record.stood_in[step.number] = StoodIn(step.file, step.line, text, reason)

    def _installed(self) -> frozenset[str]:
        found = self.session.connection.execute("select extname from pg_extension").fetchall()
        return frozenset(row[0] for row in found)


def _changes_owner(step: Step) -> bool:
    commands = [command["AlterTableCmd"] for command in step.node.get("cmds", ())]
    return step.kind == "AlterOwnerStmt" or any(
        command.get("subtype") == "AT_ChangeOwner" for command in commands
    )


_WITH_RESULT: Final = frozenset({"SelectStmt", "ExecuteStmt", "ExplainStmt", "FetchStmt"})


def _opens_transaction(step: Step) -> bool:
    return step.statement.opening.startswith(_OPENING) and step.kind == "TransactionStmt"


def _end_of_transaction(steps: Sequence[Step], position: int) -> int:
    for index in range(position, len(steps)):
        step = steps[index]
        if step.statement.opening.startswith(_CLOSING) and step.node.get("kind") in _ENDS:
            return index + 1
    return len(steps)


def _batch(steps: Sequence[Step], position: int) -> Sequence[Step]:
    """The steps from a position on that only insert rows, as far as they go together."""
    end = position
    characters = 0
    while end < len(steps) and end - position < _BATCH_MAX and characters < _BATCH_CHARACTERS:
        text = steps[end].statement.text
        if not steps[end].is_rows or _has_result(text):
            break
        characters += len(text)
        end += 1
    return steps[position : max(end, position + 1)]


def _has_result(text: str) -> bool:
    return "returning" in text[-2000:].lower()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
