"""`mainstem sandbox`: providers that run on this machine, for rehearsals and tests."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import click

from mainstem.errors import UsageError
from mainstem.revos.sandbox import SCENARIOS, Clock, Ledger, Sandbox, World, serving
from mainstem.revos.sandbox.clock import SPEED_MAX
from mainstem.revos.unipile.client import DIALECT_VARIABLE, KEY_VARIABLE, URL_VARIABLE

PORT = 8090
KEY = "sandbox"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def sandbox() -> None:
    """Providers that run on this machine: nothing that is done there reaches anybody."""


@sandbox.command()
@click.option(
    "--port", default=PORT, show_default=True, type=click.IntRange(0, 65_535),
    help="Port on this machine; 0 lets the system choose.",
)  # fmt: skip
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same world.")
@click.option(
    "--scenario", default="lively", show_default=True, type=click.Choice(sorted(SCENARIOS)),
    help="How many people there are and how they behave.",
)  # fmt: skip
@click.option("--key", default=KEY, show_default=True, help="The API key that callers show.")
@click.option(
    "--log", type=click.Path(path_type=Path, dir_okay=False),
    help="Keep every write that landed in this file, a JSON line each.",
)  # fmt: skip
@click.option(
    "--start", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    help="The time at which its clock begins, in UTC; else now.",
)  # fmt: skip
@click.option(
    "--speed", default=1.0, show_default=True, type=click.FloatRange(0, SPEED_MAX),
    help="How many times as fast as real time its clock runs; 0 stands still until it is moved.",
)  # fmt: skip
def unipile(
    *,
    port: int,
    seed: int,
    scenario: str,
    key: str,
    log: Path | None,
    start: datetime | None,
    speed: float,
) -> None:
    """Be the LinkedIn provider Unipile, in both dialects, until Ctrl-C."""
    base = start.replace(tzinfo=UTC) if start else datetime.now(UTC).replace(microsecond=0)
    world = World(seed, SCENARIOS[scenario], Clock(base, speed))
    try:
        made = Sandbox(key, world, Ledger.kept_in(log))
    except OSError as error:
        raise UsageError(f"cannot write {log}: {error.strerror}") from None
    with suppress(asyncio.CancelledError):
        asyncio.run(_serve(made, port))


async def _serve(made: Sandbox, port: int) -> None:
    ends = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ends.set)
    try:
        async with serving(made, port=port) as address:
            click.echo(f"a sandbox of Unipile at {address} (Ctrl-C ends it)")
            click.echo(f"{URL_VARIABLE}={address} {KEY_VARIABLE}={made.key} {DIALECT_VARIABLE}=v1")
            await ends.wait()
    except OSError as error:
        raise UsageError(f"cannot listen on port {port}: {error.strerror}") from None
