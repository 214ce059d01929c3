"""What one file says before the files are joined: the form that is cached by content alone.

A name that another file holds (`import { TABLES } from './tables'`) cannot be told from one file.
Such a use is `Pending` on a `Reference`; `linking.py` fills it in from what the other file exports.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mainstem.unify.code.model import BucketUse, Engine, FileReading, FunctionUse, TableUse

if TYPE_CHECKING:
    from collections.abc import Callable

    from mainstem.unify.code.syntax import Language, SyntaxFile


@dataclass(frozen=True)
class Reference:
    """Something that another file holds: `path` is what is asked of it, (`TABLES`, `users`).

    `module` is as the import writes it. An empty path is the module itself, `default` its default.
    """

    module: str
    path: tuple[str, ...] = ()

    def member(self, name: str) -> Reference:
        """What that has under a name."""
        return Reference(self.module, (*self.path, name))


@dataclass(frozen=True)
class Names:
    """Every text that an expression can be: known here, held elsewhere, or not to be told."""

    texts: tuple[str, ...] = ()
    elsewhere: tuple[Reference, ...] = ()
    #: why the rest of it cannot be told
    unknown: tuple[str, ...] = ()

    @property
    def sole(self) -> str | None:
        """The text, where it can be only one."""
        return self.texts[0] if len(self.texts) == 1 and not self.is_open else None

    @property
    def is_open(self) -> bool:
        """There is more that it can be than the texts."""
        return bool(self.elsewhere or self.unknown)


@dataclass(frozen=True)
class Pending:
    """A use whose `name` is empty until the reference is found; `expression` as the code has it.

    Where the reference is a model, the columns are its fields: `names_fields` says that each is
    called what the reference's member of that name says, and left out where it has none. A table
    that a model names with its schema is one text, `schema.table`. A tentative one may as well be
    no table: nothing is said where the reference leads nowhere.
    """

    reference: Reference
    expression: str
    table: TableUse | None = None
    function: FunctionUse | None = None
    bucket: BucketUse | None = None
    names_fields: bool = False
    is_tentative: bool = False
    #: what is embedded in the table: its `embedded_in` is filled in too
    embedded: tuple[TableUse, ...] = ()


@dataclass(frozen=True)
class Undecided:
    """SQL whose engine another file decides: the one that opens the database `reference` names.

    Without a reference it is the engine that all files together use, if it is only one.
    `readings` are in the order of preference: the first holds where nothing is found.
    """

    reference: Reference | None
    readings: tuple[tuple[Engine, FileReading], ...]


@dataclass(frozen=True)
class Opened:
    """A database that a file opens and exports; `name` is its file or variable, if known."""

    engine: Engine
    name: str | None = None


@dataclass(frozen=True)
class FileFacts:
    """What one file says. `exports` has the texts other files can ask for, by `TABLES.users`."""

    reading: FileReading = field(default_factory=FileReading)
    pending: tuple[Pending, ...] = ()
    exports: dict[str, Names] = field(default_factory=dict)
    #: modules whose exports it passes on as its own (`export * from`)
    passed_on: tuple[str, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    #: databases by the name under which other files can ask for them
    opened: dict[str, Opened] = field(default_factory=dict)
    #: engines whose drivers it imports
    engines: tuple[Engine, ...] = ()
    #: modules that no file is called but whose contents this one says (`@prisma/client`)
    provides: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reader:
    """One kind of thing to read in a file: the languages it is for, and the function that does.

    `read` is pure: the same file gives the same facts, since they are kept by content.
    """

    name: str
    languages: frozenset[Language]
    read: Callable[[SyntaxFile], FileFacts]
