"""Who knows a table: code, documents, foreign keys, and the database's own objects."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, ObjectName, Relation

_WORD = re.compile(r"[\w$]+")


@dataclass(frozen=True)
class Knowledge:
    """What the sources know of the tables of one database."""

    subject: Subject
    database: Database

    @cached_property
    def in_code(self) -> frozenset[str]:
        """Names that code uses or declares, tests among them, in lower case."""
        code = self.subject.code
        if code is None:
            return frozenset()
        names = [use.name for use in code.uses] + [table.name for table in code.declared]
        return frozenset(name.lower() for name in names)

    @cached_property
    def in_product(self) -> frozenset[str]:
        """Names that code of the product uses, in lower case."""
        uses = self.subject.code.uses if self.subject.code is not None else ()
        return frozenset(use.name.lower() for use in uses if not use.is_test)

    @cached_property
    def in_documents(self) -> frozenset[str]:
        """Names in documents, in lower case."""
        documents = self.subject.documents
        mentions = documents.mentions if documents is not None else ()
        return frozenset(mention.name.lower() for mention in mentions)

    @property
    def reads_code(self) -> bool:
        """Whether code was given and uses tables: otherwise its silence says nothing."""
        return bool(self.in_product)

    @property
    def has_dynamic_names(self) -> bool:
        """Whether code of the product uses tables whose names cannot be told."""
        unresolved = self.subject.code.unresolved if self.subject.code is not None else ()
        return any(one.kind == "table" and not one.is_test for one in unresolved)

    def is_known(self, table: Relation) -> bool:
        """Whether anything names the table: code, a document, a key, another object."""
        names = {table.name.name, *self._partitions.get(table.name, ())}
        lowered = {name.lower() for name in names}
        in_text = not (lowered.isdisjoint(self.in_code) and lowered.isdisjoint(self.in_documents))
        return in_text or table.name in self._parents or not names.isdisjoint(self._words)

    @cached_property
    def _parents(self) -> frozenset[object]:
        tables = self.database.tables
        return frozenset(
            key.parent for table in tables for key in table.foreign_keys if key.parent != table.name
        )

    @cached_property
    def _partitions(self) -> dict[ObjectName, list[str]]:
        found: dict[ObjectName, list[str]] = defaultdict(list)
        for relation in self.database.relations:
            if relation.parent is not None:
                found[relation.parent].append(relation.name.name)
        return found

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(word for text in self._texts() for word in _WORD.findall(text))

    def _texts(self) -> Iterator[str]:
        """What functions and views say, and what policies say of other tables than their own."""
        for function in self.database.functions:
            yield function.body
        for relation in self.database.relations:
            yield relation.definition or ""
            yield from (name.name for name in relation.reads)
            own = re.compile(rf"\b{re.escape(relation.name.name)}\b")
            for policy in relation.policies:
                yield own.sub("", f"{policy.using or ''} {policy.with_check or ''}")
