"""Passes over the sources until one is short enough to switch."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from mainstem.errors import ConfigError, UsageError
from mainstem.kit.wording import counted
from mainstem.pg.connect import clear_errors
from mainstem.unify.catalog.postgres import read_target
from mainstem.unify.files.ledger import account
from mainstem.unify.files.passes import FileCounts, carry_files, find_file_differences
from mainstem.unify.ledger import store
from mainstem.unify.move import preflight
from mainstem.unify.move.catchup.carry import carry_over
from mainstem.unify.move.catchup.memory import find_memory, forget_memory, make_memory
from mainstem.unify.move.catchup.refresh import find_differences, refresh
from mainstem.unify.move.catchup.rewound import find_rewound
from mainstem.unify.move.run import Move
from mainstem.unify.move.server_source import ServerSource, open_again
from mainstem.unify.move.session import LOCK_WAIT_S, open_session
from mainstem.unify.move.source import open_sources
from mainstem.unify.progress import Silence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.unify.files.passes import FilesDifference, LeftFile
    from mainstem.unify.ledger.rows import Account, Run
    from mainstem.unify.move.catchup.context import Left
    from mainstem.unify.move.catchup.refresh import Difference
    from mainstem.unify.move.session import Session
    from mainstem.unify.move.source import Source
    from mainstem.unify.plan.model import Plan
    from mainstem.unify.progress import Reporter

#: a pass that takes no longer is short enough to stop the old applications for
UNTIL_S: Final = 10.0
PASSES_MAX: Final = 20


@dataclass(frozen=True)
class Pass:
    """One pass: rows of the sources that were looked at, rows of the target that changed."""

    number: int
    looked_at: int
    inserted: int
    updated: int
    deleted: int
    #: tables that were read whole, and not only where something changed
    whole: int
    seconds: float
    #: files of the target that are new, were written over and taken away
    files: FileCounts = field(default_factory=FileCounts)
    #: of sources that went back in time: a line for people each
    rewound: tuple[str, ...] = ()

    def __str__(self) -> str:
        whole = f" ({counted(self.whole, 'table')} read whole)" if self.whole else ""
        files = f", {self.files}" if self.files != FileCounts() else ""
        return (
            f"pass {self.number}: {self.looked_at:,} rows looked at{whole}, {self.inserted:,} "
            f"inserted, {self.updated:,} updated, {self.deleted:,} deleted{files}, "
            f"{self.seconds:.1f} s"
        )


@dataclass(frozen=True)
class CaughtUp:
    """What a call of `catch_up` came to."""

    run: Run
    passes: tuple[Pass, ...]
    #: rows and files that are not as the sources say
    left: tuple[Left | LeftFile, ...]
    #: when the last pass began: what was written to the sources since is not in the target
    as_of: datetime
    #: what of it there is by now
    differences: tuple[Difference | FilesDifference, ...]
    is_short: bool
    #: where the files went, as of now
    files: tuple[Account, ...] = ()


def catch_up(
    plan: Plan,
    url: str,
    *,
    reporter: Reporter,
    until_s: float = UNTIL_S,
    is_forced: bool = False,
    is_last: bool = False,
    passes_max: int = PASSES_MAX,
    lock_wait_s: float = LOCK_WAIT_S,
) -> CaughtUp:
    """Bring the latest finished run of a plan up to date, until a pass is short enough.

    A pass that is killed is made again; the rows of one are carried over wholly or not at all, its
    files after them, one by one.
    `is_forced`: rows and files that people changed in the target are overwritten.
    `is_last`: one pass, after which what is remembered of the sources is dropped.

    Raises:
        UsageError: no run of the plan is finished.
        ConfigError: the plan was edited since.
        SourceError: a source cannot be read, or its tables changed.
        TargetError: the target's tables changed, or another run is under way.
        ServerError: a server failed; run again to go on.
        UnifyError: rows could not be accounted for; the target is as after the last pass.
    """
    passes: list[Pass] = []
    with (
        clear_errors(f"catch up with {plan.name} (run it again once that is mended)"),
        open_session(url, lock_wait_s=lock_wait_s) as session,
    ):
        run = _finished_run(session, plan)
        while True:
            began, as_of = time.monotonic(), datetime.now(UTC)
            done, left, sources = _pass(
                plan, session, run, reporter=reporter, is_forced=is_forced, began=began
            )
            reporter.say(str(done))
            passes.append(done)
            is_short = done.seconds <= until_s
            if is_short or is_last or len(passes) == passes_max:
                break
        differences = _differences(plan, session, run, sources)
        if is_last:
            forget_memory(session.main, run)
            session.main.commit()
        run = store.find_run(session.main, run.id)
        files = tuple(
            account(session.main, run.id, position, files)
            for position, files in enumerate(plan.files, start=1)
        )
        return CaughtUp(run, tuple(passes), left, as_of, differences, is_short, files)


def _finished_run(session: Session, plan: Plan) -> Run:
    connection = session.main
    store.ensure_schema(connection)
    connection.commit()
    for run in store.runs_named(connection, plan.name):
        if run.state != "finished":
            continue
        if run.plan_sha256 != plan.sha256:
            raise ConfigError(
                f"the plan {plan.directory} was edited after run {run.id} carried it out; undo the "
                f"edits, or take the run back with `mainstem unify undo {run.id}` and run again"
            )
        return run
    raise UsageError(f"no run of {plan.name} is finished; `mainstem unify run` comes first")


def _pass(
    plan: Plan, session: Session, run: Run, *, reporter: Reporter, is_forced: bool, began: float
) -> tuple[Pass, tuple[Left | LeftFile, ...], Mapping[str, Source]]:
    """One pass, committed: rows first, so that files find their owners; its sources, closed."""
    connection = session.main
    with open_sources(plan) as sources:
        preflight.check_plan(plan, sources)
        target = read_target(connection, plan.schema, plan.further_targets())
        targets = preflight.check_target(connection, plan, target)
        memory = find_memory(connection, run) or make_memory(connection, run)
        connection.commit()
        move = Move(plan, session, sources, reporter)
        described = move.described()
        rewound = tuple(find_rewound(store.find_run(connection, run.id), described))
        for line in rewound:
            reporter.say(line)
        refreshed = refresh(move, memory, targets)
        reporter.step("carry over", None)
        carried = carry_over(move, run, memory, targets, is_forced=is_forced)
        for source in sources.values():
            source.check_unchanged()
        done = Pass(
            _next_number(session, run),
            refreshed.looked_at,
            **asdict(carried.counts),
            whole=len(refreshed.whole),
            seconds=time.monotonic() - began,
            rewound=rewound,
        )
        store.set_source(connection, run.id, described)
        _save(session, run, done)
        if not plan.files:
            return done, carried.left, sources
        files = carry_files(
            connection,
            run,
            memory,
            plan,
            move.servers(),
            reporter=reporter,
            is_forced=is_forced,
        )
        done = replace(done, files=files.counts, seconds=time.monotonic() - began)
        _save(session, run, done)
    return done, (*carried.left, *files.left), sources


def _save(session: Session, run: Run, done: Pass) -> None:
    """Write what a pass did so far; commits."""
    store.save_step(
        session.main,
        run.id,
        name=f"catch-up {done.number}",
        position=5,
        row_count=done.inserted + done.updated + done.deleted,
        detail=asdict(done),
    )
    # What a pass says is done must be on disk: people switch on its word.
    session.main.execute("set local synchronous_commit = on")
    session.main.commit()


def _differences(
    plan: Plan, session: Session, run: Run, sources: Mapping[str, Source]
) -> tuple[Difference | FilesDifference, ...]:
    memory = find_memory(session.main, run)
    assert memory is not None
    with ExitStack() as stack:
        now = {
            name: stack.enter_context(open_again(source))
            for name, source in sources.items()
            if isinstance(source, ServerSource)
        }
        move = Move(plan, session, now, Silence())
        found = find_differences(move, memory)
        files = find_file_differences(session.main, run, memory, plan, move.servers())
    session.main.commit()
    return (*found, *files)


def _next_number(session: Session, run: Run) -> int:
    names = store.step_names(session.main, run.id)
    return 1 + sum(name.startswith("catch-up ") for name in names)
