"""Follows names from file to file: to constants that another file exports, to callers elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from mainstem.unify.code.exports import exported, references
from mainstem.unify.code.facts import Reference
from mainstem.unify.code.files import load
from mainstem.unify.code.linking import Modules
from mainstem.unify.code.names import origins
from mainstem.unify.code.scopes import scopes
from mainstem.unify.code.structure import calls_by_name
from mainstem.unify.code.syntax import Language, SyntaxFile
from mainstem.unify.rename.model import Found, Kind, Role
from mainstem.unify.rename.names import literal_found, name_found, select_literal_found

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mainstem.unify.code.facts import FileFacts
    from mainstem.unify.code.files import SourceFile
    from mainstem.unify.rename.model import Awaited, Away, Renames

STEPS_MAX: Final = 12
_KEPT_MAX: Final = 64


class Files:
    """The files of a program, loaded when they are asked for; a few stay loaded."""

    def __init__(self, sources: Mapping[str, SourceFile], facts: Mapping[str, FileFacts]) -> None:
        self._sources = sources
        self._facts = facts
        self._modules = Modules(facts)
        self._kept: dict[str, SyntaxFile] = {}

    def load(self, path: str) -> SyntaxFile | None:
        """The file; None where it cannot be read as code."""
        if path in self._kept:
            return self._kept[path]
        loaded = load(self._sources[path])
        if not isinstance(loaded, SyntaxFile):
            return None
        if len(self._kept) >= _KEPT_MAX:
            self._kept.pop(next(iter(self._kept)))
        self._kept[path] = loaded
        return loaded

    def held(self, importer: str, away: Away, renames: Renames) -> dict[str, Found]:
        """What is to be edited in the files that hold a text, by path."""
        found: dict[str, Found] = {}
        for path, node in self._literals(importer, away.reference, 0):
            file = self.load(path)
            if file is None:
                continue
            if away.role is Role.SELECT:
                said = select_literal_found(file, node, renames)
            else:
                said = literal_found(file, node, renames, Kind.CONSTANT)
            found.setdefault(path, Found()).add(said)
        return found

    def given(self, home: str, awaited: Awaited, renames: Renames) -> dict[str, Found]:
        """What the callers in other files give to a parameter that names a table."""
        found: dict[str, Found] = {}
        name = awaited.function.encode()
        for path in self._facts:
            file = self.load(path) if path != home and self._mentions(path, name) else None
            if file is None or file.language is Language.TEXT:
                continue
            for local in self._imported(file, home, awaited.function):
                for call in calls_by_name(file).get(local, ()):
                    argument = call.argument(awaited.position)
                    if argument is not None and call.receiver is None:
                        said = name_found(file, argument, renames, Kind.CONSTANT)
                        found.setdefault(path, Found()).add(said)
        return found

    def _mentions(self, path: str, name: bytes) -> bool:
        file = self.load(path)
        return file is not None and name in file.source

    def _imported(self, file: SyntaxFile, home: str, function: str) -> Iterator[str]:
        """The names under which a file imports a function of another."""
        for local, bindings in scopes(file).bindings.items():
            for bound in bindings:
                reference = bound.reference
                is_named = reference is not None and reference.path[-1:] == (function,)
                if reference and is_named and self._home(file.path, reference, 0) == home:
                    yield local

    def _home(self, importer: str, reference: Reference, steps: int) -> str | None:
        """The file that a reference leads to, through those that pass it on."""
        found = self._modules.find(importer, reference)
        if found is None or steps > STEPS_MAX:
            return None
        target, inner = found
        said = self._facts[target]
        names = said.exports.get(".".join(inner))
        for away in names.elsewhere if names is not None else ():
            return self._home(target, away, steps + 1)
        for module in said.passed_on:
            passed = self._home(target, Reference(module, inner), steps + 1)
            if passed is not None and self._declares(passed, inner):
                return passed
        return target

    def _declares(self, path: str, inner: tuple[str, ...]) -> bool:
        file = self.load(path)
        return file is not None and any(name == inner[0] for name, _ in exported(file))

    def _literals(
        self, importer: str, reference: Reference, steps: int
    ) -> Iterator[tuple[str, Node]]:
        """The nodes, each with its file, that say what a reference stands for."""
        found = self._modules.find(importer, reference)
        file = self.load(found[0]) if found is not None and steps <= STEPS_MAX else None
        if found is None or file is None or file.language is Language.TEXT or not found[1]:
            return
        target, inner = found
        is_found = False
        for name, node in exported(file):
            for origin in origins(file, node, inner[1:]) if name == inner[0] else ():
                is_found = True
                if isinstance(origin, Reference):
                    yield from self._literals(target, origin, steps + 1)
                elif isinstance(origin, Node):
                    yield target, origin
        for name, passed in references(file):
            if name == inner[0]:
                is_found = True
                further = Reference(passed.module, (*passed.path, *inner[1:]))
                yield from self._literals(target, further, steps + 1)
        for module in self._facts[target].passed_on if not is_found else ():
            yield from self._literals(target, Reference(module, inner), steps + 1)
