"""The command line: one thin module per command group.

A failure from the tree in `mainstem.errors` becomes one line on standard error and its exit code.
"""

from __future__ import annotations

import sys

import click

import mainstem
from mainstem.cli.lazy import LazyGroup
from mainstem.errors import MainstemError

app = LazyGroup(
    "mainstem",
    summary="One tenant-isolated PostgreSQL for every app, and the toolkit that gets data there.",
    commands={
        "agency": ("mainstem.cli.agency", "agency", "Make agencies and their first owners."),
        "audit": ("mainstem.cli.audit", "audit", "Find where code, migrations and data disagree."),
        "check": ("mainstem.cli.check", "check", "Prove the schema rules and the isolation."),
        "db": ("mainstem.cli.db", "db", "The database: start, stop, migrate, back up."),
        "jobs": ("mainstem.cli.jobs", "jobs", "The job queue: list, retry, cancel, pause."),
        "key": ("mainstem.cli.key", "key", "API keys of an agency: make, list, rotate, revoke."),
        "operator": ("mainstem.cli.operator", "operator", "Who runs the platform."),
        "quickstart": ("mainstem.cli.quickstart", "quickstart", "What `make run` does."),
        "rename": ("mainstem.cli.rename", "rename", "Put new table names into code."),
        "revos": ("mainstem.cli.revos", "revos", "The lead engine: walk its path."),
        "sandbox": ("mainstem.cli.sandbox", "sandbox", "Providers that run on this machine."),
        "secrets": ("mainstem.cli.secrets", "secrets", "The keys that secrets are encrypted with."),
        "serve": ("mainstem.cli.serve", "serve", "Serve the health page and API."),
        "types": ("mainstem.cli.types", "types", "Write the types of rows for clients."),
        "verify": ("mainstem.cli.verify", "verify", "Hold a database against what must be so."),
        "worker": ("mainstem.cli.worker", "worker", "Do the jobs of the queue."),
        "unify": ("mainstem.cli.unify", "unify", "Move existing databases into one."),
    },
)
click.version_option(mainstem.__version__, prog_name="mainstem")(app)


def main() -> None:
    """Run the command line; the exit code is the error's own."""
    try:
        app()
    except MainstemError as error:
        click.echo(f"mainstem: {error}", err=True)
        sys.exit(error.exit_code)
