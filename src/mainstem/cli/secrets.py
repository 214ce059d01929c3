"""`mainstem secrets`: the keys that secrets in the database are encrypted with."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import click

from mainstem.cli.using_core import agency_option, with_core
from mainstem.core import Core, agencies, encryption, master_key, rotation


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def secrets() -> None:
    """The keys that secrets in the database are encrypted with.

    The master key stands outside the database: MAINSTEM_MASTER_KEY, the file that
    MAINSTEM_MASTER_KEY_FILE names, or master.key under MAINSTEM_HOME.
    """


@secrets.command()
def generate() -> None:
    """Print a new master key, to be put first in the file; then rotate."""
    click.echo(master_key.generate())


@secrets.command()
@click.option(
    "--older-than-days",
    type=click.IntRange(1, 3650),
    help="Give data keys of that age a successor, and encrypt their secrets anew.",
)
def rotate(older_than_days: int | None) -> None:
    """Bring everything under the first master key; may be interrupted and run again."""
    older_than = timedelta(days=older_than_days) if older_than_days else None

    async def work(core: Core) -> rotation.Rotated:
        return await rotation.rotate(core, older_than=older_than)

    done = asyncio.run(with_core(work))
    click.echo(
        f"{done.wrapped_keys} keys wrapped anew, {done.agencies} agencies got a new data key, "
        f"{done.secrets} secrets encrypted anew"
    )


@secrets.command()
@agency_option
@click.confirmation_option(prompt="The agency's secrets cannot be read again. Go on?")
def destroy(agency_name: str) -> None:
    """Destroy an agency's data keys, and so erase its secrets, in backups too."""

    async def work(core: Core) -> int:
        return await encryption.destroy(core, await agencies.steward(core, agency_name))

    click.echo(f"destroyed {asyncio.run(with_core(work))} data keys")
