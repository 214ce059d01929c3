"""What code does with each table: all uses of one name together, product and tests told apart."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mainstem.kit.wording import counted
from mainstem.unify.audit.aside import are_aside
from mainstem.unify.audit.elsewhere import is_judged_elsewhere
from mainstem.unify.catalog.database import ObjectName
from mainstem.unify.code.model import Engine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.code.model import DeclaredTable, Role, TableUse


@dataclass(frozen=True)
class Usage:
    """All uses of one table; a name without a schema counts as one of `public`."""

    name: ObjectName
    product: tuple[TableUse, ...]
    tests: tuple[TableUse, ...] = ()

    @cached_property
    def files(self) -> frozenset[str]:
        """The files of the product that use it."""
        return frozenset(use.place.file for use in self.product)

    @cached_property
    def columns(self) -> Mapping[str, frozenset[Role]]:
        """The columns that the product names, and what for."""
        found: dict[str, set[Role]] = defaultdict(set)
        for use in self.product:
            for column in use.columns:
                found[column.name].add(column.role)
        return {name: frozenset(roles) for name, roles in found.items()}

    @property
    def is_aside(self) -> bool:
        """Whether only scripts, examples and the like use it, which no user meets."""
        return are_aside(self.files)

    @property
    def where(self) -> str:
        """`in 3 places of 2 files, first in app/page.tsx:12`, of the product or else of tests."""
        uses = self.product or self.tests
        places = sorted({use.place for use in uses})
        files = {place.file for place in places}
        if len(places) == 1:
            return f"in {places[0]}"
        count = f"{counted(len(places), 'place')} of {counted(len(files), 'file')}"
        return f"in {count}, first in {places[0]}"


def usage_by_name(subject: Subject, engine: Engine = Engine.POSTGRES) -> dict[ObjectName, Usage]:
    """The uses of each table that code reaches in that kind of database, in order of names."""
    if subject.code is None:
        return {}
    product: dict[ObjectName, list[TableUse]] = defaultdict(list)
    tests: dict[ObjectName, list[TableUse]] = defaultdict(list)
    for use in subject.code.uses:
        name = used_name(use)
        if use.engine is engine and not is_judged_elsewhere(subject, name, use.place.file):
            (tests if use.is_test else product)[name].append(use)
    return {
        name: Usage(name, tuple(product.get(name, ())), tuple(tests.get(name, ())))
        for name in sorted(product.keys() | tests.keys())
    }


def used_name(use: TableUse | DeclaredTable) -> ObjectName:
    """The name that a use or a declaration means, in `public` where it states no schema."""
    return ObjectName(use.schema or "public", use.name)
