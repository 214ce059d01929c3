"""How alive a table is: its rows, its last write, and the code that uses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.kit.wording import counted

if TYPE_CHECKING:
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.audit.usage import Usage
    from mainstem.unify.catalog.database import ObjectName


@dataclass(frozen=True)
class Life:
    """What speaks for a table's life; `row_count` is None where no live database counted it."""

    name: ObjectName
    exists: bool
    row_count: int | None
    last_write: str | None
    use_count: int

    @property
    def rank(self) -> tuple[bool, bool, str, int, int]:
        """Higher for what is more alive: it exists, has rows, was written last, is used most."""
        rows = self.row_count or 0
        return (self.exists, rows > 0, self.last_write or "", self.use_count, rows)

    @property
    def said(self) -> str:
        """What is known, as `has 213 rows, was last written 2026-01-20, is used in 4 places`."""
        parts = []
        if self.row_count is not None:
            parts.append(f"has {counted(self.row_count, 'row')}")
        if self.last_write is not None:
            parts.append(f"was last written {self.last_write}")
        if not self.exists:
            parts.append("does not exist")
        elif self.row_count is None:
            parts.append("exists")
        places = counted(self.use_count, "place")
        parts.append(f"is used in {places}" if self.use_count else "is not used by code")
        return ", ".join(parts)


def life_of(subject: Subject, name: ObjectName, usage: Usage | None) -> Life:
    """What all catalogs and the code of the product tell of a table."""
    known = [d.by_name[name] for d in subject.catalogs if name in d.by_name]
    rows = [relation.row_count for relation in known if relation.row_count is not None]
    writes = [relation.last_write for relation in known if relation.last_write is not None]
    places = {use.place for use in usage.product} if usage is not None else set()
    return Life(
        name=name,
        exists=bool(known),
        row_count=max(rows, default=None),
        last_write=max(writes, default=None),
        use_count=len(places),
    )
