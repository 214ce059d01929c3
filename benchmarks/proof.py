"""How long the isolation proof of our own schema takes.

Whole processes of the command as people run it, against an embedded server on the same machine with
every migration applied and nothing else. The proof makes its own rows, so that an empty database is
the usual case; it is repeated with rows already there, which the proof must not become slow for.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.harness import MEBIBYTE, Measured, machine, run_measured, table, workspace
from mainstem.db.migrate import migrate
from mainstem.pg.connect import connect
from mainstem.pg.embedded import EmbeddedServer
from mainstem.unify.isolation import Verdict, prove

if TYPE_CHECKING:
    from mainstem.unify.isolation import Proof

MAINSTEM = str(Path(sys.executable).parent / "mainstem")
LIMIT_S = 30.0
TABLES_MIN = 90
ROWS = 50_000
RUNS = 3
AGENCIES = 50
FILL = f"""
insert into agency (name, slug)
select 'Agency ' || n, 'agency-' || n from generate_series(1, {AGENCIES}) as n;
insert into client (agency_id, name)
select id, 'Client ' || n from agency, generate_series(1, {ROWS // AGENCIES}) as n;
"""


@dataclass(frozen=True)
class Case:
    """One database: what is in it, and the best of its runs."""

    name: str
    run: Measured


def main() -> None:
    """Measure and print."""
    print(f"\n## proof\n\n{machine()}")
    with workspace("proof") as folder:
        server = EmbeddedServer(folder / "home")
        server.start()
        try:
            cases, proof = _measure(server.url())
        finally:
            server.stop()
    tables = sum("table" in each.kind for each in proof.objects)
    assert tables >= TABLES_MIN, "the schema is whole"
    told = ", ".join(f"{proof.counts[verdict]} {verdict.value}" for verdict in Verdict)
    title = (
        f"{tables} tables, {len(proof.objects) - tables} partitions, views and functions, "
        f"{proof.attempt_count:,} attempts: {told}"
    )
    header = ("database", "seconds", "limit", "ratio to limit", "CPU seconds", "peak memory")
    table(title, header, [_row(case) for case in cases])
    print(f"\nThe best of {RUNS} runs of each.")


def _measure(url: str) -> tuple[list[Case], Proof]:
    with connect(url) as owner:
        migrate(owner)
    proof = prove(url)
    cases = [Case("no rows", _best(url))]
    with connect(url) as owner:
        owner.execute(FILL.encode())
        owner.commit()
        owner.autocommit = True
        owner.execute("vacuum analyze")
    return [*cases, Case(f"{ROWS:,} clients of {AGENCIES} agencies", _best(url))], proof


def _best(url: str) -> Measured:
    command = [MAINSTEM, "verify", "isolation", "--database", url, "--json"]
    return min((run_measured(command) for _ in range(RUNS)), key=lambda run: run.wall_s)


def _row(case: Case) -> list[str]:
    return [
        case.name,
        f"{case.run.wall_s:.1f}",
        f"{LIMIT_S:.0f}",
        f"{case.run.wall_s / LIMIT_S:.2f}",
        f"{case.run.cpu_s:.1f}",
        f"{case.run.peak_bytes / MEBIBYTE:.0f} MiB",
    ]
