"""Carrying a plan out, from wherever an earlier attempt stopped."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from mainstem.errors import ConfigError, SourceError, TargetError, UnifyError
from mainstem.pg.connect import clear_errors
from mainstem.unify.catalog.postgres import read_target
from mainstem.unify.files.copying import move_files
from mainstem.unify.files.ledger import account
from mainstem.unify.ledger import store
from mainstem.unify.ledger.rows import Account, Run
from mainstem.unify.move import preflight
from mainstem.unify.move.archive import archive_tasks, write_archives
from mainstem.unify.move.backup import STEP as BACKUP_STEP
from mainstem.unify.move.backup import back_up
from mainstem.unify.move.decisions import write_decisions
from mainstem.unify.move.loading import load_all
from mainstem.unify.move.prepared import read_prepared
from mainstem.unify.move.server_source import ServerSource
from mainstem.unify.move.session import LOCK_WAIT_S, open_session
from mainstem.unify.move.source import open_sources, same_source
from mainstem.unify.move.staging import stage_all
from mainstem.unify.move.undo import take_back

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mainstem.unify.catalog.model import NotCarried
    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.catalog.postgres_source import PostgresSource
    from mainstem.unify.move.backup import Backup
    from mainstem.unify.move.session import Session
    from mainstem.unify.move.source import Source
    from mainstem.unify.plan.model import Plan
    from mainstem.unify.progress import Reporter


@dataclass(frozen=True)
class Outcome:
    """What a call of `run_plan` did."""

    run: Run
    accounts: tuple[Account, ...]
    not_carried: tuple[NotCarried, ...]
    #: everything was done before
    was_finished: bool = False


@dataclass(frozen=True)
class Move:
    """One plan on its way into one target."""

    plan: Plan
    session: Session
    sources: Mapping[str, Source]
    reporter: Reporter
    backup: Backup | None = None
    #: of each table's rows so much is moved; None: all
    share: float | None = None

    def described(self) -> dict[str, object]:
        """Which sources are moved, and in which state, by what the ledger calls them."""
        return {
            source.planned.name or self.plan.name: {
                "kind": source.planned.kind.value,
                "location": source.planned.location,
                "identity": source.identify(),
                "transaction": source.next_transaction(),
                "not_carried": [asdict(lost) for lost in source.catalog.not_carried],
            }
            for source in self.sources.values()
        }

    def servers(self) -> dict[str, PostgresSource]:
        """The sources that are servers, which may hold the metadata of files."""
        return {
            name: source.server
            for name, source in self.sources.items()
            if isinstance(source, ServerSource)
        }

    def changed(self, run: Run) -> list[str]:
        """The sources that are not as a run read them."""
        return [
            source.planned.shown
            for source in self.sources.values()
            if not same_source(run, source, source.planned.name or self.plan.name)
        ]


def run_plan(
    plan: Plan,
    url: str,
    *,
    reporter: Reporter,
    backup: Backup | None = None,
    share: float | None = None,
    lock_wait_s: float = LOCK_WAIT_S,
) -> Outcome:
    """Carry a plan out, or go on with a run that was killed; a finished one is left alone.

    `backup`: how the target is backed up before anything is written; None: by somebody else.
    `share`: of each table only so much, for a rehearsal.

    Raises:
        ConfigError: the plan has open questions or does not work; the target is as before.
        SourceError: a source changed or cannot be read.
        TargetError: the target holds other data or is in use by another run.
        ServerError: the server failed; what is done so far stays, run again to go on.
        UnifyError: rows could not be accounted for; the target is as before.
    """
    with open_sources(plan) as sources:
        preflight.check_plan(plan, sources)
        with (
            clear_errors(f"go on with {plan.name} (run it again once that is mended)"),
            open_session(url, lock_wait_s=lock_wait_s) as session,
        ):
            move = Move(plan, session, sources, reporter, backup, share)
            outcome = _run(move)
            return replace(outcome, accounts=(*outcome.accounts, *_move_files(move, outcome.run)))


def _run(move: Move) -> Outcome:
    connection = move.session.main
    store.ensure_schema(connection)
    connection.commit()
    run = _earlier_run(move)
    if run is not None and run.state == "finished":
        return _outcome(move, run, was_finished=True)
    prepared = read_prepared(connection, run) if run is not None else None
    if prepared is not None:
        targets: Mapping[str, TargetTable] = prepared.targets
    else:
        target = read_target(connection, move.plan.schema, move.plan.further_targets())
        targets = preflight.check_target(connection, move.plan, target)
    if run is None:
        run = _begin(move, targets)
    else:
        move.reporter.say(f"going on with run {run.id}, begun {run.started_at:%Y-%m-%d %H:%M} UTC")
    _stage(move, run)
    try:
        load_all(move, run, targets)
    except (UnifyError, ConfigError, TargetError) as error:
        connection.rollback()
        take_back(move.session, run, state="failed")
        raise type(error)(f"{error} (run {run.id} was taken back)") from error
    return _outcome(move, store.find_run(connection, run.id))


def _move_files(move: Move, run: Run) -> Iterator[Account]:
    """Copy the files that are not copied yet, once all rows are there; their accounts."""
    move_files(move.session.main, run, move.plan, move.servers(), reporter=move.reporter)
    for position, files in enumerate(move.plan.files, start=1):
        yield account(move.session.main, run.id, position, files)


def _earlier_run(move: Move) -> Run | None:
    """The run to go on with, or the finished one that makes this call needless; else None."""
    connection, plan = move.session.main, move.plan
    for run in store.runs_named(connection, plan.name):
        if run.state in {"undone", "failed"}:
            continue
        is_same_plan = run.plan_sha256 == plan.sha256
        changed = move.changed(run)
        is_same_source = not changed
        if run.state == "finished":
            return run if is_same_plan and is_same_source else None
        if run.state == "staging" and not (is_same_plan and is_same_source):
            # Nothing of it reached the target: begin anew.
            take_back(move.session, run, state="failed")
            return None
        if not is_same_plan:
            raise ConfigError(
                f"the plan {plan.directory} was edited after run {run.id} began to load; undo the "
                f"edits, or take the run back with `mainstem unify undo {run.id}`"
            )
        if not is_same_source:
            raise SourceError(
                f"{', '.join(changed)} changed after run {run.id} began to load; take the run back "
                f"with `mainstem unify undo {run.id}` and run again"
            )
        return run
    return None


def _begin(move: Move, targets: Mapping[str, TargetTable]) -> Run:
    connection, plan = move.session.main, move.plan
    preflight.check_empty(connection, plan, targets)
    preflight.check_disk(connection, sum(source.size_bytes for source in move.sources.values()))
    backed_up = None
    if move.backup is not None:
        move.reporter.step("backup", None)
        is_needed = preflight.has_rows(connection, plan)
        backed_up = back_up(connection, move.session.url, move.backup, is_needed=is_needed)
        move.reporter.say(str(backed_up))
    run = store.create_run(
        connection,
        kind="run",
        name=plan.name,
        plan_sha256=plan.sha256,
        source=move.described(),
        schema_name=plan.schema,
    )
    connection.execute(f"create schema {run.staging_schema}")
    connection.execute(f"revoke all on schema {run.staging_schema} from public")
    if backed_up is not None:
        store.save_step(connection, run.id, name=BACKUP_STEP, detail=asdict(backed_up))
    write_decisions(connection, run, plan, sources=move.sources)
    connection.commit()
    return run


def _stage(move: Move, run: Run) -> None:
    """Read every table; no source may have changed when the last one is read."""
    if run.state != "staging" and _is_loaded(move, run):
        return
    loaded = store.step_names(move.session.main, run.id)
    left = []
    dropped = []
    for planned in move.plan.tables:
        if planned.into is None:
            (rows,) = move.sources[planned.source].count(planned)
            account = Account(planned.name, None, rows, dropped=rows)
            dropped.append((planned.source or move.plan.name, account))
        elif f"load {planned.into}" not in loaded:
            left.append(planned)
    store.set_accounts(move.session.main, run.id, dropped)
    move.session.main.commit()
    archives = (archive_tasks(move.plan, run, source) for source in move.sources.values())
    stage_all(move, run, left, beside=chain.from_iterable(archives))
    for source in move.sources.values():
        write_archives(move.plan, run, source)
        source.check_unchanged()


def _is_loaded(move: Move, run: Run) -> bool:
    names = {f"load {table.into}" for table in move.plan.moved()}
    steps = store.read_steps(move.session.main, run.id, names)
    return all(name in steps and steps[name].is_done for name in names)


def _outcome(move: Move, run: Run, *, was_finished: bool = False) -> Outcome:
    accounts = store.read_accounts(move.session.main, run.id)
    by_name = {account.source_table: account for account in accounts}
    return Outcome(
        run=run,
        accounts=tuple(by_name[table.name] for table in move.plan.tables if table.name in by_name),
        not_carried=tuple(
            lost for source in move.sources.values() for lost in source.catalog.not_carried
        ),
        was_finished=was_finished,
    )
