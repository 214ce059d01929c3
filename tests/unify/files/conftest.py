"""A project with two shops and their pictures, that goes into a target of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from mainstem.pg.connect import connect
from mainstem.unify.move.catchup.passes import catch_up
from mainstem.unify.move.run import run_plan
from mainstem.unify.move.undo import undo_run
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.directory import read_directory
from mainstem.unify.plan.make import make_plan
from mainstem.unify.progress import Silence
from mainstem.unify.verify.verifying import verify_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mainstem.pg.scratch import ScratchServer
    from mainstem.unify.move.catchup.passes import CaughtUp
    from mainstem.unify.move.run import Outcome
    from mainstem.unify.plan.model import Plan
    from mainstem.unify.progress import Reporter
    from mainstem.unify.verify.model import Verification

SHOP_1 = "00000000-0000-4000-8000-000000000001"
SOURCE = f"""
create table shops (id uuid primary key, name text, logo text, notes jsonb);
insert into shops values ('{SHOP_1}', 'One', 'https://x.example/storage/v1/object/public/pictures/a',
    '{{}}'), ('00000000-0000-4000-8000-000000000002', 'Two', 'pictures/b.png', null);
create schema storage;
create table storage.buckets (id text primary key, public boolean);
create table storage.objects (id uuid primary key default gen_random_uuid(), bucket_id text,
    name text, metadata jsonb, unique (bucket_id, name));
insert into storage.buckets values ('pictures', true), ('empty', false);
"""
TARGET = "create table shop (id uuid primary key, name text, logo text, notes jsonb)"
CONFIG = """
name = "project"
[[source]]
name = "old"
postgres = "env:OLD"
[[files]]
source = "old"
from = { folder = "there" }
to = { folder = "here" }
"""


@dataclass(frozen=True)
class Project:
    """A source with files, and where they go."""

    folder: Path
    source: str
    url: str

    @property
    def config(self) -> Path:
        return self.folder / "project.toml"

    @property
    def there(self) -> Path:
        return self.folder / "there"

    @property
    def here(self) -> Path:
        return self.folder / "here"

    def add(self, name: str, content: bytes | None, *, size: int | None = None) -> None:
        """An object of bucket `pictures`; without content only its metadata."""
        said = size if size is not None else len(content or b"")
        self.execute(
            self.source,
            "insert into storage.objects (bucket_id, name, metadata) values ('pictures',"
            f' \'{name}\', \'{{"size": {said}, "mimetype": "image/png"}}\')',
        )
        if content is not None:
            path = self.there / "pictures" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def plan(self) -> Plan:
        with connect(self.url) as connection:
            made = make_plan(read_config(self.config), connection, is_forced=True)
        return made if made.questions else read_directory(made.directory)

    def read_plan(self) -> Plan:
        return read_directory(self.folder / "project-plan")

    def run(self, reporter: Reporter | None = None) -> Outcome:
        return run_plan(self.read_plan(), self.url, reporter=reporter or Silence())

    def catch_up(
        self, reporter: Reporter | None = None, *, is_forced: bool = False, is_last: bool = False
    ) -> CaughtUp:
        return catch_up(
            self.read_plan(),
            self.url,
            reporter=reporter or Silence(),
            until_s=60,
            is_forced=is_forced,
            is_last=is_last,
        )

    def verify(self) -> Verification:
        return verify_run(self.read_plan(), self.url, reporter=Silence())

    def undo(self, run_id: int, *, is_forced: bool = False) -> None:
        undo_run(run_id, self.url, reporter=Silence(), is_forced=is_forced)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()

    def states(self) -> dict[str, str]:
        """Key -> state and reason, of the last run."""
        rows = self.rows(
            "select key, concat_ws(': ', state, reason) from unify.file"
            " where run_id = (select max(id) from unify.run where kind = 'run')"
        )
        return dict(rows)

    def arrived(self) -> dict[str, bytes]:
        """What is in the target's folder."""
        return {
            path.relative_to(self.here).as_posix(): path.read_bytes()
            for path in sorted(self.here.rglob("*"))
            if path.is_file()
        }

    def execute(self, url: str, statements: str) -> None:
        with connect(url) as connection:
            connection.execute(statements.encode())


@pytest.fixture
def project(
    scratch: ScratchServer,
    tmp_path: Path,
    empty_database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Project]:
    """Two shops, no files yet."""
    name = f"test_{uuid4().hex}"
    made = Project(tmp_path, scratch.create_database(name), empty_database_url)
    monkeypatch.setenv("OLD", made.source)
    made.execute(made.source, SOURCE)
    made.execute(made.url, TARGET)
    made.config.write_text(CONFIG)
    (made.there / "pictures").mkdir(parents=True)
    yield made
    scratch.drop_database(name)
