"""What an audit looks at: everything that was read, side by side, before any check runs.

A check reads the subject and nothing else, so that it is the same for a fresh reading and a cached
one. What was not given is None: a check that needs it finds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.unify.audit.elsewhere import OtherFolder
    from mainstem.unify.catalog.database import Database, ObjectName
    from mainstem.unify.code.model import CodeReading, Setting
    from mainstem.unify.documents.model import DocumentReading
    from mainstem.unify.replay.model import Creation, Replay


@dataclass(frozen=True)
class Subject:
    """One repository and the databases it is held against."""

    replay: Replay | None = None
    #: whether the replayed SQL describes a schema: then its order says nothing
    is_schema: bool = False
    code: CodeReading | None = None
    documents: DocumentReading | None = None
    databases: tuple[Database, ...] = ()
    #: connection settings of `.env*` files; those in code are in `code.settings`
    settings: tuple[Setting, ...] = ()
    #: what .sql files create that code beside them runs
    program_creations: tuple[Creation, ...] = ()
    #: what other .sql files outside the migrations create: known of, but nothing runs them
    other_creations: tuple[Creation, ...] = ()
    #: folders of migrations that are not replayed
    other_folders: tuple[OtherFolder, ...] = ()

    @cached_property
    def catalogs(self) -> tuple[Database, ...]:
        """Every catalog there is: what the migrations build first, then the live databases."""
        built = (self.replay.database,) if self.replay is not None else ()
        return built + self.databases

    @cached_property
    def files_creating(self) -> Mapping[ObjectName, tuple[str, ...]]:
        """The .sql files outside the replayed migrations that create something of a name."""
        files: dict[ObjectName, tuple[str, ...]] = {}
        for one in (*self.program_creations, *self.other_creations):
            files[one.name] = (*files.get(one.name, ()), one.file)
        return files
