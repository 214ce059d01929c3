"""An operator's folder: a config with its plan and open questions, and the report of an audit."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from mainstem.pg.connect import connect
from mainstem.unify.audit.model import (
    Evidence,
    Finding,
    NotInspected,
    Report,
    Severity,
    Source,
    SourceKind,
)
from mainstem.unify.audit.report.as_json import as_json
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.make import make_plan

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
create table outfits (id integer primary key, label text);
create table swatches (id integer primary key, colour text);
insert into outfits (label) values ('Autumn'), ('Winter');
"""
REPORT = Report(
    sources=(Source(SourceKind.MIGRATIONS, "migrations", "2 files, 9 statements, 3 tables"),),
    findings=(
        Finding(
            "row-security-off",
            Severity.ERROR,
            "people can be read by everybody: its row-level security is off",
            table="people",
            evidence=(
                Evidence(SourceKind.MIGRATIONS, "create table people (", "0001_people.sql", 3),
                Evidence(SourceKind.CODE, 'from("people")', "src/people.ts", 41),
            ),
            fix="alter table people enable row level security;",
        ),
        Finding(
            "json-column",
            Severity.NOTE,
            "outfits.extra is json, not jsonb",
            table="outfits",
            column="extra",
            evidence=(Evidence(SourceKind.MIGRATIONS, "extra json", "0002_outfits.sql", 8),),
        ),
    ),
    not_inspected=(NotInspected("file", "legacy.prisma", "it cannot be parsed"),),
    checks_run=80,
)


def make_plans(folder: Path, url: str) -> Path:
    """Put everything into a folder; the plan's target is the database at the address."""
    with closing(sqlite3.connect(folder / "legacy.db")) as source:
        source.executescript(SOURCE)
    config = folder / "agency.toml"
    config.write_text('[[source]]\nsqlite = "legacy.db"\n')
    with connect(url) as connection:
        make_plan(read_config(config), connection)
    (folder / "later.toml").write_text(config.read_text())
    (folder / "agency.audit.json").write_text(as_json(REPORT))
    (folder / "broken.audit.json").write_text("{}")
    return folder
