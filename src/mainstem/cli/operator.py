"""`mainstem operator`: who runs the platform and sees the unifications."""

from __future__ import annotations

import asyncio
import getpass

import click

from mainstem.cli.using_core import with_core
from mainstem.core import operators


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def operator() -> None:
    """Platform operators; no role of an agency makes one."""


@operator.command("list")
def list_operators() -> None:
    """List them, with who named them."""
    for each in asyncio.run(with_core(operators.listed)):
        click.echo(f"{each.email}  since {each.created_at:%Y-%m-%d}  by {each.granted_by or '?'}")


@operator.command()
@click.argument("email")
def add(email: str) -> None:
    """Let somebody run the platform, once they sign in with that address."""
    asyncio.run(with_core(lambda core: operators.add(core, email, granted_by=_user())))
    click.echo(f"{email} runs the platform")


@operator.command()
@click.argument("email")
def remove(email: str) -> None:
    """Let somebody run the platform no more, from their next request on."""
    asyncio.run(with_core(lambda core: operators.remove(core, email)))
    click.echo(f"{email} runs the platform no more")


def _user() -> str:
    """Who types, as this machine calls them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
