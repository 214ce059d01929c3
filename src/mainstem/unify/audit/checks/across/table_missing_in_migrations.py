"""A table that product code uses is created by no migration.

## What it finds
A table or view that code of the product names, and that is not there once all migrations have been
replayed on an empty database. Tests do not count (see `table-only-in-tests`). Not reported are
tables of the platform, tables that the tool of a model or the program itself creates, tables of
another engine, names that an embedded resource resolves by a foreign key, and tables whose
statement is there and fails (see `table-creation-fails`).

## Why it matters
Every new environment is built from the migrations: a preview, a colleague's machine, the database
after a disaster. There each of these queries fails with `relation does not exist`, or, where errors
are not looked at, quietly returns nothing. If production has the table, somebody made it by hand.

## Example
```ts
await supabase.from('invoices').insert({ client_id, amount })
```
and no file contains `create table invoices`.

## How to mend it
Write the migration (`mainstem audit fix --check missing-table --table invoices` proposes one from
the way the code uses the table), use the name of the table that was meant, or remove the code.

## When to ignore it
When the table belongs to another service's database, which that service's migrations create. What
only scripts, examples and documents use is a warning, and so is what a program in SQL uses and a
file outside the migrations creates: the program may run it. Without migrations the .sql files that
describe most tables take their place; where they describe the lesser part, one warning says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.naming import same_table
from mainstem.kit.wording import counted, listed
from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.origin import creations_of, missing_usages
from mainstem.unify.audit.usage import usage_by_name
from mainstem.unify.code.model import Via

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.audit.usage import Usage
    from mainstem.unify.catalog.database import ObjectName
    from mainstem.unify.replay.model import Replay

SEVERITY = Severity.ERROR


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each missing name."""
    if subject.replay is None or not subject.replay.files:
        return
    missing = [u for u in missing_usages(subject, subject.replay.database) if u.product]
    if subject.is_schema and 2 * len(missing) > len(usage_by_name(subject)):
        yield _of_a_part(subject.replay, missing)
        return
    for usage in missing:
        yield _found(subject, subject.replay, usage)


def _of_a_part(replay: Replay, missing: Sequence[Usage]) -> Found:
    """One finding for all, where no migrations are there and what is describes the lesser part."""
    names = [str(usage.name) for usage in missing]
    return Found(
        message=(
            f"{replay.folder} describes the lesser part of the tables that code uses; "
            f"{counted(len(names), 'table')} are not in it: {listed(names)}"
        ),
        evidence=tuple(one for usage in missing for one in evidence.of_uses(usage.product)[:1]),
        fix="commit the whole schema, or name its folder with --migrations",
        severity=Severity.WARNING,
    )


def _found(subject: Subject, replay: Replay, usage: Usage) -> Found:
    created = creations_of(subject, usage.name)
    return Found(
        message=(
            f"{usage.name} is used {'by scripts only, ' if usage.is_aside else ''}{usage.where}, "
            f"{_why(subject, replay, usage.name)}"
        ),
        table=str(usage.name),
        evidence=(*map(evidence.of_creation, created), *evidence.of_uses(usage.product)),
        fix=_fix(replay, usage.name),
        severity=Severity.WARNING if usage.is_aside or _may_be_made(subject, usage) else None,
    )


def _may_be_made(subject: Subject, usage: Usage) -> bool:
    """Whether a program that writes SQL may itself run a file that creates the table."""
    is_plain = all(use.via is Via.SQL for use in usage.product)
    return is_plain and any(one.name == usage.name for one in subject.other_creations)


def _why(subject: Subject, replay: Replay, name: ObjectName) -> str:
    created = creations_of(subject, name)
    other = next((one for one in subject.other_creations if one.name == name), None)
    if created:
        last = created[-1]
        why = f"but a later migration drops or renames it; {last.file}:{last.line} had created it"
    elif other is not None:
        why = f"and no migration creates it; {other.file}:{other.line} does, which is none"
    else:
        why = "and no migration creates it"
    keys = sum(key.parent == name for key in replay.missing_parents)
    if keys:
        why += f"; {counted(keys, 'foreign key')} {'leads' if keys == 1 else 'lead'} to it"
    live = [database.name for database in subject.databases if name in database.by_name]
    return why + (f"; made by hand in {listed(live)}" if live else "")


def _fix(replay: Replay, name: ObjectName) -> str:
    write = f"`mainstem audit fix --check missing-table --table {name}` writes a migration for it"
    twins = [
        relation.name
        for relation in replay.database.relations
        if relation.name.schema == name.schema and same_table(name.name, relation.name.name)
    ]
    return f"use {listed(twins)}, which the migrations create; or {write}" if twins else write
