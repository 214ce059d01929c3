"""Settings of one role point at different databases.

## What it finds
Connection settings in `.env*` files and in code that by their names mean the same database and lead
to different hosts or projects. `SUPABASE_URL`, `NEXT_PUBLIC_SUPABASE_URL` and a `DATABASE_URL` of
the same platform mean one; `LEGACY_SUPABASE_URL` means another. Examples, placeholders, local
servers and tests are left out. Only host and project are ever read; keys and passwords are not.
Where the files are named for their environment (production, staging, development), a difference is
what they are for, and only noted.

## Why it matters
One half of the product writes to one database and the other half reads from another. Nothing
fails: rows are simply not there, and no join over the two can ever be made.

## Example
`.env` has `SUPABASE_URL=https://abcdefgh.supabase.co`, and `lib/admin.ts` creates a client for
`https://ijklmnop.supabase.co`.

## How to mend it
Decide which project is meant, take the address from one setting everywhere, and remove the others.
If both are needed, name them for what they are (`LEGACY_SUPABASE_URL`).

## When to ignore it
When one file is a personal one that overrides the other on purpose.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from mainstem.kit.naming import words
from mainstem.kit.wording import counted, listed
from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Evidence, Found, Severity, SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.code.model import Setting

SEVERITY = Severity.WARNING

#: words of a name that do not tell one database from another
_GENERIC = frozenset(
    {"next", "public", "vite", "react", "app", "expo", "nuxt", "gatsby", "vue", "prisma", "client"}
    | {"supabase", "database", "db", "postgres", "postgresql", "connection", "string", "project"}
    | {"url", "uri", "api", "host", "server", "http", "https", "endpoint", "base", "rest", "admin"}
    | {"direct", "pooler", "pooled", "pooling", "pool", "non", "ref", "id", "storage"}
)
_EXAMPLE = re.compile(r"(?:example|sample|template|dist|default|test|mock)", re.IGNORECASE)
_ENVIRONMENT = re.compile(
    r"(?:^|[._/-])(production|prod|staging|stage|preview|development|dev|qa|ci)(?=$|[._/-])",
    re.IGNORECASE,
)
_LOCAL = re.compile(
    r"^(?:localhost|127\.|0\.0\.0\.0|::1|\[::1\]|host\.docker\.internal|10\.|192\.168\.|db$|postgres$)"
    r"|\.(?:local|localhost|internal|test|example)$|^[^.:]+$",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"your|example|placeholder|project[-_]?(?:ref|id|url)|xxx|changeme|dummy|<|\{|\$|\*",
    re.IGNORECASE,
)
_HOSTED = re.compile(r"supabase\.(?:co|com|in|net)$", re.IGNORECASE)


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each role whose settings differ."""
    in_code = subject.code.settings if subject.code is not None else ()
    roles: dict[str, list[Setting]] = defaultdict(list)
    for setting in (*subject.settings, *in_code):
        if _counts(setting):
            roles[_role(setting)].append(setting)
    for role, settings in sorted(roles.items()):
        if len({_target(setting) for setting in settings}) > 1:
            yield _found(role, settings)


def _counts(setting: Setting) -> bool:
    """Whether the setting leads to a real database that the product uses."""
    is_left_out = setting.is_test or _EXAMPLE.search(setting.place.file.rsplit("/", 1)[-1])
    target = f"{setting.host} {setting.project or ''}"
    return not (is_left_out or _LOCAL.search(setting.host) or _PLACEHOLDER.search(target))


def _role(setting: Setting) -> str:
    """What database the name means: of a hosted platform its qualifying words, else all of it."""
    if not (_HOSTED.search(setting.host) and setting.project):
        return "_".join(words(setting.name)).upper()
    telling = [word for word in words(setting.name) if word not in _GENERIC]
    return "_".join(("supabase", *telling)).upper()


def _target(setting: Setting) -> str:
    """What tells one database from another: a hosted project has several hosts."""
    if _HOSTED.search(setting.host) and setting.project:
        return setting.project.lower()
    return f"{setting.host}/{setting.project or ''}".lower()


def _found(role: str, settings: list[Setting]) -> Found:
    targets = dict.fromkeys(_target(setting) for setting in settings)
    return Found(
        message=(
            f"settings of {role} lead to {counted(len(targets), 'database')}: "
            f"{listed(_first_with(target, settings) for target in targets)}"
        ),
        evidence=tuple(_evidence(setting) for setting in settings[: evidence.PLACES_MAX]),
        fix="take the address from one setting everywhere, or name the second for what it is",
        severity=Severity.NOTE if _is_by_environment(settings) else None,
    )


def _first_with(target: str, settings: list[Setting]) -> str:
    place = next(setting.place for setting in settings if _target(setting) == target)
    return f"{target} in {place}"


def _is_by_environment(settings: list[Setting]) -> bool:
    """Whether each environment named by a file has one database, and no other file has another."""
    by_environment: dict[str, set[str]] = defaultdict(set)
    for setting in settings:
        named = _ENVIRONMENT.search(setting.place.file)
        by_environment[named[1].lower() if named else ""].add(_target(setting))
    named_count = sum(bool(name) for name in by_environment)
    return named_count > 0 and all(len(targets) == 1 for targets in by_environment.values())


def _evidence(setting: Setting) -> Evidence:
    text = f"{setting.name} leads to {_target(setting)}"
    return Evidence(SourceKind.ENVIRONMENT, text, setting.place.file, setting.place.line)
