"""A plan carried out on a scratch copy of the target: what would happen, and how long it takes."""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg import sql

from mainstem.errors import ConfigError, TargetError
from mainstem.pg.connect import connect
from mainstem.pg.scratch import scratch_server
from mainstem.pg.tools import bin_dir_for, call, last_words
from mainstem.unify.move.preflight import check_answered
from mainstem.unify.move.report import report_of
from mainstem.unify.move.run import run_plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.pg.scratch import ScratchServer
    from mainstem.unify.plan.model import Plan
    from mainstem.unify.progress import Reporter
    from mainstem.unify.report import Report

    Connection = psycopg.Connection[TupleRow]

_DATABASE = "rehearsal"
_SHOWN_MAX = 5


@dataclass(frozen=True)
class Rehearsal:
    """What a rehearsal showed. `url` is the scratch copy's, as long as it is there."""

    url: str
    report: Report
    copy_s: float
    run_s: float
    #: what of the target could not be copied, as the server said it
    not_copied: Sequence[str]


@contextmanager
def rehearse(
    plan: Plan, url: str, *, reporter: Reporter, share: float | None = None
) -> Iterator[Rehearsal]:
    """Copy the target to a scratch server and carry the plan out there; both are then removed.

    `share`: of each table only so much (0 to 1), with all rows that those point at.

    Raises what `run_plan` raises; the target itself is only read.
    """
    check_answered(plan)
    with scratch_server() as server, tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        reporter.step("copy the target", None)
        not_copied = _copy(url, server, Path(folder) / "target.dump")
        copied = time.monotonic()
        scratch_url = server.url(_DATABASE)
        own = replace(plan, directory=Path(folder), files=())
        try:
            outcome = run_plan(own, scratch_url, reporter=reporter, share=share)
        except ConfigError as error:
            # What must be mended stands in the plan's own directory.
            raise ConfigError(str(error).replace(folder, str(plan.directory))) from error
        finished = time.monotonic()
        with connect(scratch_url) as connection:
            yield Rehearsal(
                url=scratch_url,
                report=replace(report_of(connection, outcome), notes=()),
                copy_s=copied - started,
                run_s=finished - copied,
                not_copied=not_copied,
            )


def _copy(url: str, server: ScratchServer, dump: Path) -> list[str]:
    """The target's schema and rows, without the ledger of runs; what could not be copied."""
    server.create_database(_DATABASE)
    with connect(url) as connection, connect(server.url(_DATABASE)) as scratch:
        _make_roles(connection, scratch)
        program = bin_dir_for(connection) / "pg_dump"
    options = ["--format=custom", "--compress=0", "--no-owner", "--exclude-schema=unify"]
    done = call(program, url, *options, "--file", str(dump))
    if done.returncode:
        raise TargetError(f"the target cannot be copied for the rehearsal: {last_words(done)}")
    done = call(server.bin_dir / "pg_restore", server.url(_DATABASE), "--no-owner", str(dump))
    said = [line for line in done.stderr.splitlines() if "error: could not execute" in line]
    return [line.partition("ERROR:")[2].strip() or line for line in said][:_SHOWN_MAX]


def _make_roles(connection: Connection, scratch: Connection) -> None:
    """Roles that policies and grants name, without rights of their own."""
    rows = connection.execute(
        "select rolname, rolbypassrls from pg_roles where rolname !~ '^pg_' and not rolsuper"
    ).fetchall()
    for name, is_bypassing in rows:
        there = scratch.execute("select from pg_roles where rolname = %s", (name,)).fetchone()
        if there is None:
            option = sql.SQL(" bypassrls" if is_bypassing else "")
            scratch.execute(sql.SQL("create role {}").format(sql.Identifier(name)) + option)
    scratch.commit()
