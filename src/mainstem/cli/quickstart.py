"""`mainstem quickstart`: what `make run` does, from nothing to a page that shows the proof."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.text import Text

from mainstem.cli import proving, unifying
from mainstem.cli.checklist import Checklist
from mainstem.cli.sample_sources import EXPECTATIONS, sample_sources
from mainstem.cli.setting import Setting
from mainstem.cli.source import own_source, samples_folder
from mainstem.core import agencies
from mainstem.db.migrate import migrate
from mainstem.errors import UsageError
from mainstem.kit.wording import counted
from mainstem.pg import target
from mainstem.pg.connect import clear_errors, connect, describe
from mainstem.pg.embedded import default_home
from mainstem.pg.locks import try_lock
from mainstem.server import demonstration, process
from mainstem.server.sandbox_note import SANDBOX_VARIABLE, noted
from mainstem.server.settings import opened_core
from mainstem.unify.progress import reporter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.core.invitations import Invited
    from mainstem.unify.report import Report

HOST = "127.0.0.1"
LOCK = "quickstart.lock"
SAMPLE_ROWS = 20_000
SAMPLE_ROWS_MIN = 5_000
LARGE_ROWS = 1_000_000
SEED = 1
REASONS_MAX = 5
#: who looks at the samples; the address is nobody's (RFC 2606)
VISITOR = "visitor@mainstem.example"
#: who watches the sandbox's agency
WATCHER = "watcher@mainstem.example"


@click.command()
@click.option(
    "--sqlite",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Bring this SQLite file in instead of the samples.",
)
@click.option(
    "--rows",
    default=SAMPLE_ROWS,
    show_default=True,
    type=click.IntRange(SAMPLE_ROWS_MIN),
    help="Size of each of the five samples, over all its tables.",
)
@click.option(
    "--large",
    "is_large",
    is_flag=True,
    help=f"Samples of {LARGE_ROWS:,} rows each, in a home and a database of their own.",
)
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65_535),
    help="Port of the page, or the first of a hundred to try.",
)
def quickstart(sqlite: Path | None, *, rows: int, is_large: bool, port: int) -> None:
    """Set up the database, merge five legacy databases into it, prove it, leave the page running.

    With --sqlite a person's own file comes in instead: one with the tables of the direct-mail app
    goes into the unified schema, any other one is copied into a schema of its own. Run it again at
    any time: what is done stays as it is, what was interrupted goes on. Exit code 1: a check or the
    verification failed; the page says which.
    """
    if is_large:
        # For this process and those that it starts: the small demonstration stays as it is.
        os.environ["MAINSTEM_HOME"] = str(default_home() / "large")
        rows = LARGE_ROWS
    console = Console(soft_wrap=True)
    with _alone(default_home()):
        setting = _prepare(console, Checklist(console))
        with clear_errors("go on with the quickstart"):
            if sqlite is None:
                report, is_proven = _samples(setting, rows=rows)
            else:
                report, is_proven = _own(setting, sqlite)
            is_proven &= proving.check(setting)
        address = _serve(setting, port=port)
    _conclude(setting, report, address=address, is_large=is_large, is_sample=sqlite is None)
    if not is_proven:
        sys.exit(1)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Only one quickstart works in a home at a time: both would make the same databases.

    Raises:
        UsageError: another one does, or the home cannot be used.
    """
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o711)
        held = try_lock(home / LOCK)
    except OSError as error:
        raise UsageError(
            f"cannot use {home}: {error.strerror}; MAINSTEM_HOME names another folder"
        ) from None
    if held is None:
        raise UsageError(
            f"another quickstart works in {home}; wait until it is done, or name another folder in "
            "MAINSTEM_HOME"
        )
    try:
        yield
    finally:
        os.close(held)


def _prepare(console: Console, steps: Checklist) -> Setting:
    """Database and schema."""
    home = default_home()
    with steps.step("Database") as step:
        url = target.database_url()
        with connect(url) as connection:
            version = connection.info.server_version // 10000
        is_external = target.external_url() is not None
        place = describe(url) if is_external else f"embedded, in {home}"
        step.say(f"PostgreSQL {version}, {place}")
    with steps.step("Migrations") as step:
        with connect(url) as connection:
            applied = migrate(connection)
        step.say(f"{len(applied)} applied" if applied else "none pending")
    return Setting(home, url, console, steps)


def _samples(setting: Setting, *, rows: int) -> tuple[Report, bool]:
    """The five samples are merged; what the merge must come to is proven."""
    with setting.steps.step("Sources") as step:
        with reporter(Console(stderr=True)) as watching:
            sources = sample_sources(setting.home, rows=rows, seed=SEED, reporter=watching)
        step.say(sources.said)
    report, is_equal = unifying.unify(setting, sources.config)
    is_isolated = proving.prove_isolation(setting)
    is_met = proving.prove_expectations(setting, samples_folder() / EXPECTATIONS)
    return report, is_equal and is_isolated and is_met


def _own(setting: Setting, path: Path) -> tuple[Report, bool]:
    """A person's file, by a plan or as it is."""
    with setting.steps.step("Source") as step:
        source = own_source(setting.home, path)
        step.say(source.said)
    if source.config is not None:
        return unifying.unify(setting, source.config)
    return unifying.copy(setting, source.path), True


def _serve(setting: Setting, *, port: int) -> str:
    """Leave the page running, with a LinkedIn sandbox where no provider is set up; its address."""
    os.environ.setdefault(SANDBOX_VARIABLE, "unipile")
    with setting.steps.step("Server") as step:
        record, is_new = process.start(setting.url, home=setting.home, host=HOST, port=port)
        step.say(record.address if is_new else f"{record.address}, already running")
    return record.address


def _conclude(
    setting: Setting, report: Report, *, address: str, is_large: bool, is_sample: bool
) -> None:
    """The row accounts, where to look, and how to end what was started."""
    print_line = setting.console.print
    print_line()
    report.show(setting.console, reasons_max=REASONS_MAX)
    print_line(Text(_unexplained(report)))
    print_line()
    print_line(Text(f"Done in {setting.steps.seconds:.0f} s. Open {address}/status", style="bold"))
    if is_sample:
        said = "Look around as an agency's owner"
        print_line(Text(_way_in(setting, said, address=address, email=VISITOR)))
    sandbox = noted(setting.home)
    if sandbox is not None:
        print_line(Text(f"A LinkedIn sandbox is at {sandbox.address}: nothing reaches anybody."))
        said = "Watch leads come in within minutes, in an agency of the sandbox's own"
        way_in = _way_in(setting, said, address=address, email=WATCHER, slug=demonstration.SLUG)
        print_line(Text(way_in))
    program = _program()
    if is_large:
        program = f"MAINSTEM_HOME={setting.home} {program}"
    print_line(
        Text(f"End the page with `{program} serve --stop`, the database with `{program} db stop`.")
    )


def _way_in(
    setting: Setting, said: str, *, address: str, email: str, slug: str | None = None
) -> str:
    """How to sign in as an agency's owner: one of the samples', or the one of the slug."""

    async def work() -> Invited | None:
        async with opened_core(setting.url, home=setting.home, address=address) as core:
            return await agencies.show(core, email=email, slug=slug)

    invited = asyncio.run(work())
    if invited is None:
        return f"{said}: sign in as {email} at {address}/sign-in."
    return f"{said}: choose a password for {email} at {invited.link}"


def _unexplained(report: Report) -> str:
    left = report.unexplained
    if left:
        return f"{counted(left, 'row')} unexplained: unify.table_result says of which tables."
    return (
        "No row is unexplained: each one is loaded, merged, in quarantine with its reason, or "
        "dropped by a decision."
    )


def _program() -> str:
    """How this program is called from here."""
    here = Path(sys.argv[0]).absolute()
    on_path = shutil.which("mainstem")
    if here.name != "mainstem" or (on_path and Path(on_path).absolute() == here):
        return "mainstem"
    return os.path.relpath(here)
