"""The product keeps tables in a second database of another kind.

## What it finds
Tables that code of the product declares or uses in SQLite, or in another engine, while the product
also uses PostgreSQL. One finding for each engine. Tests, scripts and examples do not count.

## Why it matters
Rows in one can never be joined with rows in the other, no transaction spans both, no foreign key or
policy of one reaches the other, and a backup of one is half the truth. Where the file lies on a
server that is replaced at each deployment, its rows are lost with it.

## Example
Orders are in PostgreSQL with row-level security; events are written to `data/events.db`.

## How to mend it
Bring the tables over: `mainstem unify copy` takes a SQLite file as it is, `mainstem unify plan`
merges it into the existing schema, with the tenant key that its rows lack.

## When to ignore it
When the file is a cache or an index that can be made anew at any time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.wording import counted, listed
from mainstem.unify.audit.evidence import PLACES_MAX
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.second_engine import other_tables
from mainstem.unify.code.model import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mainstem.unify.audit.second_engine import OtherTable
    from mainstem.unify.audit.subject import Subject

SEVERITY = Severity.WARNING

_NAMES = {Engine.SQLITE: "SQLite", Engine.OTHER: "another engine"}


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each engine beside PostgreSQL."""
    for engine, name in _NAMES.items():
        tables = other_tables(subject, engine)
        if tables:
            yield _found(name, tables)


def _found(engine: str, tables: Mapping[str, OtherTable]) -> Found:
    places = {use.place for table in tables.values() for use in table.uses}
    places |= {declared.place for table in tables.values() for declared in table.declared}
    files = {place.file for place in places}
    names = listed((table.name for table in tables.values()), most=PLACES_MAX)
    shown = [one for table in tables.values() for one in table.evidence[:2]]
    return Found(
        message=(
            f"beside PostgreSQL the product keeps {counted(len(tables), 'table')} in {engine}, in "
            f"{counted(len(places), 'place')} of {counted(len(files), 'file')}: {names}"
        ),
        evidence=tuple(shown[:PLACES_MAX]),
        fix="bring them into PostgreSQL (`mainstem unify plan`), or keep only a cache there",
    )
