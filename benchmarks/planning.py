"""How long `unify plan` takes for five sources with many tables, made up here, and one target.

MAINSTEM_BENCH_TABLES sets how many tables the sources have together (default 200),
MAINSTEM_BENCH_ROWS how many rows each table has (default 1,000). Four sources are PostgreSQL, one
is SQLite. Neighbours share half of their tables, with the same rows; names are plural where the
target's are singular, one table in ten has another name, foreign keys lead to the tenant over up to
seven tables.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg
import tomlkit

from benchmarks.harness import machine, table, workspace
from benchmarks.server import Bench
from mainstem.pg.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SOURCES = 5
LIMIT_S = 20.0
#: every so many tables a way to the tenant begins anew
CHAIN = 7
#: one table in so many has a name that the target does not know
STRANGE = 10

KINDS = ("sales", "print", "mail", "field", "partner", "venue", "media", "stock", "event", "staff")
THINGS = (
    *("order", "invoice", "shipment", "visit", "contract", "ticket", "survey", "budget", "device"),
    *("address", "category", "journal", "product", "supplier", "payment", "schedule", "document"),
)
COLUMNS = (
    "name text not null", "email text", "status text not null", "amount numeric(12,2)",
    "quantity integer", "is_active boolean not null", "note text", "url text", "position integer",
    "created_at timestamp not null", "updated_at timestamp",
)  # fmt: skip
VALUES = (
    "'name ' || n", "'person' || n || '@example.org'",
    "case n % 3 when 0 then 'open' when 1 then 'held' else 'done' end", "n * 1.25", "n",
    "n % 2 = 0", "'note ' || n", "'https://example.org/' || n", "n",
    "'2024-01-01 10:00:00'", "null",
)  # fmt: skip


def main() -> None:
    """Measure and print."""
    tables = int(os.environ.get("MAINSTEM_BENCH_TABLES", "200"))
    rows = int(os.environ.get("MAINSTEM_BENCH_ROWS", "1000"))
    with workspace("planning") as folder:
        server = EmbeddedServer(folder / "home")
        server.start()
        try:
            _measure(Bench(folder, server, rows), tables)
        finally:
            server.stop()


def _measure(bench: Bench, tables: int) -> None:
    target = bench.create_database("target")
    with psycopg.connect(target) as connection:
        connection.execute(" ".join(_target(tables)).encode())
    config = _make_sources(bench, tables)
    planned = bench.mainstem("unify", "plan", str(config), url=target)
    print(f"## planning: {SOURCES} sources, {tables} tables of {bench.rows:,} rows")
    print(machine())
    header = ("", "seconds", "limit", "CPU seconds, ours + server's", "peak memory")
    cells = planned.cells(planned)
    table(
        "Planning a merge",
        header,
        [("mainstem unify plan", cells[0], f"{LIMIT_S:.0f}", cells[2], cells[3])],
    )


def _names(tables: int) -> list[str]:
    """So many names of tables, singular."""
    pairs = [f"{kind}_{thing}" for thing in THINGS for kind in KINDS]
    return [pairs[n % len(pairs)] + ("" if n < len(pairs) else f"_{n}") for n in range(tables)]


def _target(tables: int) -> Iterator[str]:
    """The target: every table that a source may have, below one tenant root."""
    yield "create table agency (id uuid primary key, name text not null, slug text unique);"
    columns = ", ".join(COLUMNS).replace("timestamp", "timestamptz")
    for number, name in enumerate(_names(_shared(tables) * (SOURCES + 1))):
        parent = _parent(number, _names(number))
        pointer = f"{parent}_id uuid references {parent}, " if parent else ""
        yield (
            f"create table {name} (id uuid primary key, agency_id uuid not null references agency,"
            f" {pointer}{columns}, unique (agency_id, email));"
        )


def _shared(tables: int) -> int:
    """How many tables further on the next source begins: half of its own."""
    return max(1, tables // SOURCES // 2)


def _parent(number: int, before: Sequence[str]) -> str | None:
    return before[-1] if number % CHAIN else None


def _make_sources(bench: Bench, tables: int) -> Path:
    """The databases, and the config that names them."""
    document = tomlkit.document()
    document["name"] = "planning"
    document["tenant"] = {"column": "agency_id", "root": "agency"}
    sources = tomlkit.aot()
    for number in range(SOURCES):
        name = f"source_{number}"
        statements = list(_source(number, tables, rows=bench.rows))
        entry: dict[str, str] = {"name": name, "tenants": "agencies"}
        if number == SOURCES - 1:
            entry["sqlite"] = f"{name}.db"
            with closing(sqlite3.connect(bench.folder / f"{name}.db")) as file:
                file.executescript("".join(statements))
        else:
            entry["postgres"] = bench.create_database(name)
            with psycopg.connect(entry["postgres"]) as connection:
                connection.execute("".join(statements).encode())
        item = tomlkit.table()
        item.update(entry)
        sources.append(item)
    document["source"] = sources
    config = bench.folder / "planning.toml"
    config.write_text(tomlkit.dumps(document), "utf-8")
    return config


def _source(number: int, tables: int, *, rows: int) -> Iterator[str]:
    """The tables of one source and their rows."""
    series = (
        f"with recursive s (n) as (select 1 union all select n + 1 from s where n < {rows})"
        " select {} from s;"
    )
    yield "create table agencies (id integer primary key, name text not null, slug text);"
    yield f"insert into agencies {series.format('''n, 'agency ' || n, 'agency-' || n''')}"
    first = number * _shared(tables)
    names = _names(first + tables // SOURCES - 1)
    for at, name in enumerate(names[first:], start=first):
        parent = _parent(at, names[first:at]) if at > first else None
        called = _called(at, name)
        above = "agencies" if parent is None else _called(at - 1, parent)
        pointer = "agency_id" if parent is None else f"{parent}_id"
        columns = ", ".join(COLUMNS)
        values = ", ".join(VALUES)
        yield (
            f"create table {called} (id integer primary key,"
            f" {pointer} integer not null references {above} (id), {columns});"
        )
        yield f"insert into {called} {series.format(f'n, n, {values}')}"


def _called(number: int, name: str) -> str:
    return f"old_{name}_data" if number % STRANGE == 0 else f"{name}s"
