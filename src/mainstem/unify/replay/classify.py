"""Why a statement failed, and what it lacked: from the server's code and message, and the trees.

The codes are those of PostgreSQL's Appendix A; the messages those of its English catalog.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mainstem.unify.catalog.database import ObjectName
from mainstem.unify.replay import standins
from mainstem.unify.replay.creations import RELATIONS, changes
from mainstem.unify.replay.lacks import lack
from mainstem.unify.replay.model import Failure, ObjectKind
from mainstem.unify.replay.session import TIMED_OUT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mainstem.unify.replay.session import Complaint
    from mainstem.unify.replay.syntax import Step

_BY_CODE: Final[Mapping[str, Failure]] = {
    code: failure
    for failure, codes in {
        Failure.CREATED_TWICE: "42P07 42701 42710 42723 42P06 42P05 42P03",
        Failure.REFUSED: "42501 0LP01 0P000 28000",
        Failure.TIMED_OUT: f"{TIMED_OUT} 55P03",
        Failure.TRANSACTION_ABORTED: "25P02",
        Failure.INVALID_SQL: (
            "0A000 22023 42601 42611 42702 42725 42803 42804 42809 42830 42846 42883 42P02 42P08 "
            "42P09 42P10 42P13 42P16 42P17 42P18 42P19 42P20 42P22"
        ),
    }.items()
    for code in codes.split()
}
_MISSING: Final = frozenset({"42P01", "42703", "42883", "42704", "3F000", "3D000"})
_UNKNOWN_EXTENSION: Final = re.compile(r'^extension "([^"]+)" is not available')


@dataclass(frozen=True)
class Cause:
    """Why a statement failed; where it lacked an object, which, and where that is created."""

    failure: Failure
    kind: ObjectKind | None = None
    name: ObjectName | None = None
    created: Step | None = None
    #: whether it lacked something whose own creation had failed for this
    is_cascade: bool = False


class Classifier:
    """Knows what all steps create, and so whether what is lacking ever comes."""

    def __init__(self, steps: Sequence[Step], complaints: Mapping[int, Complaint]) -> None:
        self._complaints = complaints
        self._created: dict[tuple[ObjectKind, ObjectName], list[Step]] = {}
        for step in steps:
            for change in changes(step):
                if not change.is_drop:
                    key = (_group(change.kind), change.name)
                    self._created.setdefault(key, []).append(step)
        self._causes: dict[int, Cause] = {}

    def cause(self, step: Step) -> Cause:
        """Why a step failed. Where what it lacks failed itself for a lack, that one's cause."""
        if step.number not in self._causes:
            complaint = self._complaints[step.number]
            self._causes[step.number] = self._cause(step, complaint)
        return self._causes[step.number]

    def creators(self, kind: ObjectKind, name: ObjectName) -> Sequence[Step]:
        """The steps that create an object, in order; each table is a type as well."""
        created = self._created.get((_group(kind), name), ())
        if kind is ObjectKind.TYPE and not created:
            return self.creators(ObjectKind.TABLE, name)
        return created

    def _cause(self, step: Step, said: Complaint) -> Cause:
        code = said.sqlstate
        if unknown := _UNKNOWN_EXTENSION.match(said.message):
            name = ObjectName("", unknown[1])
            return Cause(Failure.NEEDS_EXTENSION, ObjectKind.EXTENSION, name)
        if code in _MISSING and not said.message.startswith("operator does not"):
            return self._lack(step, said)
        return Cause(_plain_failure(said))

    def _lack(self, step: Step, said: Complaint) -> Cause:
        lacked = lack(step, said)
        if lacked is None:
            return Cause(Failure.INVALID_SQL)
        kind, name = lacked
        creators = self.creators(kind, name)
        place = bisect_right([each.number for each in creators], step.number)
        if place < len(creators):
            return Cause(Failure.CREATED_LATER, kind, name, creators[place])
        for earlier in reversed(creators[:place]):
            if earlier.number != step.number and earlier.number in self._complaints:
                root = self.cause(earlier)
                if root.name is not None:
                    return replace(root, is_cascade=True)
        if not creators and (provider := _provider(name)) is not None:
            return self._lacks_extension(step, ObjectName("", provider))
        return Cause(Failure.NEVER_CREATED, kind, name)

    def _lacks_extension(self, step: Step, name: ObjectName) -> Cause:
        creators = self.creators(ObjectKind.EXTENSION, name)
        later = next((each for each in creators if each.number > step.number), None)
        failure = Failure.NEEDS_EXTENSION if later is None else Failure.CREATED_LATER
        return Cause(failure, ObjectKind.EXTENSION, name, later)


def _provider(name: ObjectName) -> str | None:
    """The extension that an object comes from, by its schema or its own name."""
    known = standins.providers()
    return known.get(name.schema) or known.get(name.name)


def _plain_failure(said: Complaint) -> Failure:
    if said.sqlstate == "42P16" and said.message.startswith("multiple primary keys"):
        return Failure.CREATED_TWICE
    by_class = Failure.VIOLATES_DATA if said.sqlstate[:2] == "23" else Failure.OTHER
    return _BY_CODE.get(said.sqlstate, by_class)


def _group(kind: ObjectKind) -> ObjectKind:
    """Messages do not tell kinds of relations apart; nor constraints, policies and triggers."""
    if kind in RELATIONS or kind is ObjectKind.INDEX:
        return ObjectKind.TABLE
    if kind in {ObjectKind.POLICY, ObjectKind.TRIGGER}:
        return ObjectKind.CONSTRAINT
    return kind
