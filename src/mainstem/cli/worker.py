"""`mainstem worker`: does the jobs of the queue, in as many processes as are asked for."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from importlib import import_module
from typing import TYPE_CHECKING

import click

from mainstem.errors import ConfigError
from mainstem.jobs import Options, Worker
from mainstem.jobs.worker import BATCH_MAX, LEASE_S
from mainstem.pg.target import database_url
from mainstem.server import workers

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from mainstem.jobs import Registry

PROCESSES_MAX = 64
LOOK_S = 1.0


@click.command()
@click.option("--queues", metavar="A,B", help="Only these queues; else all with a handler.")
@click.option(
    "--processes", default=1, show_default=True, type=click.IntRange(1, PROCESSES_MAX),
    help="How many work at the same time.",
)  # fmt: skip
@click.option(
    "--handlers", multiple=True, metavar="MODULE:FUNCTION",
    help="A function that returns a Registry of more kinds of jobs; may be given again.",
)  # fmt: skip
@click.option("--batch", default=BATCH_MAX, show_default=True, type=click.IntRange(1, 5_000))
@click.option("--lease", default=LEASE_S, show_default=True, type=click.FloatRange(1, 3_600))
def worker(
    *, queues: str | None, processes: int, handlers: tuple[str, ...], batch: int, lease: float
) -> None:
    """Do the jobs of the queue until Ctrl-C; what is claimed by then is finished."""
    url = database_url()
    registry = composed(url, handlers)
    names = tuple(name.strip() for name in queues.split(",")) if queues else None
    workers.schedule(url)
    click.echo(f"{processes} working on {', '.join(names or registry.queues())} (Ctrl-C ends it)")
    arguments = (url, handlers, names, batch, lease)
    if processes == 1:
        work(*arguments)
    else:
        _watch(processes, arguments)


def composed(url: str, handlers: tuple[str, ...]) -> Registry:
    """Return the kinds of jobs of the platform and of the functions named."""
    found = [named(text) for text in handlers]
    registry = workers.registry(url)
    for more in found:
        for kind, entry in more.entries.items():
            registry.include(kind, entry)
    return registry


def named(text: str) -> Registry:
    """Return what a function named as MODULE:FUNCTION gives.

    Raises:
        ConfigError: there is no such function.
    """
    module, _, function = text.partition(":")
    try:
        found: Registry = getattr(import_module(module), function or "registry")()
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"no handlers at {text!r}: {error}; write MODULE:FUNCTION") from error
    return found


def work(
    url: str, handlers: tuple[str, ...], queues: tuple[str, ...] | None, batch: int, lease_s: float
) -> None:
    """Be one worker, until a signal to end."""
    ends = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ends.set())
    options = Options(queues=queues, batch_max=batch, lease_s=lease_s)
    Worker(url, composed(url, handlers), options).run(ends)


def _watch(count: int, arguments: tuple[object, ...]) -> None:
    """Keep so many processes; one that dies is replaced, a second later at the soonest."""
    ends = threading.Event()
    # Each is forked from a process that has read this code already, and does nothing else.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])

    def started() -> BaseProcess:
        process = context.Process(target=work, args=arguments)
        process.start()
        return process

    running: list[BaseProcess] = [started() for _ in range(count)]
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ends.set())
    while not ends.wait(LOOK_S):
        running = [process if process.is_alive() else started() for process in running]
    for process in running:
        process.terminate()
    for process in running:
        process.join()
