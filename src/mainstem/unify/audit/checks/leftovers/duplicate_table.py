"""Two tables have the same columns.

## What it finds
Pairs of tables in one schema that share nine in ten of their columns, by name and type, at least
four of them columns that few other tables have. For names that differ in number or spelling only,
six in ten columns are enough. Partitions, backups, and tables that keep the history of another are
no duplicates.

## Why it matters
One of them is the table and the other is what was there before it. Rows in the second are lost to
every query of the first.

## Example
`delivery` with 1,204 rows, last written today, and `parcel_shipping`, empty.

## How to mend it
The message says which is alive, by rows, last write and use. Move the other's rows and drop it.

## When to ignore it
When the two hold different things of one shape, such as drafts and what was published. Where code
uses both, and their names are not one word in two spellings, it is a note.
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING

from mainstem.kit.naming import same_table
from mainstem.kit.wording import counted
from mainstem.unify.audit import evidence
from mainstem.unify.audit.backups import base_name
from mainstem.unify.audit.life import life_of
from mainstem.unify.audit.meaning import is_common_column, name_words
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.provided import is_provided
from mainstem.unify.audit.usage import usage_by_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.audit.usage import Usage
    from mainstem.unify.catalog.database import Database, ObjectName, Relation

SEVERITY = Severity.WARNING

_SHARED = 0.9
_SHARED_OF_TWINS = 0.6
_TELLING_MIN = 4
_RARE_TABLES_MAX = 3
_KEEPS_HISTORY = frozenset(
    {"history", "audit", "log", "archive", "version", "revision", "snapshot", "draft", "staging"}
    | {"deleted", "archived", "queue", "cache", "import"}
)


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each pair, of the last catalog that has it: a live one knows rows."""
    found: dict[tuple[ObjectName, ObjectName], Found] = {}
    usages = usage_by_name(subject)
    for database in subject.catalogs:
        for one, other in _pairs(database):
            found[one.name, other.name] = _found(subject, database, (one, other), usages)
    yield from found.values()


def _pairs(database: Database) -> Iterator[tuple[Relation, Relation]]:
    tables = [t for t in database.tables if not is_provided(t.name) and not base_name(t.name.name)]
    shapes = {t.name: frozenset((c.name, c.type) for c in t.columns) for t in tables}
    spread = Counter(name for shape in shapes.values() for name, _ in shape)
    for one, other in combinations(tables, 2):
        shared = shapes[one.name] & shapes[other.name]
        if len(shared) < _TELLING_MIN or one.name.schema != other.name.schema:
            continue
        likeness = len(shared) / len(shapes[one.name] | shapes[other.name])
        is_twin = same_table(one.name.name, other.name.name)
        telling = [name for name, _ in shared if _is_telling(name, spread)]
        is_alike = likeness >= _SHARED and len(telling) >= _TELLING_MIN
        is_alike = is_alike or (is_twin and likeness >= _SHARED_OF_TWINS)
        if is_alike and not _is_history(one, other):
            yield one, other


def _is_telling(column: str, spread: Counter[str]) -> bool:
    return spread[column] <= _RARE_TABLES_MAX and not is_common_column(column)


def _is_history(one: Relation, other: Relation) -> bool:
    """Whether one keeps what the other was: by a word in its name that the other lacks."""
    words = set(name_words(one.name.name)) ^ set(name_words(other.name.name))
    return bool(words & _KEEPS_HISTORY)


def _found(
    subject: Subject,
    database: Database,
    pair: tuple[Relation, Relation],
    usages: Mapping[ObjectName, Usage],
) -> Found:
    lives = [life_of(subject, table.name, usages.get(table.name)) for table in pair]
    alive, other = sorted(lives, key=lambda life: life.rank, reverse=True)
    names = [frozenset(column.name for column in table.columns) for table in pair]
    count = counted(len(names[0] & names[1]), "column")
    is_meant = alive.use_count and other.use_count and not same_table(*(t.name.name for t in pair))
    return Found(
        message=(
            f"{other.name} and {alive.name} share {count}: {alive.name} {alive.said}; "
            f"{other.name} {other.said}"
        ),
        table=str(other.name),
        evidence=tuple(evidence.of_relation(subject, database, table) for table in pair),
        fix=f"keep {alive.name}, move the rows of {other.name} into it, and drop {other.name}"
        + (", unless they hold different things" if is_meant else ""),
        severity=Severity.NOTE if is_meant else None,
    )
