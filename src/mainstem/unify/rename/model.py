"""What a renaming finds: places to edit, and what nobody but a person can decide."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mainstem.unify.code.model import Engine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.unify.code.facts import Reference
    from mainstem.unify.code.model import Place


class Kind(enum.Enum):
    """What a place that names a table is."""

    CALL = "call"
    EMBED = "embedded select"
    FILTER = "foreign-table filter"
    CHANGES = "realtime"
    SQL = "sql"
    TYPE = "type"
    CONSTANT = "constant"
    MODEL = "model"
    EXPECTATION = "expectation"


class Role(enum.Enum):
    """What a text is to the program: what has to be renamed in it, and how."""

    NAME = "a table's name"
    SELECT = "a select"


@dataclass(frozen=True, order=True)
class Spot:
    """Bytes of a file to replace; `old` is the table that they name, `kind` is for the census."""

    start: int
    end: int
    text: str
    old: str
    kind: Kind = field(compare=False)


@dataclass(frozen=True)
class Away:
    """A text that another file holds, and what it is to this one."""

    reference: Reference
    role: Role


@dataclass(frozen=True)
class Awaited:
    """A parameter that names a table, of a function that other files may call."""

    function: str
    position: int


@dataclass(frozen=True, order=True)
class Doubt:
    """A place that was left as it is, and why; `is_test` where it is none of the product's."""

    place: Place
    expression: str
    reason: str
    is_test: bool = False


@dataclass
class Found:
    """What has been found in one file so far."""

    spots: list[Spot] = field(default_factory=list)
    away: list[Away] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    awaited: list[Awaited] = field(default_factory=list)

    def add(self, other: Found) -> None:
        """Take what was found elsewhere in the file."""
        self.spots.extend(other.spots)
        self.away.extend(other.away)
        self.doubts.extend(other.doubts)
        self.awaited.extend(other.awaited)


@dataclass(frozen=True)
class Renames:
    """Old names to new ones, of tables in the schema that code means when it names none."""

    names: Mapping[str, str]
    schema: str = "public"
    #: the engines whose tables they are: SQL for another one is left alone
    engines: frozenset[Engine] = frozenset({Engine.POSTGRES})

    def new(self, name: str) -> str | None:
        """The new name of a table, None where it keeps its own."""
        return self.names.get(name)

    def means(self, schema: str | None) -> bool:
        """Whether tables named with that schema are among those that are renamed."""
        return schema is None or schema == self.schema


@dataclass(frozen=True)
class RenamedFile:
    """One file with its edits made; `path` is relative to the folder."""

    path: str
    before: bytes
    after: bytes
    spots: tuple[Spot, ...]
    is_test: bool = False


@dataclass(frozen=True)
class Renaming:
    """Everything that a renaming would do."""

    renames: Renames
    files: tuple[RenamedFile, ...]
    doubts: tuple[Doubt, ...]
    file_count: int

    @property
    def spot_count(self) -> int:
        """How many places change."""
        return sum(len(file.spots) for file in self.files)
