"""Families of tables: which belong together by foreign keys, code, objects and words."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from mainstem.kit.naming import referenced_name, singular_name
from mainstem.unify.audit.meaning import name_words
from mainstem.unify.audit.provided import is_provided

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mainstem.unify.audit.usage import Usage
    from mainstem.unify.catalog.database import Database, ObjectName

_WORD = re.compile(r"[\w$]+")
#: words of names that tell what kind of table it is and not what it is about
_KINDS = frozenset(
    {"history", "log", "setting", "config", "type", "status", "item", "data", "event", "entry"}
    | {"record", "list", "link", "map", "mapping", "stat", "metric", "count", "queue", "job"}
    | {"cache", "version", "file", "image", "tag", "category", "detail", "info", "key", "value"}
    | {"old", "new", "backup", "tmp", "temp", "test", "public", "app", "table", "my", "the", "v"}
)


def families(database: Database, usages: Mapping[ObjectName, Usage]) -> list[list[ObjectName]]:
    """The tables in groups that nothing joins to each other, the largest first."""
    names = [table.name for table in database.tables if not is_provided(table.name)]
    group = {name: name for name in names}

    def root(name: ObjectName) -> ObjectName:
        while group[name] != name:
            group[name] = name = group[group[name]]
        return name

    for bond in _bonds(database, usages):
        known = [name for name in bond if name in group]
        for name in known[1:]:
            group[root(name)] = root(known[0])
    found: dict[ObjectName, list[ObjectName]] = defaultdict(list)
    for name in sorted(names):
        found[root(name)].append(name)
    return sorted(found.values(), key=lambda members: (-len(members), members))


def _bonds(
    database: Database, usages: Mapping[ObjectName, Usage]
) -> Iterator[Iterable[ObjectName]]:
    """Sets of tables that belong together, each for one reason."""
    for relation in database.relations:
        yield [relation.name, *(key.parent for key in relation.foreign_keys if key.parent)]
        yield relation.reads
    yield from _by_code(usages)
    yield from _by_names(database)
    yield from _by_functions(database)


def _by_code(usages: Mapping[ObjectName, Usage]) -> Iterator[list[ObjectName]]:
    files: dict[str, list[ObjectName]] = defaultdict(list)
    for usage in usages.values():
        for file in usage.files:
            files[file].append(usage.name)
    yield from files.values()


def _by_names(database: Database) -> Iterator[list[ObjectName]]:
    """Tables that share a word which tells what they are about, and keys that name a table."""
    words: dict[str, list[ObjectName]] = defaultdict(list)
    singulars = {(t.name.schema, singular_name(t.name.name)): t.name for t in database.tables}
    for table in database.tables:
        for word in set(name_words(table.name.name)) - _KINDS:
            words[word].append(table.name)
        for column in table.columns:
            named = singulars.get((table.name.schema, referenced_name(column.name) or ""))
            if named is not None:
                yield [table.name, named]
    yield from words.values()


def _by_functions(database: Database) -> Iterator[list[ObjectName]]:
    """Tables that a function names, itself or through one that it calls, or that set it off."""
    by_name: dict[str, list[ObjectName]] = defaultdict(list)
    for table in database.tables:
        by_name[table.name.name].append(table.name)
    bodies = {f.name.name: set(_WORD.findall(f.body)) for f in database.functions}
    callers: dict[str, list[ObjectName]] = defaultdict(list)
    for table in database.tables:
        for trigger in table.triggers:
            callers[trigger.function.name].append(table.name)
    for function, named in bodies.items():
        words = set(named)
        waiting = sorted(named & bodies.keys() - {function})
        while waiting:
            called = bodies[waiting.pop()]
            waiting += sorted(called & bodies.keys() - words)
            words |= called
        found = [name for word in sorted(words & by_name.keys()) for name in by_name[word]]
        yield [*callers[function], *found]
