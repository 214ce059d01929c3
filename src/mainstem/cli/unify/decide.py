"""`mainstem unify decide`: walk through a plan's open questions."""

from __future__ import annotations

import getpass
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mainstem.errors import ConfigError, UsageError
from mainstem.kit.wording import counted
from mainstem.pg.connect import clear_errors, connect
from mainstem.pg.target import database_url
from mainstem.unify.plan.answers import parse_answer
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.directory import read_directory
from mainstem.unify.plan.make import make_plan
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
            plan = _plan_again(plan, answers)
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


def _plan_again(plan: Plan, answers: list[Answer]) -> Plan:
    for answer in answers:
        parse_answer(answer)
    if plan.config is None:
        raise ConfigError(f"{plan.directory} does not say which config it was made from")
    config = read_config(plan.directory / plan.config, answers=answers)
    with (
        connect(config.database_url() or database_url()) as connection,
        clear_errors("plan"),
    ):
        made = make_plan(config, connection)
    return replace(made, directory=plan.directory)
