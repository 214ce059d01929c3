"""The command line: one thin module per command group.

A failure from the tree in `mainstem.errors` becomes one line on standard error and its exit code.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

import mainstem
from mainstem.errors import MainstemError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

#: command name -> (module, attribute, one-line help); modules are imported when they are called.
COMMANDS: Mapping[str, tuple[str, str, str]] = {
    "check": ("mainstem.cli.check", "check", "Prove the schema rules and the isolation."),
    "db": ("mainstem.cli.db", "db", "The database: start, stop, migrate, back up."),
    "quickstart": ("mainstem.cli.quickstart", "quickstart", "What `make run` does."),
    "serve": ("mainstem.cli.serve", "serve", "Serve the health page and API."),
    "unify": ("mainstem.cli.unify", "unify", "Move existing databases into one."),
}


class _LazyGroup(click.Group):
    """A group that imports a command's module only when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command: Any = getattr(import_module(entry[0]), entry[1])
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][2]) for name in sorted(COMMANDS)])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(mainstem.__version__, prog_name="mainstem")
def app() -> None:
    """One tenant-isolated PostgreSQL for every app, and the toolkit that gets data there."""


def main() -> None:
    """Run the command line; the exit code is the error's own."""
    try:
        app()
    except MainstemError as error:
        click.echo(f"mainstem: {error}", err=True)
        sys.exit(error.exit_code)
