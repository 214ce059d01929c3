"""A command group that imports a command's module only when that command is used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping


class LazyGroup(click.Group):
    """Commands as name -> (module, attribute, one-line help)."""

    def __init__(
        self, name: str, *, summary: str, commands: Mapping[str, tuple[str, str, str]]
    ) -> None:
        super().__init__(
            name, help=summary, context_settings={"help_option_names": ["-h", "--help"]}
        )
        self._entries = commands

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order that the help shows."""
        del ctx
        return sorted(self._entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command; None when there is none of that name."""
        del ctx
        entry = self._entries.get(cmd_name)
        if entry is None:
            return None
        command: object = getattr(import_module(entry[0]), entry[1])
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with their help, importing none of them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._entries[name][2]) for name in sorted(self._entries)])
