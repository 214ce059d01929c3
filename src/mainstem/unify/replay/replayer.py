"""Replays folders of migrations, one after another, on one scratch cluster."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mainstem.kit.path_text import path_text
from mainstem.unify.replay.files import Order, Ordering, SourceFile, read_files
from mainstem.unify.replay.limits import DEFAULT_LIMITS, Limits
from mainstem.unify.replay.replaying import Replaying, failed_statements
from mainstem.unify.replay.running import Runner
from mainstem.unify.replay.scratch import Scratch, open_scratch
from mainstem.unify.replay.session import Session
from mainstem.unify.replay.syntax import Step, steps_of
from mainstem.unify.replay.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from mainstem.unify.replay.model import FailedStatement, Replay
    from mainstem.unify.replay.replaying import OnProgress

_OF_PLATFORM: Final = re.compile(
    r"\bauth\s*\.\s*(?:users|uid|jwt|role|email)\b|\bstorage\s*\.\s*(?:buckets|objects)\b"
    r"|\b(?:authenticated|service_role|supabase_\w+)\b",
    re.IGNORECASE,
)


@contextmanager
def open_replayer(limits: Limits = DEFAULT_LIMITS) -> Iterator[Replayer]:
    """Start a scratch cluster for replays; nothing of it remains afterwards.

    Raises:
        ServerError: it does not start.
    """
    with open_scratch() as scratch:
        watchdog = Watchdog(scratch, limits)
        replayer = Replayer(scratch, limits, watchdog)
        try:
            yield replayer
        finally:
            replayer.close()
            watchdog.close()


class Replayer:
    """Replays folders; a document's statements are tried on what the last one built."""

    def __init__(self, scratch: Scratch, limits: Limits, watchdog: Watchdog) -> None:
        self._scratch = scratch
        self._limits = limits
        self._watchdog = watchdog
        self._session: Session | None = None
        self._has_database = False

    def replay(
        self,
        folder: Path,
        *,
        root: Path,
        base: Path | None = None,
        on_progress: OnProgress | None = None,
    ) -> Replay:
        """Replay the migrations of a folder.

        Args:
            folder: where they are, at any depth; or one file.
            root: the audited folder: what the paths in the result are relative to.
            base: a file that the migrations build on, which is run before them.
            on_progress: told before each file.

        Where the order is ambiguous two are tried, and the one with fewer failures is kept.
        """
        ordering = read_files(folder, root=root, limits=self._limits)
        if base is not None:
            ordering = ordering.on(read_files(base, root=root, limits=self._limits).order)
        first = self._replay(ordering.order, folder, root, on_progress)
        if ordering.other is None or not first.failed:
            return _noted(first, ordering)
        self._close_session()
        self._scratch.set_aside()
        second = self._replay(ordering.other, folder, root, on_progress)
        if len(second.failed) < len(first.failed):
            return _noted(second, ordering, first)
        self._close_session()
        self._scratch.bring_back()
        return _noted(first, ordering, second)

    @property
    def url(self) -> str:
        """The database that the last replay built, to read as its superuser while this is open."""
        return self._scratch.result_url

    def try_block(self, sql: str, *, file: str, line: int) -> tuple[FailedStatement, ...]:
        """Try a block of SQL on what the last replay built; nothing of it remains.

        Before the first replay there is what the platform provides, and nothing else.

        Args:
            sql: its statements; those that open or end a transaction are passed over.
            file: the document that shows it.
            line: where its first line stands there.
        """
        if not self._has_database:
            self._renew(has_platform=True)
        session = self._opened()
        steps = [
            replace(step, statement=replace(step.statement, line=step.line + line - 1))
            for step in steps_of(file, sql, first=0)
            if step.kind != "TransactionStmt"
        ]
        runner = Runner(session, self._watchdog, self._limits)
        session.run("begin")
        runner.run_in_transaction(steps)
        session.run("rollback")
        session.reset()
        return failed_statements(steps, runner.record.complaints, recovered=frozenset())

    def close(self) -> None:
        """End its connections."""
        self._close_session()

    def _replay(
        self, order: Order, folder: Path, root: Path, on_progress: OnProgress | None
    ) -> Replay:
        self._renew(has_platform=_has_platform(folder, order.files))
        session = self._opened()
        runner = Runner(session, self._watchdog, self._limits)
        replaying = Replaying(runner, session, _numbered(order.files))
        return replaying.run(_shown(folder, root), order.name, on_progress)

    def _renew(self, *, has_platform: bool) -> None:
        self._watchdog.renew()
        self._close_session()
        self._scratch.renew(has_platform=has_platform)
        self._has_database = True

    def _opened(self) -> Session:
        if self._session is None:
            self._session = Session(self._scratch, self._limits, self._watchdog)
        return self._session

    def _close_session(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None


def _noted(kept: Replay, ordering: Ordering, other: Replay | None = None) -> Replay:
    """The replay with what is to be said about its files and their order."""
    notes = ordering.notes
    if other is not None:
        tried = (
            f"two orders were tried: by {kept.order}, {len(kept.failed)} statements fail and this "
            f"one is kept; by {other.order}, {len(other.failed)} fail"
        )
        notes = (*notes, tried)
    skipped = ordering.skipped + kept.skipped
    return replace(kept, order_notes=notes, skipped=skipped, base=ordering.base)


def _has_platform(folder: Path, files: Sequence[SourceFile]) -> bool:
    is_told = "supabase" in folder.parts
    return is_told or any(_OF_PLATFORM.search(file.script) for file in files)


def _numbered(files: Sequence[SourceFile]) -> list[tuple[SourceFile, list[Step]]]:
    """The files with their steps, which are counted through all of them."""
    numbered = []
    first = 0
    for file in files:
        steps = list(steps_of(file.path, file.script, first=first))
        first += len(steps)
        numbered.append((file, steps))
    return numbered


def _shown(folder: Path, root: Path) -> str:
    return path_text(folder.relative_to(root))
