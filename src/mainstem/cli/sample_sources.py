"""The five legacy databases that `make run` brings together: made once for each size, then kept.

Four are PostgreSQL databases on the embedded server, one is a SQLite file. The config beside that
file is `samples/five_way.toml` with their addresses.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import psycopg
import tomlkit
from psycopg import sql

from mainstem.cli.source import samples_folder
from mainstem.pg.connect import connect
from mainstem.pg.embedded import EmbeddedServer

if TYPE_CHECKING:
    from pathlib import Path

    from mainstem.unify.progress import Reporter

CONFIG = "five_way.toml"
EXPECTATIONS = "expect.toml"
FILE = "direct_mail.db"
#: source of the config -> module of `samples` that makes it
GENERATORS = {
    "revos": "revos_legacy",
    "audience": "audience_legacy",
    "mail": "mail_postgres",
    "persona": "persona_legacy",
}


@dataclass(frozen=True)
class SampleSources:
    """The five databases of one size, and the config that merges them."""

    config: Path
    #: how many had to be made
    made: int

    @property
    def said(self) -> str:
        """One line for people."""
        return f"{len(GENERATORS) + 1} legacy databases" + ("" if self.made else ", made before")


def sample_sources(home: Path, *, rows: int, seed: int, reporter: Reporter) -> SampleSources:
    """The five samples, `rows` rows each; those that are there already stay as they are.

    Args:
        home: where the embedded server and the SQLite file are.
        rows: over all tables of one source.
        seed: another one gives other values.
        reporter: is told which one is being made.

    Raises:
        UsageError: this is an installed package without the repository around it.
        ServerError: the embedded server does not start.
    """
    samples_folder()
    folder = home / "sample" / f"five-{rows}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    server = EmbeddedServer(home)
    server.start()
    made = 0
    addresses = {}
    for source, module in GENERATORS.items():
        name = f"sample_{source}_{rows}_{seed}"
        addresses[source] = server.url(name)
        if not _is_filled(server, name):
            reporter.step(f"make {source}", rows)
            import_module(f"samples.{module}").generate(addresses[source], rows=rows, seed=seed)
            made += 1
        if not (folder / f"{source}_files").is_dir():
            files = import_module("samples.legacy_files")
            files.write_files(addresses[source], folder / f"{source}_files")
    if not (folder / FILE).exists():
        reporter.step("make direct_mail", rows)
        import_module("samples.direct_mail").generate(folder / FILE, rows=rows, seed=seed)
        made += 1
    return SampleSources(_write_config(folder, addresses), made)


def _is_filled(server: EmbeddedServer, name: str) -> bool:
    """Whether a database holds its sample, which is there as a whole or not at all."""
    with connect(server.url("postgres"), autocommit=True) as connection:
        try:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        except psycopg.errors.DuplicateDatabase:
            pass
        else:
            return False
    with connect(server.url(name)) as connection:
        row = connection.execute(
            "select exists (select from pg_catalog.pg_tables where schemaname = 'public')"
        ).fetchone()
    return bool(row and row[0])


def _write_config(folder: Path, addresses: dict[str, str]) -> Path:
    document = tomlkit.parse((samples_folder() / CONFIG).read_text("utf-8"))
    sources = document["source"]
    assert isinstance(sources, tomlkit.items.AoT)
    for source in sources:
        if "postgres" in source:
            source["postgres"] = addresses[source["name"]]
    target = folder / CONFIG
    target.write_text(tomlkit.dumps(document), "utf-8")
    return target
