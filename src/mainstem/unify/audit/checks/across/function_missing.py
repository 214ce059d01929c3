"""Code calls a database function that is not there, or not with these arguments.

## What it finds
Calls of `rpc('name', {...})` in code of the product whose function is neither built by the
migrations nor in the live databases, each catalog for itself; and calls that pass an argument which
no function of that name has.

## Why it matters
PostgREST answers 404 (PGRST202): it looks a function up by its name and the names of its arguments.

## Example
`supabase.rpc('match_documents', { query: embedding })`, and the function's argument is
`query_embedding`.

## How to mend it
Create the function by a migration, or call it as it is declared.

## When to ignore it
When the function comes from an extension that exposes it in the API's schema. What only scripts and
examples call is a warning.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mainstem.kit.naming import did_you_mean
from mainstem.kit.wording import counted, listed
from mainstem.unify.audit import evidence
from mainstem.unify.audit.aside import are_aside
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.origin import may_be_lost
from mainstem.unify.audit.provided import is_provided_schema
from mainstem.unify.code.model import Via
from mainstem.unify.replay.model import ObjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mainstem.unify.audit.model import Evidence
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, Function
    from mainstem.unify.code.model import FunctionUse

SEVERITY = Severity.ERROR

_REST = frozenset({Via.SUPABASE_JS, Via.SUPABASE_PY})


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each function and catalog."""
    if subject.code is None:
        return
    calls: dict[tuple[str, str], list[FunctionUse]] = defaultdict(list)
    for call in subject.code.functions:
        if call.via in _REST and not call.is_test:
            calls[call.schema or "public", call.name].append(call)
    for database in subject.catalogs:
        for (schema, name), uses in sorted(calls.items()):
            if not is_provided_schema(schema):
                yield from _judged(subject, database, (schema, name), uses)


def _judged(
    subject: Subject, database: Database, called: tuple[str, str], uses: Sequence[FunctionUse]
) -> Iterator[Found]:
    schema, name = called
    known = [f for f in database.functions if f.name.name == name]
    if schema != "public":
        known = [f for f in known if f.name.schema == schema]
    if known:
        yield from _wrong_arguments(evidence.catalog_name(subject, database), known, uses)
    elif not _may_be_lost(subject, database, name):
        names = [f.name.name for f in database.functions]
        places = sorted({use.place for use in uses})
        where = evidence.catalog_name(subject, database)
        yield Found(
            message=(
                f"function {name} is called in {counted(len(places), 'place')}, first {places[0]}, "
                f"and is not in {where}{did_you_mean(name, names)}"
            ),
            evidence=_of_calls(uses),
            fix=f"create the function {name} by a migration, or mend its name in code",
            severity=_severity(uses),
        )


def _wrong_arguments(
    catalog: str, known: Sequence[Function], uses: Sequence[FunctionUse]
) -> Iterator[Found]:
    has = [{name for name in function.argument_names if name} for function in known]
    if any("" in function.argument_names for function in known):
        return  # one argument without a name takes the whole body
    wrong = [use for use in uses if not any(set(use.arguments) <= names for names in has)]
    if wrong:
        extra = sorted({a for use in wrong for a in use.arguments} - set().union(*has))
        said = listed(extra or wrong[0].arguments)
        name = known[0].name
        yield Found(
            message=(
                f"function {name} is called with {said}, first in {wrong[0].place}, and takes "
                f"{listed(sorted(set().union(*has))) or 'no arguments'} in {catalog}"
            ),
            evidence=_of_calls(wrong),
            fix=f"call {name} with the arguments that it declares",
            severity=_severity(wrong),
        )


def _severity(uses: Sequence[FunctionUse]) -> Severity | None:
    return Severity.WARNING if are_aside(use.place.file for use in uses) else None


def _may_be_lost(subject: Subject, database: Database, name: str) -> bool:
    """Whether a migration tries to create the function, and fails: that is another finding."""
    if may_be_lost(subject, database, name):
        return True
    creations = subject.replay.creations if subject.replay is not None else ()
    return evidence.catalog_name(subject, database) == "the migrations" and any(
        creation.kind is ObjectKind.FUNCTION
        and creation.name.name == name
        and not creation.is_applied
        for creation in creations
    )


def _of_calls(uses: Sequence[FunctionUse]) -> tuple[Evidence, ...]:
    ordered = sorted(uses, key=lambda use: use.place)[: evidence.PLACES_MAX]
    return tuple(
        evidence.of_place(use.place, f"{use.name}({', '.join(use.arguments)}), {use.via.value}")
        for use in ordered
    )
