"""Builds what the files mean to build: failed statements again, once what they lack is there.

A statement that failed because its object came too late, or not at all in the case of a foreign
key's parent, says nothing about the rest of what it builds. So after the last file the failed ones
are tried again until no more succeed, then once more with placeholders for parents.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from mainstem.unify.replay.creations import changes
from mainstem.unify.replay.model import Failure, ObjectKind
from mainstem.unify.replay.parents import Reference, make_placeholders, mentions, references

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainstem.unify.catalog.database import ObjectName
    from mainstem.unify.replay.classify import Classifier
    from mainstem.unify.replay.running import Runner
    from mainstem.unify.replay.syntax import Step

_ROUNDS_MAX: Final = 50
#: a key without the primary or unique key that it leads to, an upsert without one: may come later
_MAY_COME: Final = frozenset({"42704", "42830", "42P10"})
_LACKING: Final = frozenset({Failure.CREATED_LATER, Failure.NEVER_CREATED, Failure.VIOLATES_DATA})


class Recovery:
    """Tries failed steps again; afterwards `recovered` and `placeholders` say what came of it."""

    def __init__(self, runner: Runner, steps: Sequence[Step], classifier: Classifier) -> None:
        self._runner = runner
        self._steps = steps
        self._classifier = classifier
        self.recovered: set[int] = set()
        self.placeholders: frozenset[ObjectName] = frozenset()
        self._last_drop = {
            (change.kind, change.name): step.number
            for step in steps
            if step.number in runner.record.applied
            for change in changes(step)
            if change.is_drop
        }

    def run(self) -> None:
        """Try again until nothing more succeeds."""
        candidates = [step for step in self._steps if self._may_recover(step)]
        for _ in range(_ROUNDS_MAX):
            candidates = self._until_none(candidates)
            if self._runner.over_limit() is not None:
                return
            made = make_placeholders(self._runner.session, self._wanted(candidates))
            if not made:
                return
            self.placeholders |= made

    def _until_none(self, candidates: list[Step]) -> list[Step]:
        for _ in range(_ROUNDS_MAX):
            left = [step for step in candidates if not self._recovers(step)]
            if len(left) == len(candidates):
                break
            candidates = left
        return candidates

    def _recovers(self, step: Step) -> bool:
        if self.placeholders & mentions(step):
            return False  # it would work on a table that is not there
        if self._runner.try_again(step) is not None:
            return False
        self.recovered.add(step.number)
        return True

    def _may_recover(self, step: Step) -> bool:
        complaint = self._runner.record.complaints.get(step.number)
        if complaint is None:
            return False
        cause = self._classifier.cause(step)
        if cause.failure not in _LACKING and complaint.sqlstate not in _MAY_COME:
            return False
        made = changes(step)
        is_taking_away = any(change.is_drop for change in made) or step.kind == "DropStmt"
        if is_taking_away and not cause.is_cascade:
            return False  # it would take away what a later file means to keep
        built = [(change.kind, change.name) for change in made if not change.is_drop]
        return not built or any(self._last_drop.get(each, -1) < step.number for each in built)

    def _wanted(self, candidates: Sequence[Step]) -> dict[ObjectName, list[Reference]]:
        """The parents that nothing creates, with the keys that lead to them."""
        wanted: dict[ObjectName, list[Reference]] = defaultdict(list)
        for step in candidates:
            for reference in references(step):
                if self._is_missing(reference.parent):
                    wanted[reference.parent].append(reference)
        return wanted

    def _is_missing(self, parent: ObjectName) -> bool:
        """Whether nothing that is valid SQL creates it."""
        is_made = any(step.kind for step in self._classifier.creators(ObjectKind.TABLE, parent))
        return not is_made and parent not in self.placeholders
