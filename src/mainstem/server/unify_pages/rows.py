"""The ledger, row by row: where each went, what changed on the way, and what waits and why."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import psycopg
from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from mainstem.db.queries import load_queries
from mainstem.kit.masking import masked, masked_row, without_secrets
from mainstem.server import store
from mainstem.server.api_unify import PlansDependency
from mainstem.server.unify_pages.operator import (
    LIMIT_S,
    in_time,
    missing,
    read,
    read_frame,
    require_operator,
)
from mainstem.unify.codec import RULES, rule_text
from mainstem.unify.ledger import store as ledger
from mainstem.web import AnyVisit, Column, Filter, Kind, Listing, Wish, read_list, row, rows
from mainstem.web.wording import words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mainstem.server.api_unify import Plans
    from mainstem.server.model import RunState
    from mainstem.server.unify_pages.operator import Connection
    from mainstem.web import Listed, Row, Visit
    from mainstem.web.visit import Connection as AsyncConnection

QUERIES = load_queries("mainstem.server.unify_pages")
OUTCOMES = ("loaded", "merged", "quarantined", "dropped")
Table = Annotated[str, QueryParameter(name="table")]
Key = Annotated[str, QueryParameter(name="key")]


@get("/unify/runs/{run_id:int}/rows")
async def moved(visit: AnyVisit, plans: PlansDependency, run_id: FromPath[int]) -> Response[bytes]:
    """What became of each source row."""
    require_operator(visit)
    run, tables = await read(plans.url, _run_and_tables, run_id)
    listing = Listing(
        page="ledger_rows",
        path=f"/unify/runs/{run_id}/rows",
        title="Rows",
        many="rows",
        query=QUERIES["rows"],
        columns=(
            Column("key", "Key", link=_row_at(run_id)),
            Column("table", "Source table", Kind.CODE),
            Column("outcome", "Outcome", Kind.STATE),
            Column("target", "Went to", Kind.CODE),
            Column("new_key", "As", Kind.CODE, is_shown=False),
            Column("reason", "Why it waits"),
        ),
        filters=(
            Filter("outcome", "Outcome", tuple((each, words(each)) for each in OUTCOMES)),
            Filter("table", "Table", _same(tables)),
        ),
        search=("key",),
        sort="key",
        client_column=None,
        hint="A copy keeps its keys, and a table that is dropped whole is not noted row by row.",
    )
    return await _page(visit, plans, run, listing, part="rows")


@get("/unify/runs/{run_id:int}/changes")
async def changes(
    visit: AnyVisit, plans: PlansDependency, run_id: FromPath[int]
) -> Response[bytes]:
    """Each value that had to change, before and after, and by which rule."""
    require_operator(visit)
    run, tables = await read(plans.url, _run_and_tables, run_id)
    async with _reading(plans) as connection:
        rules = [each["rule"] for each in await rows(connection, QUERIES["rules"], run_id=run_id)]
    listing = Listing(
        page="ledger_changes",
        path=f"/unify/runs/{run_id}/changes",
        title="Changed values",
        many="changed values",
        query=QUERIES["changes"],
        columns=(
            Column("key", "Key", link=f"{_row_at(run_id)}#{{column}}"),
            Column("table", "Source table", Kind.CODE),
            Column("column", "Column", Kind.CODE),
            Column("rule", "Rule", Kind.CODE),
            Column("before", "Before", Kind.CODE, is_sortable=False),
            Column("after", "After", Kind.CODE, is_sortable=False),
        ),
        filters=(Filter("rule", "Rule", _same(rules)), Filter("table", "Table", _same(tables))),
        search=("key", "column"),
        sort="key",
        client_column=None,
        hint="Every value fitted as it was.",
    )
    return await _page(visit, plans, run, listing, part="changes")


@get("/unify/runs/{run_id:int}/row")
async def one(
    visit: AnyVisit,
    plans: PlansDependency,
    run_id: FromPath[int],
    table: Table = "",
    key: Key = "",
) -> Response[bytes]:
    """One source row: where it went, what changed in it, and, where it waits, what it holds."""
    require_operator(visit)
    run, _ = await read(plans.url, _run_and_tables, run_id)
    bound = {"run_id": run_id, "table": _clean(table), "key": _clean(key)}
    async with _reading(plans) as connection:
        places = await rows(connection, QUERIES["places"], **bound)
        waiting = await row(connection, QUERIES["waiting"], **bound)
        changed = await rows(connection, QUERIES["changes_of_row"], **bound)
    if not places and waiting is None and not changed:
        raise missing("row")
    if waiting is not None:
        waiting["reason"] = without_secrets(waiting["reason"])
        waiting["original"] = masked_row(table, waiting["original"])
    await read_frame(visit)
    return visit.page(
        "unify_row.html", run=run, table=table, key=key, places=places, waiting=waiting,
        changes=[_masked(each, table) | {"meaning": _meaning(each["rule"])} for each in changed],
    )  # fmt: skip


HANDLERS = (moved, changes, one)


def _row_at(run_id: int) -> str:
    return f"/unify/runs/{run_id}/row?table={{table}}&key={{key}}"


async def _page(
    visit: Visit, plans: Plans, run: RunState, listing: Listing, *, part: str
) -> Response[bytes]:
    wish = Wish.read(listing, visit.request.query_params.multi_items())
    async with _reading(plans) as connection:
        listed = await read_list(connection, visit, wish, run_id=run.id)
    await read_frame(visit)
    return visit.page("unify_rows.html", run=run, listed=_without_secrets(listed), part=part)


@asynccontextmanager
async def _reading(plans: Plans) -> AsyncIterator[AsyncConnection]:
    """A connection of the owner's, for reading, that ends in time."""
    opened = await psycopg.AsyncConnection.connect(
        plans.url, application_name="mainstem ledger", connect_timeout=int(LIMIT_S)
    )
    async with opened as connection:
        await connection.set_read_only(True)
        await connection.execute(f"set local statement_timeout = {int(LIMIT_S * 1000)}")
        with in_time():
            yield connection


def _run_and_tables(connection: Connection, run_id: int) -> tuple[RunState, list[str]]:
    found = store.runs(connection, run_id)
    if not found:
        raise missing("run")
    return found[0], [each.source_table for each in ledger.read_accounts(connection, run_id)]


def _same(names: list[str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, name) for name in names)


def _without_secrets(listed: Listed) -> Listed:
    return replace(listed, rows=[_masked(each) for each in listed.rows])


def _masked(found: Any, table: str = "") -> Row:  # noqa: ANN401 - a row, by column
    """A row of the ledger; it is masked there already, and here once more."""
    shown = dict(found)
    table = shown.get("table") or table
    for name in ("before", "after"):
        if name in shown:
            shown[name] = masked(table, shown["column"], shown[name])
    if shown.get("reason"):
        shown["reason"] = without_secrets(shown["reason"])
    return shown


def _meaning(rule: str) -> str | None:
    return rule_text(rule) if rule in RULES else None


def _clean(text: str) -> str:
    """Text as a database takes it."""
    return text.replace("\x00", "")
