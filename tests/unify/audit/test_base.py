"""Migrations that build on a file which is none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unify.audit.building import (
    created,
    failed,
    found_by,
    missing_parent,
    replay,
    table,
)

from mainstem.unify.audit.auditing import audit
from mainstem.unify.audit.base import base_of
from mainstem.unify.audit.discovery import Given
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.registry import chosen_checks
from mainstem.unify.audit.subject import Subject
from mainstem.unify.replay.model import Failure

if TYPE_CHECKING:
    from pathlib import Path

LATER = replay(
    missing_parents=[missing_parent("note", "post_id", "post", "m/1.sql:1")],
    failures=[failed("alter table person ...", Failure.NEVER_CREATED, needs="person")],
)


def test_the_file_with_most_of_what_is_needed_is_the_base() -> None:
    others = [created("post", "a.sql:1"), created("post", "b.sql:1"), created("person", "b.sql:2")]
    assert base_of(LATER, others) == "b.sql"


def test_too_little_and_what_is_put_aside_are_no_base() -> None:
    assert base_of(LATER, [created("other", "a.sql:1"), created("post", "docs/a.sql:1")]) is None
    assert base_of(replay(table("post")), [created("post", "a.sql:1")]) is None


def test_a_base_is_one_warning() -> None:
    built = replay(table("post"), base=["db/dump.sql"])
    (found,) = found_by("migration-fails", Subject(replay=built))
    assert found.severity is Severity.WARNING
    assert "supabase/migrations builds on db/dump.sql, which is no migration" in found.message


def test_migrations_are_replayed_on_their_base(tmp_path: Path) -> None:
    (tmp_path / "migrations").mkdir()
    later = "create table note (id int primary key, post_id int references post (id));"
    (tmp_path / "migrations/1.sql").write_text(f"{later} alter table post add title text;")
    (tmp_path / "schema.sql").write_text(
        "create table post (id int primary key); create table person (id int primary key);"
    )
    (tmp_path / "app.ts").write_text(
        'import { createClient } from "@supabase/supabase-js";\n'
        'const db = createClient("a", "b");\n'
        'await db.from("post").select("title"); await db.from("person").select("id");\n'
        'await db.from("nowhere").select("id");\n'
    )
    names = ("table-missing-in-migrations", "foreign-key-to-missing-table", "column-missing")
    done = audit(Given(tmp_path), checks=chosen_checks(names), cache=None, progress=lambda _: None)
    assert [(one.check, one.table) for one in done.report.findings] == [
        ("table-missing-in-migrations", "nowhere")
    ]
    assert done.subject.replay is not None
    assert done.subject.replay.base == ("schema.sql",)
