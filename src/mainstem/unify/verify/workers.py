"""Both sides at once: two processes share a large comparison, a small one is done here.

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
from dataclasses import dataclass
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

_WORKERS: Final = 2
_SIDES: Final = 2
_SOURCE_WEIGHT: Final = 3  # reading and converting costs so much more than receiving
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
        workers = [_Worker.start(path, url, seed=seed, stack=stack) for _ in range(_WORKERS)]
        probes = {worker.receive_probe() for worker in workers}
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


@dataclass(frozen=True)
class _Part:
    """One side of one task; `place` is the task's."""

    place: int
    side: str
    weight: int


@dataclass(eq=False)
class _Worker:
    """A process that walks one side after another."""

    connection: Connection[Any, Any]
    part: _Part | None = None

    @classmethod
    def start(cls, path: Path, url: str, *, seed: str, stack: ExitStack) -> _Worker:
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
        ours.send((path, url))
        return cls(ours)

    def receive_probe(self) -> object:
        """The hash of a known text: the process is ready."""
        answer = self.take(lambda _: None)
        assert answer is not None, "the first message is an answer"
        return answer.value

    def take(self, advance: Advance) -> serve.Answer | None:
        """Take one message: an answer, or how far the process is."""
        try:
            message = self.connection.recv()
        except (EOFError, ConnectionResetError):
            raise UnifyError("a process of the verification ended early; run it again") from None
        if isinstance(message, serve.Failure):
            raise message.error
        if isinstance(message, serve.Answer):
            return message
        advance(message)
        return None


@dataclass(frozen=True)
class _AtOnce:
    workers: Sequence[_Worker]

    def walk(
        self, tasks: Sequence[tuple[Walk[Result], Comparison]], advance: Advance
    ) -> list[tuple[Result, Result]]:
        """The heaviest part goes first, to whichever process is free."""
        waiting = sorted(_parts(tasks), key=lambda part: part.weight)
        found: dict[tuple[int, str], Result] = {}
        while len(found) < _SIDES * len(tasks):
            for worker in self.workers:
                if worker.part is None and waiting:
                    worker.part = waiting.pop()
                    worker.connection.send((worker.part.side, *tasks[worker.part.place]))
            busy = {worker.connection: worker for worker in self.workers if worker.part}
            for ready in wait(list(busy)):
                worker = busy[cast("Connection[Any, Any]", ready)]
                answer = worker.take(advance)
                if answer is not None:
                    assert worker.part is not None
                    found[worker.part.place, worker.part.side] = cast("Result", answer.value)
                    worker.part = None
        return [(found[place, "source"], found[place, "target"]) for place in range(len(tasks))]


def _parts(tasks: Sequence[tuple[object, Comparison]]) -> Iterator[_Part]:
    for place, (_, comparison) in enumerate(tasks):
        yield _Part(place, "source", _SOURCE_WEIGHT * comparison.rows)
        yield _Part(place, "target", comparison.rows)
