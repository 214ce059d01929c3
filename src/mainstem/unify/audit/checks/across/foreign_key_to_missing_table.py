"""A foreign key leads to a table that no migration creates.

## What it finds
Each `references` of a migration whose table is not there when the statement runs and is created by
no other file. Every such key is a finding of its own.

## Why it matters
The statement fails, and in most cases it is the `create table` itself: on an empty database neither
the table nor anything that needs it comes into being. Where the migrations seem to work, somebody
made the parent by hand.

## Example
```sql
create table books (id uuid primary key, author_id uuid references authors (id));
```
and no file creates `authors`.

## How to mend it
Create the parent in a file that sorts before this one; or lead the key to the table that took its
place; or keep the column and drop the key.

## When to ignore it
Never on a fresh database: the statement does not run there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.naming import same_table
from mainstem.kit.wording import listed
from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Found, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.replay.model import MissingParent, Replay

SEVERITY = Severity.ERROR


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each foreign key."""
    if subject.replay is None:
        return
    for key in subject.replay.missing_parents:
        if subject.is_schema and key.parent in subject.files_creating:
            continue  # which of the files describe the schema is a guess
        yield Found(
            message=(
                f"{key.table}.{', '.join(key.columns)} references {key.parent}, which no migration "
                f"creates; {key.file}:{key.line} fails on an empty database"
            ),
            table=str(key.table),
            column=", ".join(key.columns) or None,
            evidence=(evidence.of_missing_parent(key),),
            fix=_fix(subject.replay, key),
        )


def _fix(replay: Replay, key: MissingParent) -> str:
    create = f"create {key.parent} in a migration that sorts before {key.file}"
    twins = [
        table.name
        for table in replay.database.tables
        if table.name.schema == key.parent.schema and same_table(table.name.name, key.parent.name)
    ]
    lead = f", lead the key to {listed(twins)}" if twins else ""
    return f"{create}{lead}, or drop the key"
