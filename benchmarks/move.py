"""How long a move takes against raw COPY of ready files with the same index builds, and pgloader.

MAINSTEM_BENCH_ROWS sets the size (default 4,000,000 rows in all tables together). Every server used
is the embedded one with the settings that users get, fsync on. `raw` is the floor: the server reads
finished files that our own result was written to, one after the other, then builds the same indexes
and constraints from `pg_dump --section=post-data`. It converts, derives and verifies nothing.

Beside the time stand the CPU seconds of the processes and of the server: on a machine that others
use, two processes are held up more than one, and these are not.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import conninfo_to_dict

from benchmarks.harness import (
    MEBIBYTE,
    machine,
    run_measured,
    stopwatch,
    table,
)
from benchmarks.server import Bench, Cost, open_bench

if TYPE_CHECKING:
    from collections.abc import Sequence

SAMPLE_CONFIG = Path("samples/direct_mail.toml")
PGLOADER_LIMIT_S = 1800


def main() -> None:
    """Measure and print."""
    with open_bench("move") as bench:
        _measure(bench)


def _measure(bench: Bench) -> None:
    source = bench.folder / "direct_mail.db"
    run_measured(
        [sys.executable, "-m", "samples.direct_mail", str(source), "--rows", str(bench.rows)]
    )
    print(f"## move: {bench.rows:,} rows, {source.stat().st_size / MEBIBYTE:,.0f} MiB of SQLite")
    print(machine())
    _unified(bench)
    source.unlink()
    # pgloader never ends on the first text that is not UTF-8: one to one has nothing wrong.
    sample = [sys.executable, "-m", "samples.direct_mail", str(source), "--flawless"]
    run_measured([*sample, "--rows", str(bench.rows)])
    url, copied, verify_s = _copied(bench, source)
    raw = _raw(bench, "raw_copy", url, _tables(url, "public"))
    pgloader = _pgloader(bench, source)
    _print_copy(copied, verify_s, raw=raw, pgloader=pgloader)


def _unified(bench: Bench) -> None:
    url = bench.create_database("unified")
    bench.mainstem("db", "migrate", url=url)
    config = bench.folder / "direct_mail.toml"
    shutil.copy(SAMPLE_CONFIG, config)
    bench.mainstem("unify", "plan", str(config), url=url)
    run = bench.mainstem("unify", "run", str(config), url=url)
    verify = bench.mainstem("unify", "verify", str(config), url=url)
    loaded = _loaded(url)
    raw = _raw(bench, "raw_unified", url, loaded)
    with_map = _raw(bench, "raw_with_map", url, [*loaded, *_legacy_partitions(url)])
    header = ("", "seconds", "ratio to raw", "CPU seconds, ours + server's", "peak memory")
    rows = [
        ("raw COPY, indexes, constraints", *raw.cells(raw)),
        ("the same and the id map's rows", *with_map.cells(raw)),
        ("mainstem unify run", *run.cells(raw)),
        ("mainstem unify verify", *verify.cells(raw)),
    ]
    table("Into the unified schema", header, rows)
    print(f"\nrun / raw with the id map: {run.wall_s / with_map.wall_s:.2f}")
    print(f"verify / run: {verify.wall_s / run.wall_s:.2f} (limit 1.00)")


def _copied(bench: Bench, source: Path) -> tuple[str, Cost, float]:
    url = bench.create_database("copied")
    report = bench.folder / "copy.json"
    measured = bench.mainstem(
        "unify", "copy", str(source), "--database", url, "--json", str(report), url=url
    )
    return url, measured, json.loads(report.read_text())["verification"]["seconds"]


def _pgloader(bench: Bench, source: Path) -> Cost | None:
    if shutil.which("pgloader") is None:
        print("\npgloader is not installed (Debian: apt-get install pgloader); left out")
        return None
    bench.create_database("pgloaded")
    address = conninfo_to_dict(bench.server.url("pgloaded"))
    commands = bench.folder / "load.pgloader"
    commands.write_text(
        f"load database from sqlite://{source}\n"
        f"into postgresql://postgres@unix:{address['host']}:{address['port']}/pgloaded\n"
        "with include drop, create tables, create indexes, reset sequences,\n"
        "     prefetch rows = 10000, workers = 2, concurrency = 1;\n"
    )
    return bench.program("timeout", str(PGLOADER_LIMIT_S), "pgloader", str(commands))


def _print_copy(copied: Cost, verify_s: float, *, raw: Cost, pgloader: Cost | None) -> None:
    moving = copied.without(verify_s)

    def row(name: str, cost: Cost) -> tuple[str, ...]:
        rate = f"{pgloader.wall_s / cost.wall_s:.2f}" if pgloader else "not measured"
        return (name, *cost.cells(raw), rate)

    rows = [
        row("raw COPY, indexes, constraints", raw),
        row("mainstem unify copy, moving (CPU: with verifying)", moving),
    ]
    if pgloader:
        rows.append(row("pgloader", pgloader))
    header = ("", "seconds", "ratio to raw", "CPU seconds, ours + server's", "peak memory")
    table("One to one", (*header, "pgloader's seconds / these"), rows)
    print(f"\nverifying: {verify_s:.1f} s, {verify_s / moving.wall_s:.2f} of the move (limit 1.00)")


def _raw(bench: Bench, name: str, url: str, tables: Sequence[str]) -> Cost:
    """What it takes to COPY the tables' rows from files and build their indexes and constraints."""
    files = bench.folder / name
    files.mkdir()
    files.chmod(0o777)
    target = bench.create_database(name)
    dump = files / "schema.dump"
    bench.postgres("pg_dump", "-Fc", "--schema-only", "--no-owner", f"--file={dump}", url)
    bench.postgres("pg_restore", "--section=pre-data", f"--dbname={target}", str(dump))
    timed, before = _post_data(bench, dump, _objects(url, tables))
    _restore_entries(bench, target, dump, before)
    copies = [(f"{files}/{number}", _copy_list(url, leaf)) for number, leaf in enumerate(tables)]
    for file, columns in copies:
        _execute(url, f"copy {columns} to '{file}'")
    times: dict[str, float] = {}
    before_s = bench.server_cpu_s()
    with stopwatch(times, "raw"):
        for file, columns in copies:
            _execute(target, f"copy {columns} from '{file}'")
        _restore_entries(bench, target, dump, timed)
    cost = Cost(times["raw"], 0.0, bench.server_cpu_s() - before_s)
    _execute(bench.server.url("postgres"), f"drop database {name}")
    shutil.rmtree(files)
    return cost


def _post_data(bench: Bench, dump: Path, ours: set[str]) -> tuple[list[str], list[str]]:
    """Entries of the dump that build indexes and constraints of our tables, and of the others.

    Foreign keys of the other tables are left out: they would need ours, and those tables are empty.
    """
    listing = bench.postgres("pg_restore", "--list", "--section=post-data", str(dump))
    timed, before = [], []
    for line in listing.splitlines():
        kinds = ("INDEX", "CONSTRAINT", "FK CONSTRAINT")
        words = line.split()
        if line.startswith(";") or not any(f" {kind} " in line for kind in kinds):
            continue
        if ours & set(words):
            timed.append(line)
        elif " FK CONSTRAINT " not in line:
            before.append(line)
    return timed, before


def _restore_entries(bench: Bench, target: str, dump: Path, entries: Sequence[str]) -> None:
    listing = dump.with_suffix(".list")
    listing.write_text("\n".join(entries) + "\n")
    bench.postgres("pg_restore", f"--use-list={listing}", f"--dbname={target}", str(dump))


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def _query(url: str, statement: str, *parameters: object) -> list[str]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(statement.encode(), parameters)]


def _loaded(url: str) -> list[str]:
    """The tables that hold rows of the run: leaf partitions and plain tables of the targets."""
    return _query(
        url,
        """
        select format('%%I.%%I', n.nspname, c.relname)
        from pg_class as c
        join pg_namespace as n on n.oid = c.relnamespace
        where c.relkind = 'r' and c.reltuples > 0 and n.nspname in ('public', 'app')
          and exists (
              select from unify.legacy_map as m
              where m.target_schema = n.nspname
                and m.target_table in (c.relname, (
                    select p.relname from pg_inherits as i join pg_class as p on p.oid = i.inhparent
                    where i.inhrelid = c.oid)))
        order by 1
        """,
    )


def _legacy_partitions(url: str) -> list[str]:
    return _query(
        url,
        "select inhrelid::regclass::text from pg_inherits"
        " where inhparent = 'unify.legacy_id'::regclass order by 1",
    )


def _tables(url: str, schema: str) -> list[str]:
    return _query(
        url,
        "select format('%%I.%%I', schemaname, tablename) from pg_tables where schemaname = %s"
        " order by 1",
        schema,
    )


def _objects(url: str, tables: Sequence[str]) -> set[str]:
    """Names of the tables, the families of partitions they are of, and all their indexes."""
    return set(
        _query(
            url,
            """
            with leaf as (
                select oid from pg_class where oid = any (%s::regclass[])
            ), named as (
                select oid from leaf
                union
                select inhparent from pg_inherits where inhrelid in (select oid from leaf)
                union
                select inhrelid from pg_inherits where inhparent in (
                    select inhparent from pg_inherits where inhrelid in (select oid from leaf))
            )
            select relname::text from pg_class where oid in (select oid from named)
            union
            select c.relname::text from pg_index as i join pg_class as c on c.oid = i.indexrelid
            where i.indrelid in (select oid from named)
            """,
            list(tables),
        )
    )


def _copy_list(url: str, leaf: str) -> str:
    """A table with its columns but the generated ones, as COPY takes them."""
    columns = _query(
        url,
        "select quote_ident(attname) from pg_attribute where attrelid = %s::regclass"
        " and attnum > 0 and not attisdropped and attgenerated = '' order by attnum",
        leaf,
    )
    return f"{leaf} ({', '.join(columns)})"
