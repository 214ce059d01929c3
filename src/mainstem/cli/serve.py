"""`mainstem serve`: the health page and API, in the foreground or left running."""

from __future__ import annotations

import os

import click

from mainstem.kit.hosts import is_loopback
from mainstem.pg.embedded import default_home
from mainstem.pg.target import database_url
from mainstem.server import process
from mainstem.server.listen import require_address
from mainstem.server.listen import serve as run_server

HOST = "127.0.0.1"
PORT = 8000


@click.command()
@click.option("--host", default=HOST, show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=PORT,
    show_default=True,
    type=click.IntRange(0, 65_535),
    help="Port, or the first of a hundred to try; 0 lets the system choose.",
)
@click.option("--detach", is_flag=True, help="Leave it running in the background.")
@click.option("--stop", is_flag=True, help="End the one that runs in the background.")
def serve(host: str, port: int, *, detach: bool, stop: bool) -> None:
    """Serve the health page and API until Ctrl-C."""
    home = default_home()
    if stop:
        ended = process.stop(home)
        click.echo(f"stopped {ended.address}" if ended else "no server is running")
        return
    require_address(host, os.environ)
    if not is_loopback(host):
        click.echo(f"anybody who reaches {host} can read the totals of /status", err=True)
    url = database_url()
    if detach:
        record, is_new = process.start(url, home=home, host=host, port=port)
        click.echo(f"{'serving' if is_new else 'already serving'} {record.address}")
        return
    run_server(url, home=home, host=host, port=port, on_listening=_announce)


def _announce(address: str) -> None:
    click.echo(f"serving {address} (Ctrl-C ends it)")
