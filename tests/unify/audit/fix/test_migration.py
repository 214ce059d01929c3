from __future__ import annotations

from dataclasses import replace
from typing import Any

import pgparse
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unify.audit.building import code, missing_parent, named, replay, table, use

from mainstem.unify.audit.fix.migration import as_migration
from mainstem.unify.audit.fix.table import infer_table
from mainstem.unify.audit.numbering import name_after, name_before
from mainstem.unify.audit.subject import Subject
from mainstem.unify.catalog.database import ObjectName, Policy, Relation, Trigger
from mainstem.unify.code.model import ColumnUse, Operation, Role

FILES = [f"m/{name}" for name in ("001_a.sql", "20240105120000_b.sql", "20240105120001_c.sql")]
AUTHOR = ObjectName("public", "author")
names = st.text(
    st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=30
)
MINE = Policy("Own rows", "all", True, ("authenticated",), "(owner_id = auth.uid())", None)


def _sibling(name: str, *columns: str, **more: Any) -> Relation:
    return table(
        name,
        "id uuid not null default gen_random_uuid()",
        "owner_id uuid not null",
        "created_at timestamp with time zone not null default now()",
        *columns,
        policies=(MINE,),
        is_row_security_on=True,
        **more,
    )


@pytest.fixture
def subject() -> Subject:
    touched = Trigger(
        "t",
        named("touch"),
        "CREATE TRIGGER t BEFORE UPDATE ON blog FOR EACH ROW EXECUTE FUNCTION touch()",
    )
    blog = _sibling(
        "blog", "updated_at timestamp with time zone not null default now()", triggers=(touched,)
    )
    post = _sibling("post", "author_id uuid", "title text not null")
    return Subject(
        replay=replay(
            blog, post,
            missing_parents=[missing_parent("post", "author_id", "author", f"{FILES[1]}:3")],
            files=FILES,
        ),
        code=code(
            use(
                "author",
                "write:owner_id", "write:pen_name", "write:is_public",
                operation=Operation.INSERT,
            ),
            use("author", "pen_name", "filter:blog_id", place="a.ts:3"),
            use("author", "pen_name", "filter:blog_id", place="b.ts:3"),
        ),
    )  # fmt: skip


def test_every_column_has_its_type_and_its_reason(subject: Subject) -> None:
    inferred = infer_table(subject, AUTHOR, missing=frozenset({AUTHOR}))
    types = {found.name: (found.type, found.is_nullable) for found in inferred.columns}
    assert types["id"] == ("uuid", False)
    assert types["owner_id"] == ("uuid", False)
    assert types["blog_id"] == ("uuid", True)
    assert types["is_public"] == ("boolean", False)
    assert types["pen_name"] == ("text", False)
    assert types["updated_at"] == ("timestamptz", False)
    assert all(found.reasons for found in inferred.columns)
    assert "post.author_id" in inferred.columns[0].reasons[0]


def test_what_nothing_shows_is_asked(subject: Subject) -> None:
    inferred = infer_table(subject, AUTHOR, missing=frozenset({AUTHOR}))
    assert any("the type of pen_name" in question for question in inferred.all_questions)


def test_a_tenant_key_that_no_insert_writes_is_asked(subject: Subject) -> None:
    unwritten = Subject(replay=subject.replay, code=code(use("author", "filter:owner_id")))
    inferred = infer_table(unwritten, AUTHOR, missing=frozenset({AUTHOR}))
    (owner,) = (found for found in inferred.columns if found.name == "owner_id")
    assert owner.is_nullable
    assert "tenant key" in (owner.question or "")


def test_it_does_as_the_tables_beside_it(subject: Subject) -> None:
    inferred = infer_table(subject, AUTHOR, missing=frozenset({AUTHOR}))
    assert [policy.using for policy in inferred.policies] == ["(owner_id = auth.uid())"]
    assert inferred.updated_at_function is not None
    (blog_id,) = (found for found in inferred.columns if found.name == "blog_id")
    assert blog_id.reference is not None
    assert blog_id.reference.parent == ObjectName("public", "blog")
    assert ("blog_id",) in [index.columns for index in inferred.indexes]


def test_types_that_disagree_are_a_question(subject: Subject) -> None:
    values = tuple(ColumnUse("rank", Role.WRITTEN, 9, kind) for kind in ("integer", "boolean"))
    written = replace(use("author", place="c.ts:9"), columns=values)
    other = Subject(replay=subject.replay, code=code(written))
    inferred = infer_table(other, AUTHOR, missing=frozenset({AUTHOR}))
    assert any(
        "rank" in question and "elsewhere" in question for question in inferred.all_questions
    )


def test_a_parent_that_is_missing_too_is_left_out_and_asked(subject: Subject) -> None:
    blog = ObjectName("public", "blog")
    inferred = infer_table(subject, AUTHOR, missing=frozenset({AUTHOR, blog}))
    (blog_id,) = (found for found in inferred.columns if found.name == "blog_id")
    assert blog_id.reference is None
    assert "no migration creates blog" in (blog_id.question or "")


def test_the_migration_is_valid_sql(subject: Subject) -> None:
    text = as_migration(infer_table(subject, AUTHOR, missing=frozenset({AUTHOR})))
    kinds = [next(iter(statement["stmt"])) for statement in pgparse.parse(text)]
    assert kinds[:3] == ["CreateStmt", "AlterTableStmt", "CreatePolicyStmt"]
    assert "CreateTrigStmt" in kinds


@given(
    st.text(
        st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=30
    )
)
def test_any_name_makes_valid_sql(name: str) -> None:
    written = replace(use("x"), columns=(ColumnUse(name, Role.WRITTEN, 1),))
    subject = Subject(replay=replay(table("blog")), code=code(written))
    object_name = ObjectName("public", "x")
    text = as_migration(infer_table(subject, object_name, missing=frozenset({object_name})))
    assert pgparse.parse(text)


def test_a_number_before_the_first_use() -> None:
    assert name_before(FILES, moved="m/0_new.sql", first_use=FILES[1]) == "m/20240105115959_new.sql"
    assert name_before(FILES, moved="m/0_new.sql", first_use=FILES[2]) is None


def test_a_number_after_all() -> None:
    assert name_after(FILES, new="m/0_new.sql") == "m/20240105120002_new.sql"
    assert name_after([], new="m/0_new.sql") == "m/0001_new.sql"
