"""Attempts by other ways: through views, past the parents of partitions, and without claims."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from mainstem.checks.probe.borders import GUARDED, Attempt, Observation
from mainstem.checks.probe.people import EVERY_APP
from mainstem.checks.probe.rows import other_agency
from mainstem.checks.probe.seed import insertion, owners, recipe
from mainstem.db.tenant import opening_batch

STATEMENT_LIMIT_S: Final = 60

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg import sql

    from mainstem.checks.probe.attempts import Outcome
    from mainstem.checks.probe.people import Person
    from mainstem.checks.probe.seed import Seed
    from mainstem.checks.probe.tables import Table, View


def view_writing(person: Person, view: View, seed: Seed) -> Iterator[Attempt]:
    """Write through a view, as far as it lets itself be written."""
    if not person.is_writer or "agency_id" not in view.columns:
        return
    name = view.identifier.as_string()
    other = f"agency_id = '{other_agency(seed, person.agency).id}'"
    update = f"update {name} set agency_id = agency_id where {other}"
    yield Attempt("change", "view", view.label, update, "updates", is_granted=False)
    delete = f"delete from {name} where {other}"
    yield Attempt("change", "view", view.label, delete, "deletes", is_granted=False)


def closed_attempts(relations: Sequence[tuple[str, sql.Identifier]]) -> Iterator[Attempt]:
    """Read and empty what no request may name: partitions, internals, materialized views."""
    for label, identifier in relations:
        name = identifier.as_string()
        read = f"select jsonb_build_object('rows', count(*)) from (select from {name} limit 1) as t"
        yield Attempt("closed", "closed", label, read, "may read it directly")
        yield Attempt("closed", "closed", label, f"delete from {name}", "may delete from it")


def roles_from_outside(seed: Seed) -> Iterator[tuple[str, bytes]]:
    """Whoever has no claims, or no role to use them: a name, and the statements that set it."""
    owner = seed.agencies[0]
    claims = json.dumps(
        {"sub": owner.users["owner"][0], "agency_id": owner.id, "app_context": EVERY_APP}
    )
    for name, role, said, clients in (
        ("authenticated without claims", "authenticated", "", ""),
        ("authenticated with empty claims", "authenticated", "{}", "*"),
        ("anon", "anon", "", ""),
        ("anon with an agency's claims", "anon", claims, "*"),
    ):
        yield name, _opening_outside(role, said, clients)


def _opening_outside(role: str, claims: str, clients: str) -> bytes:
    statements = (
        f"set local role {role}",
        f"set local \"request.jwt.claims\" = '{claims}'",
        f"set local app.client_ids = '{clients}'",
    )
    return "; ".join(statements).encode("ascii")


def judge_outside(name: str, attempt: Attempt, outcome: Outcome) -> Iterator[Observation]:
    """What succeeding says; a refusal, or no row at all, is what must be."""
    if attempt.kind == "closed":
        if not outcome.is_refused:
            yield Observation("closed", attempt.label, f"is open: {name} {attempt.doing}")
        return
    is_kept = outcome.is_refused or outcome.state == GUARDED
    rows = sum(outcome.counts.values()) if outcome.counts else outcome.row_count
    if outcome.state is None and rows > 0:
        yield Observation("claims", attempt.label, f"leaks: {name} {attempt.doing}")
    elif attempt.kind == "insert" and not is_kept:
        yield Observation(
            "claims",
            attempt.label,
            f"is not protected: {name} {attempt.doing}, but for {outcome.message}",
        )


def attempts_from_outside(
    tables: Sequence[Table], views: Sequence[View], seed: Seed
) -> Iterator[Attempt]:
    """Read everything, and change and insert the rows of the first agency."""
    relations: list[Table | View] = [*tables, *views]
    for relation in relations:
        name = relation.identifier.as_string()
        read = f"select jsonb_build_object('rows', count(*)) from (select from {name} limit 1) as t"
        yield Attempt("outside", "claims", relation.label, read, "reads")
    for table in tables:
        if table.agency_column is None:
            continue
        name = table.identifier.as_string()
        column = next(iter(table.columns))
        where = f"{table.agency_column} = '{seed.agencies[0].id}'"
        for verb, text in (
            ("updates", f'update {name} set "{column}" = "{column}" where {where}'),
            ("deletes", f"delete from {name} where {where}"),
        ):
            yield Attempt("outside", "claims", table.label, text, verb)
        fixed = {n: v for n, v in owners(seed, table)[0].items() if n != "id"}
        row = recipe(seed, table, fixed)
        if row is not None:
            text = insertion(table, [row]).as_string()
            yield Attempt("insert", "claims", table.label, text, "inserts a row")


def opening(person: Person) -> bytes:
    """The statements that make the connection this person's: the product's own."""
    batch = opening_batch(person.tenant, STATEMENT_LIMIT_S, begins=False)
    return batch if person.has_plain_setting else batch + b"; set local app.client_ids = ''"
