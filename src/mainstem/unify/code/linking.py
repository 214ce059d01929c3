"""Joins what the files say: a name that another file holds is looked up in what that one exports.

Modules are found the way bundlers and Python find them: relative to the importing file, or by the
end of their path where an alias (`@/lib/tables`) stands for a folder. The nearest one is taken.
"""

from __future__ import annotations

import os.path
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from mainstem.unify.code.facts import Names, Opened, Reference
from mainstem.unify.code.model import FileReading, Unresolved
from mainstem.unify.code.scopes import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mainstem.unify.code.facts import FileFacts, Pending, Undecided
    from mainstem.unify.code.model import TableUse

STEPS_MAX: Final = 12
_SUFFIXES: Final = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".py", ".vue")
_INDEXES: Final = ("/index", "/__init__", "/src/index", "/mod")


def link(facts: Mapping[str, FileFacts]) -> Iterator[FileReading]:
    """What each file says with the names filled in that other files hold, by file path."""
    modules = Modules(facts)
    for path, said in facts.items():
        yield said.reading
        for pending in said.pending:
            yield _filled(path, pending, modules)
        for undecided in said.undecided:
            yield _decided(path, undecided, modules)


def _filled(path: str, pending: Pending, modules: Modules) -> FileReading:
    """The use under each name it turned out to have, or as not resolved."""
    names = modules.names(path, pending.reference)
    function, bucket = pending.function, pending.bucket
    uses: list[TableUse] = []
    for name in names.texts if pending.table is not None else ():
        uses.append(_named(path, name, pending, modules))
        uses.extend(
            replace(inner, embedded_in=inner.embedded_in or name) for inner in pending.embedded
        )
    is_open = not pending.is_tentative and (bool(names.unknown) or not names.texts)
    return FileReading(
        uses=tuple(uses),
        functions=tuple(replace(function, name=name) for name in names.texts) if function else (),
        buckets=tuple(replace(bucket, name=name) for name in names.texts) if bucket else (),
        unresolved=(_unresolved(pending, names),) if is_open else (),
    )


def _named(path: str, name: str, pending: Pending, modules: Modules) -> TableUse:
    """The use of a table with its name, and its columns called what the model calls them."""
    assert pending.table is not None
    schema, dot, table = name.rpartition(".")
    use = replace(
        pending.table,
        name=table,
        schema=pending.table.schema or (schema if dot and schema else None),
    )
    if not pending.names_fields:
        return use
    opened = modules.opened(path, pending.reference)
    columns = (
        replace(column, name=text)
        for column in use.columns
        for text in modules.names(path, pending.reference.member(column.name)).texts
    )
    return replace(
        use, columns=tuple(columns), engine=opened.engine if opened is not None else use.engine
    )


def _unresolved(pending: Pending, names: Names) -> Unresolved:
    use = pending.table or pending.function or pending.bucket
    assert use is not None
    kind = "table" if pending.table else "function" if pending.function else "bucket"
    reason = names.unknown[0] if names.unknown else "it is not a constant there"
    return Unresolved(kind, pending.expression, use.place, reason, is_test=use.is_test)


def _decided(path: str, undecided: Undecided, modules: Modules) -> FileReading:
    """The reading for the engine that the other file opens; the first if that is not found."""
    reference = undecided.reference
    opened = modules.opened(path, reference) if reference is not None else None
    opened = opened or modules.only_engine
    readings = dict(undecided.readings)
    if opened is None or opened.engine not in readings:
        return undecided.readings[0][1]
    chosen, name = readings[opened.engine], opened.name
    if name is None:
        return chosen
    return replace(
        chosen,
        uses=tuple(replace(use, database=use.database or name) for use in chosen.uses),
        declared=tuple(replace(one, database=one.database or name) for one in chosen.declared),
    )


@dataclass
class Modules:
    """All files by the path that imports write: without suffix, and without `/index`."""

    facts: Mapping[str, FileFacts]
    by_last: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    #: files by the module whose contents they say
    provided: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path in self.facts:
            for name in _written(_stem(path)):
                self.by_last.setdefault(name.rpartition("/")[2], []).append((name, path))
            for module in self.facts[path].provides:
                self.provided[module] = path

    @cached_property
    def only_engine(self) -> Opened | None:
        """The engine of the whole program, if its files use only one."""
        engines = {engine for said in self.facts.values() for engine in said.engines}
        return Opened(engines.pop()) if len(engines) == 1 else None

    def names(self, importer: str, reference: Reference, steps: int = 0) -> Names:
        """The texts that a reference stands for, followed through the files that pass it on."""
        path = self.find(importer, reference)
        if path is None:
            return Names(unknown=(f"{reference.module} is not among the source files",))
        target, inner = path
        if steps > STEPS_MAX:
            return Names(unknown=("it is passed on through too many files",))
        said = self.facts[target]
        found = self._exported(target, said, inner, steps)
        for module in said.passed_on if not found.texts else ():
            passed = self.names(target, Reference(module, inner), steps + 1)
            if passed.texts:
                return passed
        return found

    def _exported(self, target: str, said: FileFacts, inner: Sequence[str], steps: int) -> Names:
        texts: dict[str, None] = {}
        unknown: dict[str, None] = {}
        for names in _matching(said.exports, inner):
            texts.update(dict.fromkeys(names.texts))
            unknown.update(dict.fromkeys(names.unknown))
            for away in names.elsewhere:
                there = self.names(target, away, steps + 1)
                texts.update(dict.fromkeys(there.texts))
                unknown.update(dict.fromkeys(there.unknown))
        if not texts and not unknown:
            asked = ".".join(inner) or "it"
            unknown[f"{asked} is not a constant that {target} exports"] = None
        return Names(tuple(texts), unknown=tuple(unknown))

    def opened(self, importer: str, reference: Reference, steps: int = 0) -> Opened | None:
        """The database that a reference leads to, through the files that pass it on."""
        path = self.find(importer, reference)
        if path is None or steps > STEPS_MAX:
            return None
        target, inner = path
        said, name = self.facts[target], ".".join(inner)
        if name in said.opened:
            return said.opened[name]
        further = [away for names in _matching(said.exports, inner) for away in names.elsewhere]
        further.extend(Reference(module, inner) for module in said.passed_on)
        found = (self.opened(target, away, steps + 1) for away in further)
        return next((one for one in found if one is not None), None)

    def find(self, importer: str, reference: Reference) -> tuple[str, tuple[str, ...]] | None:
        """The file of a module, and what is asked of it."""
        if reference.module in self.provided:
            return self.provided[reference.module], reference.path
        if importer.endswith(".py"):
            return self._find_python(importer, reference)
        path = self._nearest(importer, _wanted(importer, reference.module))
        return (path, reference.path) if path is not None else None

    def _find_python(
        self, importer: str, reference: Reference
    ) -> tuple[str, tuple[str, ...]] | None:
        """`from package import module` and `import package.module`: the longest path counts."""
        module = reference.module.lstrip(".")
        dots = len(reference.module) - len(module)
        start = importer.split("/")[:-dots] if dots else []
        parts = [*start, *(part for part in module.split(".") if part)]
        for taken in range(len(reference.path), -1, -1):
            wanted = "/".join([*parts, *reference.path[:taken]])
            path = self._nearest(importer, wanted, is_exact=bool(dots))
            if path is not None and path != importer:
                return path, reference.path[taken:]
        return None

    def _nearest(self, importer: str, wanted: str, *, is_exact: bool = False) -> str | None:
        """The file whose path ends so and that shares most of its folders with the importer."""
        if not wanted:
            return None
        named = self.by_last.get(wanted.rpartition("/")[2], ())
        exact = [path for name, path in named if name == wanted]
        if exact or is_exact or wanted.startswith("../"):
            return exact[0] if exact else None
        ending = [path for name, path in named if name.endswith("/" + wanted)]
        ending.sort(key=lambda path: (-_shared(path, importer), path))
        return ending[0] if ending else None


def _matching(exports: Mapping[str, Names], inner: Sequence[str]) -> Iterator[Names]:
    """The exports under a path (`*` is any step), or what a part of the path is passed on from."""
    asked = ".".join(inner)
    if asked in exports:
        yield exports[asked]
        return
    if ANY in inner:
        for path, names in exports.items():
            steps = path.split(".")
            if len(steps) == len(inner) and all(
                want in {ANY, step} for want, step in zip(inner, steps, strict=True)
            ):
                yield names
    for taken in range(len(inner) - 1, 0, -1):
        names = exports.get(".".join(inner[:taken]), Names())
        for away in names.elsewhere:
            yield Names(elsewhere=(Reference(away.module, (*away.path, *inner[taken:])),))


def _written(stem: str) -> list[str]:
    """How imports write a file's path: also without `/index`, and without a package's `src`."""
    names = [stem, *(stem.removesuffix(end) for end in _INDEXES if stem.endswith(end))]
    return [*names, *(name.replace("/src/", "/") for name in names if "/src/" in name)]


def _wanted(importer: str, module: str) -> str:
    """The end of the path that an import of JavaScript means."""
    stem = _stem(module) if module.endswith(_SUFFIXES) else module
    if module.startswith("."):
        return os.path.normpath(os.path.join(os.path.dirname(importer), stem))  # noqa: PTH118, PTH120 -- these are paths in an import, not on this machine
    first, _, rest = stem.partition("/")
    if first.startswith("@") and len(first) > 1 and rest:  # `@scope/package/path`
        return rest
    return rest if first in {"@", "~", "#", "$lib", "@@", "~~"} else stem


def _stem(path: str) -> str:
    for suffix in _SUFFIXES:
        if path.endswith(suffix):
            return path.removesuffix(suffix)
    return path


def _shared(path: str, other: str) -> int:
    """How many folders two paths begin with together."""
    pairs = zip(path.split("/")[:-1], other.split("/")[:-1], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
