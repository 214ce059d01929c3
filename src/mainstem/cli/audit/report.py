"""`mainstem audit`: hold migrations, code, documents and live databases against each other."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from rich.console import Console

from mainstem.errors import UsageError
from mainstem.kit.naming import did_you_mean
from mainstem.unify.audit.auditing import audit as run_audit
from mainstem.unify.audit.baseline import without_known, write_baseline
from mainstem.unify.audit.cache import Cache, default_folder
from mainstem.unify.audit.discovery import Given
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.registry import GROUPS, all_checks, chosen_checks
from mainstem.unify.audit.report.as_html import as_html
from mainstem.unify.audit.report.as_json import as_json
from mainstem.unify.audit.report.as_markdown import as_markdown
from mainstem.unify.audit.report.as_sarif import as_sarif
from mainstem.unify.audit.report.as_text import print_report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mainstem.unify.audit.auditing import Audit
    from mainstem.unify.audit.model import Check, Report

_FORMATS: Final = ("text", "json", "markdown", "html", "sarif")
_EXISTING: Final = click.Path(path_type=Path, exists=True)
_FILE_WIDTH: Final = 120


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("path", type=click.Path(path_type=Path), default=".")
@click.option("--migrations", type=_EXISTING, metavar="DIR", help="Replay this folder.")
@click.option("--code", type=_EXISTING, metavar="DIR", multiple=True, help="Read this source.")
@click.option("--docs", type=_EXISTING, metavar="FILE", multiple=True, help="Read this document.")
@click.option("--database", metavar="URL", multiple=True, help="Compare this live database.")
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help="What to write.",
)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write here."
)
@click.option(
    "--fail-on",
    type=click.Choice(("error", "warning", "never")),
    default="error",
    show_default=True,
    help="Exit 1 when a finding is at least that bad.",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Leave out the findings that this file knows.",
)
@click.option(
    "--write-baseline",
    "known_to",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write all findings to this file as known.",
)
@click.option("--only", metavar="CHECK", multiple=True, help="Run this check or group only.")
@click.option("--explain", metavar="CHECK", help="Print the page of a check, and read nothing.")
@click.option("--list", "is_list", is_flag=True, help="Print the checks, and read nothing.")
@click.option("--no-cache", is_flag=True, help="Read everything anew.")
def report(
    path: Path,
    *,
    migrations: Path | None,
    code: tuple[Path, ...],
    docs: tuple[Path, ...],
    database: tuple[str, ...],
    form: str,
    output: Path | None,
    fail_on: str,
    baseline: Path | None,
    known_to: Path | None,
    only: tuple[str, ...],
    explain: str | None,
    is_list: bool,
    no_cache: bool,
) -> None:
    """Hold the migrations, code, documents and live databases of a repository against each other.

    PATH is its root [default: the current folder]. Without options the sources are looked for, and
    the report says what was taken. Migrations run on a throw-away server; your databases are only
    read.

    Exit status: 0 clean; 1 findings at or above --fail-on; 2 the audit could not run.
    """
    if explain is not None or is_list:
        click.echo(_page(explain) if explain is not None else _list(), nl=False)
        return
    checks = chosen_checks(only)
    given = Given(path, migrations, code, docs, database)
    console = Console(stderr=True)
    with console.status("looking for sources") as status:
        done = run_audit(
            given,
            checks=checks,
            cache=None if no_cache else Cache(default_folder()),
            progress=status.update,
        )
    if known_to is not None:
        write_baseline(done.report, known_to)
    found = without_known(done.report, baseline) if baseline is not None else done.report
    _write(replace(done, report=found), form, output, checks)
    sys.exit(_exit_code(found, fail_on))


def _page(name: str) -> str:
    checks = {check.name: check for check in all_checks()}
    if name not in checks:
        raise UsageError(
            f"no check is named {name}{did_you_mean(name, checks)}; "
            "`mainstem audit --list` shows them all"
        )
    return f"# {name}\n\n{checks[name].page}\n"


def _list() -> str:
    lines = []
    for group, title in GROUPS.items():
        lines.append(f"{title} ({group})")
        lines += [
            f"  {check.name:<36} {check.severity.value:<8} {check.title}"
            for check in all_checks()
            if check.group == group
        ]
    return "\n".join(lines) + "\n"


def _write(done: Audit, form: str, output: Path | None, checks: Sequence[Check]) -> None:
    if form == "text":
        _print(done, output, checks)
        return
    text = {
        "json": lambda: as_json(done.report),
        "markdown": lambda: as_markdown(done.report),
        "html": lambda: as_html(done.report, done.subject, checks),
        "sarif": lambda: as_sarif(done.report, checks),
    }[form]()
    if output is None:
        click.echo(text, nl=False)
    else:
        with _writing(output):
            output.write_text(text, encoding="utf-8")


def _print(done: Audit, output: Path | None, checks: Sequence[Check]) -> None:
    titles = {check.name: check.title for check in checks}
    if output is None:
        print_report(done.report, Console(soft_wrap=False), titles=titles)
        return
    with _writing(output), output.open("w", encoding="utf-8") as file:
        print_report(done.report, Console(file=file, width=_FILE_WIDTH), titles=titles)


@contextmanager
def _writing(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"cannot write the report to {output}: {error.strerror}; --output names another file"
        ) from error


def _exit_code(found: Report, fail_on: str) -> int:
    if fail_on == "never":
        return 0
    failing = found.count(Severity.ERROR)
    if fail_on == "warning":
        failing += found.count(Severity.WARNING)
    return 1 if failing else 0
