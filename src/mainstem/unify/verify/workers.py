"""Both sides at once: two processes for large tables, one after the other for small ones.

The two processes are new interpreters with one hash seed of their own between them, so that equal
texts have equal hashes in both. They are started by name and not by `multiprocessing`, which would
run the caller's main script again in each.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Pipe, wait
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, TypeVar, cast

from mainstem.errors import UnifyError
from mainstem.unify.verify import serve
from mainstem.unify.verify.source_side import SourceSide
from mainstem.unify.verify.target_side import TargetSide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path

    from mainstem.unify.verify.model import Comparison
    from mainstem.unify.verify.passes import Side

#: fewer rows than this are not worth two interpreters' start
PARALLEL_ROWS_MIN: Final = 100_000

_SEED_MAX: Final = 2**32 - 1

Result = TypeVar("Result")
Advance: TypeAlias = "Callable[[int], None]"
Walk: TypeAlias = "Callable[[Side, Comparison, Advance], Result]"


class Sides(Protocol):
    """Where passes run."""

    def walk(
        self, tasks: Sequence[tuple[Walk[Result], Comparison]], advance: Advance
    ) -> list[tuple[Result, Result]]:
        """Run each pass over both sides; the results of source and target, in the same order."""


@contextmanager
def open_sides(path: Path, url: str, *, rows: int) -> Iterator[Sides]:
    """Open both sides of a comparison of so many rows.

    Raises SourceError or ServerError when one of them cannot be opened.
    """
    with ExitStack() as stack:
        if rows < PARALLEL_ROWS_MIN:
            source = stack.enter_context(SourceSide(path, url))
            yield _OneAfterTheOther(source, stack.enter_context(TargetSide(url)))
            return
        seed = str(secrets.randbelow(_SEED_MAX) + 1)
        workers = [
            _Worker.start("source", (str(path), url), seed=seed, stack=stack),
            _Worker.start("target", (url,), seed=seed, stack=stack),
        ]
        probes = {worker.receive(lambda _: None) for worker in workers}
        if len(probes) > 1:
            raise UnifyError("the interpreter ignores PYTHONHASHSEED; run it without -E and -I")
        yield _AtOnce(workers)


@dataclass(frozen=True)
class _OneAfterTheOther:
    source: SourceSide
    target: TargetSide

    def walk(
        self, tasks: Sequence[tuple[Walk[Result], Comparison]], advance: Advance
    ) -> list[tuple[Result, Result]]:
        return [
            (
                do(self.source, comparison, advance),
                do(self.target, comparison, advance),
            )
            for do, comparison in tasks
        ]


@dataclass
class _Worker:
    """A process that serves one side."""

    connection: Connection[Any, Any]
    answers: list[object] = field(default_factory=list)

    @classmethod
    def start(
        cls, side: str, arguments: tuple[str, ...], *, seed: str, stack: ExitStack
    ) -> _Worker:
        ours, theirs = Pipe()
        number = str(theirs.fileno())
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", f"from {serve.__name__} import main; main()", number],
            pass_fds=[theirs.fileno()],
            env={**os.environ, "PYTHONHASHSEED": seed},
            process_group=0,  # whoever stops us stops it through us
        )
        theirs.close()
        stack.callback(process.wait)
        stack.callback(process.terminate)
        stack.callback(ours.close)
        ours.send((side, arguments))
        return cls(ours)

    def receive(self, advance: Advance) -> object:
        """Take messages until there is an answer."""
        while True:
            if self.take(advance):
                return self.answers.pop()

    def take(self, advance: Advance) -> bool:
        """Take one message; whether it was an answer."""
        try:
            message = self.connection.recv()
        except EOFError:
            raise UnifyError("a process of the verification ended early; run it again") from None
        if isinstance(message, serve.Failure):
            raise message.error
        if isinstance(message, serve.Answer):
            self.answers.append(message.value)
            return True
        advance(message)
        return False


@dataclass(frozen=True)
class _AtOnce:
    workers: Sequence[_Worker]

    def walk(
        self, tasks: Sequence[tuple[Walk[Result], Comparison]], advance: Advance
    ) -> list[tuple[Result, Result]]:
        for worker in self.workers:
            worker.answers.clear()
            worker.connection.send(list(tasks))
        waiting = {worker.connection: worker for worker in self.workers}
        while waiting:
            for ready in wait(list(waiting)):
                worker = waiting[cast("Connection[Any, Any]", ready)]
                worker.take(advance)
                if len(worker.answers) == len(tasks):
                    del waiting[worker.connection]
        source, target = (cast("list[Result]", worker.answers) for worker in self.workers)
        return list(zip(source, target, strict=True))
