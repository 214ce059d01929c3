"""`mainstem unify decide`: walk through a plan's open questions."""

from __future__ import annotations

import getpass
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mainstem.errors import UsageError
from mainstem.kit.wording import counted
from mainstem.pg.target import database_url
from mainstem.unify.plan.again import plan_again
from mainstem.unify.plan.directory import read_directory
from mainstem.unify.plan.model import Answer, literal

if TYPE_CHECKING:
    from mainstem.unify.plan.model import Plan, Question

EXIT_OPEN = 2
_GIT_TIMEOUT_S = 5


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("plan_dir", type=click.Path(path_type=Path), metavar="PLAN")
@click.option("--by", metavar="NAME", help="Who answers [default: git's or the system's name].")
def decide(plan_dir: Path, *, by: str | None) -> None:
    """Ask the open questions of PLAN (its directory), keep the answers in its manifest, plan again.

    Each answer is kept with who gave it, and when.

    Without a terminal the questions are listed. Exit status: 0 nothing is open; 2 something is.
    """
    plan = read_directory(plan_dir, is_checked=False)
    if not plan.questions:
        click.echo("no open questions")
        return
    if _is_terminal():
        answers = _ask(plan, by or _own_name())
        if answers:
            plan = plan_again(plan, answers, database_url)
    for number, question in enumerate(plan.questions, start=1):
        click.echo(f"{number}. {question.text}")
    click.echo(counted(len(plan.questions), "open question"))
    sys.exit(EXIT_OPEN if plan.questions else 0)


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _own_name() -> str:
    """The person's name as git knows it, else the account's."""
    git = shutil.which("git")
    if git is not None:
        done = subprocess.run(
            [git, "config", "user.name"],
            capture_output=True,
            text=True,
            check=False,
            timeout=_GIT_TIMEOUT_S,
        )
        if done.stdout.strip():
            return done.stdout.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise UsageError("nothing says who answers: give --by NAME") from None


def _ask(plan: Plan, by: str) -> list[Answer]:
    """Ask one question after another; an empty answer leaves it open."""
    answers = []
    for number, question in enumerate(plan.questions, start=1):
        click.echo(f"\n{number} of {len(plan.questions)}: {question.text}")
        text = _ask_column(question) if question.column is not None else _ask_table(question)
        if text is not None:
            at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
            answers.append(Answer(question.table, question.column, text, by, at))
    return answers


def _ask_table(question: Question) -> str | None:
    del question
    kind = click.prompt(
        "into, archive, drop, other or skip",
        type=click.Choice(["into", "archive", "drop", "other", "skip"]),
        default="skip",
    )
    if kind == "skip":
        return None
    if kind == "other":
        return str(click.prompt('as the config would say it (tenant = "...", set.x = "...")'))
    said = click.prompt("target table" if kind == "into" else "why")
    return f"{kind} = {literal(said)}"


def _ask_column(question: Question) -> str | None:
    del question
    kind = click.prompt(
        "into, drop, other or skip",
        type=click.Choice(["into", "drop", "other", "skip"]),
        default="skip",
    )
    if kind == "skip":
        return None
    if kind == "into":
        return literal(click.prompt("target column"))
    if kind == "drop":
        return f"{{ drop = {literal(click.prompt('why'))} }}"
    return str(click.prompt('as the config would say it ({ used = "..." })'))
