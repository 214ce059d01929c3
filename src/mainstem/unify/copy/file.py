"""The whole of `mainstem unify copy`: which run it is, carrying it out, taking it back."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from mainstem.errors import MainstemError, TargetError
from mainstem.pg.connect import clear_errors
from mainstem.unify.catalog.sqlite import open_source, read_catalog
from mainstem.unify.copy.copying import Copying
from mainstem.unify.copy.design import target_names
from mainstem.unify.copy.names import fitted
from mainstem.unify.copy.outcome import read_report
from mainstem.unify.copy.publish import check_free, relation_names
from mainstem.unify.ledger import store
from mainstem.unify.move.session import open_session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mainstem.unify.catalog.model import Catalog
    from mainstem.unify.catalog.sqlite import SqliteSource
    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.move.session import Session
    from mainstem.unify.progress import Reporter
    from mainstem.unify.report import Report


@contextmanager
def copy_file(path: Path, url: str, schema: str, *, reporter: Reporter) -> Iterator[Report]:
    """Copy a SQLite file into new tables of a schema, or go on with a copy that was killed.

    Gives the report, whose ledger can be read inside the `with`. A finished copy of the same file
    is left alone.

    Raises:
        SourceError: the file cannot be read, or changed; nothing is left of the copy.
        TargetError: the schema has tables of these names; nothing was made.
        ServerError: the server failed. Its disk full: nothing is left of the copy. Unreachable:
            what is done stays, run again to go on.
    """
    with open_source(path) as source:
        catalog = read_catalog(source)
        with (
            clear_errors(f"copy {path.name} (once that is mended, run it again)"),
            open_session(url) as session,
        ):
            run, note = _copy(session, source, catalog, url=url, schema=schema, reporter=reporter)
            yield read_report(session.main, run, notes=note)


def _copy(
    session: Session,
    source: SqliteSource,
    catalog: Catalog,
    *,
    url: str,
    schema: str,
    reporter: Reporter,
) -> tuple[Run, list[str]]:
    connection = session.main
    _check_schema_name(schema)
    if connection.info.parameter_status("server_encoding") != "UTF8":
        raise TargetError("the database does not store UTF-8; make one with ENCODING 'UTF8'")
    for one in (session.main, session.helper):
        one.rollback()
        one.autocommit = True  # every step opens the transaction that it needs
    with connection.transaction():
        store.ensure_schema(connection)
    run = _earlier_run(session, source, catalog, schema)
    if run is not None and run.state == "finished":
        return run, [f"{source.path.name} was copied by run {run.id}: there is nothing to do."]
    if run is None:
        check_free(connection, schema, target_names(catalog).values())
        run = _begin(session, source, schema)
    else:
        reporter.say(f"going on with run {run.id}, begun {run.started_at:%Y-%m-%d %H:%M} UTC")
    try:
        Copying(
            source,
            catalog,
            run,
            connection=connection,
            second=session.helper,
            url=url,
            reporter=reporter,
        ).execute()
    except (MainstemError, psycopg.errors.DiskFull):
        _discard(session, run)
        raise
    return run, []


def _check_schema_name(schema: str) -> None:
    is_reserved = schema.startswith(("pg_", "unify")) or schema == "information_schema"
    if not schema or is_reserved or schema != fitted(schema):
        raise TargetError(f'"{schema}" cannot be the schema of the tables; name another')


def _earlier_run(
    session: Session, source: SqliteSource, catalog: Catalog, schema: str
) -> Run | None:
    """The run to go on with, or the finished one of the same file whose tables still stand."""
    fingerprint = source.opened.as_dict()
    for run in store.runs_named(session.main, source.path.name, kind="copy"):
        if run.schema_name != schema or run.source.get("path") != str(source.path):
            continue
        is_same = run.source.get("fingerprint") == fingerprint
        if run.is_open:
            if is_same:
                return run
            _discard(session, run)
        elif run.state == "finished":
            names = set(target_names(catalog).values())
            stands = names <= relation_names(session.main, schema)
            if is_same and stands:
                return run
    return None


def _begin(session: Session, source: SqliteSource, schema: str) -> Run:
    return store.create_run(
        session.main,
        kind="copy",
        name=source.path.name,
        plan_sha256=hashlib.sha256(f"copy into {schema}".encode()).hexdigest(),
        source={
            "name": source.path.name,
            "path": str(source.path),
            "fingerprint": source.opened.as_dict(),
        },
        schema_name=schema,
    )


def _discard(session: Session, run: Run) -> None:
    """Leave nothing of an unfinished copy but the note that it failed."""
    for connection in (session.main, session.helper):
        connection.rollback()
    with session.main.transaction():
        schema = sql.Identifier(run.staging_schema)
        session.main.execute(sql.SQL("drop schema if exists {} cascade").format(schema))
        for table in ("ledger", "quarantine", "table_result", "step"):
            session.main.execute(
                sql.SQL("delete from unify.{} where run_id = %s").format(sql.Identifier(table)),
                (run.id,),
            )
        store.set_state(session.main, run.id, "failed")
