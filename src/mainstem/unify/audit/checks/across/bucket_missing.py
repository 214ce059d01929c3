"""Code uses a storage bucket that nothing creates.

## What it finds
Buckets that code of the product reads from or writes to, and that neither the migrations, nor the
code itself, nor a live database has.

## Why it matters
Uploads fail with `Bucket not found`. Buckets are mostly made by hand in a dashboard, so that every
new environment lacks them, and with them the policies that say who may read a file.

## Example
`supabase.storage.from('avatars').upload(...)`, and no migration inserts into `storage.buckets`.

## How to mend it
```sql
insert into storage.buckets (id, name, public) values ('avatars', 'avatars', false)
on conflict (id) do nothing;
```
with policies on `storage.objects` beside it.

## When to ignore it
When the buckets are declared in a configuration file that your deployment applies.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mainstem.kit.wording import counted
from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.replay.model import ObjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.code.model import BucketUse, CodeReading

SEVERITY = Severity.WARNING


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each bucket."""
    if subject.code is None or not subject.catalogs:
        return
    known = _known(subject, subject.code)
    uses: dict[str, list[BucketUse]] = defaultdict(list)
    for use in subject.code.buckets:
        if not use.is_test and use.name not in known:
            uses[use.name].append(use)
    for name, places in sorted(uses.items()):
        ordered = sorted(places, key=lambda use: use.place)
        yield Found(
            message=(
                f"bucket {name} is used in {counted(len(places), 'place')}, first "
                f"{ordered[0].place}, and nothing creates it"
            ),
            evidence=tuple(
                evidence.of_place(use.place, f"uses bucket {name}")
                for use in ordered[: evidence.PLACES_MAX]
            ),
            fix=f"insert {name} into storage.buckets by a migration, with its policies",
        )


def _known(subject: Subject, code: CodeReading) -> set[str]:
    known = {bucket for database in subject.catalogs for bucket in database.buckets}
    known |= {use.name for use in code.buckets if use.is_created}
    if subject.replay is not None:
        created = subject.replay.creations
        known |= {one.name.name for one in created if one.kind is ObjectKind.BUCKET}
    return known
