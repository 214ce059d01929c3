"""How long a merge of live PostgreSQL databases takes against dumping and restoring them.

MAINSTEM_BENCH_ROWS sets the size (default 4,000,000 rows in all four sources together). Sources and
target are databases of one embedded server with the settings that users get, fsync on. `unify run`
transforms, merges, derives tenants, builds indexes and constraints, and backs the target up;
`unify verify` compares every value. `pg_dump -Fd -j2` and `pg_restore -j2` copy the same tables one
to one and verify nothing; their default, compressed, is what the ratio is taken from, and what they
take without compression stands beside it.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import tomlkit

from benchmarks.harness import machine, run_measured, table
from benchmarks.server import Bench, Cost, open_bench

if TYPE_CHECKING:
    from collections.abc import Mapping

SAMPLE_CONFIG = Path("samples/five_way.toml")
#: source of the config -> module of `samples` that makes it
SOURCES = {
    "revos": "revos_legacy",
    "audience": "audience_legacy",
    "mail": "mail_postgres",
    "persona": "persona_legacy",
}
JOBS = "--jobs=2"
LIMIT = 2.5


def main() -> None:
    """Measure and print."""
    with open_bench("merge") as bench:
        _measure(bench)


def _measure(bench: Bench) -> None:
    addresses = {name: _make_source(bench, name) for name in SOURCES}
    print(f"## merge: {bench.rows:,} rows in {len(addresses)} PostgreSQL databases")
    print(machine())
    config = _write_config(bench.folder, addresses)
    url = bench.create_database("unified")
    bench.mainstem("db", "migrate", url=url)
    plan = bench.mainstem("unify", "plan", str(config), url=url)
    run = bench.mainstem("unify", "run", str(config), url=url)
    verify = bench.mainstem("unify", "verify", str(config), url=url)
    dumped = _dump_and_restore(bench, addresses)
    plain = _dump_and_restore(bench, addresses, "--compress=none")
    header = ("", "seconds", "ratio to dump and restore", "CPU seconds, ours + server's", "memory")
    table(
        "Four PostgreSQL databases into the unified schema",
        header,
        [
            ("pg_dump -Fd -j2, pg_restore -j2", *dumped.cells(dumped)),
            ("the same without compression", *plain.cells(dumped)),
            ("mainstem unify plan", *plan.cells(dumped)),
            ("mainstem unify run", *run.cells(dumped)),
            ("mainstem unify verify", *verify.cells(dumped)),
        ],
    )
    ratio = (run.wall_s + verify.wall_s) / dumped.wall_s
    print(f"\n(run + verify) / (dump + restore): {ratio:.2f} (limit {LIMIT:.2f})")
    ratio = (run.wall_s + verify.wall_s) / plain.wall_s
    print(f"(run + verify) / (dump + restore without compression): {ratio:.2f}")


def _make_source(bench: Bench, name: str) -> str:
    url = bench.create_database(name)
    rows = str(bench.rows // len(SOURCES))
    run_measured([sys.executable, "-m", f"samples.{SOURCES[name]}", url, "--rows", rows])
    return url


def _write_config(folder: Path, addresses: Mapping[str, str]) -> Path:
    """The five-way merge without its SQLite file, and without files of buckets."""
    with SAMPLE_CONFIG.open(encoding="utf-8") as file:
        document = tomlkit.load(file).unwrap()
    document.pop("files", None)
    document["source"] = [one for one in document["source"] if one["name"] in addresses]
    for source in document["source"]:
        source["postgres"] = addresses[source["name"]]
        aside = document["tables"][source["name"]].setdefault("storage.objects", {})
        aside["archive"] = "files are not measured"
    document["tables"] = {name: document["tables"][name] for name in addresses}
    path = folder / "merge.toml"
    path.write_text(tomlkit.dumps(document), "utf-8")
    return path


def _dump_and_restore(bench: Bench, addresses: Mapping[str, str], *options: str) -> Cost:
    """Each database into a folder and from there into a new one, one database after the other."""
    total = Cost(0.0, 0.0, 0.0)
    programs = bench.server.bin_dir
    for name, url in addresses.items():
        files, target = bench.folder / f"{name}.dump", bench.create_database(f"{name}_restored")
        dump = ("--format=directory", JOBS, *options, f"--file={files}", url)
        total += bench.program(str(programs / "pg_dump"), *dump)
        total += bench.program(str(programs / "pg_restore"), JOBS, f"--dbname={target}", str(files))
        bench.drop_database(f"{name}_restored")
        shutil.rmtree(files)
    return total
