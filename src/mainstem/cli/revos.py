"""`mainstem revos`: the lead engine."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from mainstem.server.rehearsal import rehearse


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def revos() -> None:
    """The lead engine: from a comment to a captured lead."""


@revos.command()
def verify() -> None:
    """Walk a lead's whole path on this machine, against the sandbox: a line a step.

    It starts its own database, server, worker, sandbox and receiver in a folder that is removed
    afterwards; nothing of yours is read or changed, and nobody is written to.
    """
    with tempfile.TemporaryDirectory(prefix="mainstem-rehearsal-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        rehearse(home, click.echo)
    click.echo("verified    from the comment to the click")
