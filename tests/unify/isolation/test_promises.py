"""Which functions keep the promise to depend on nothing but their arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.unify.isolation.promises import keeps_promise
from mainstem.unify.isolation.tables import immutable_functions, mutable_functions

if TYPE_CHECKING:
    from tests.unify.isolation.conftest import Sample

BODIES = {
    "arithmetic": ("sql", "select lpad(to_hex(number * 2), 12, '0')", True),
    "another one that keeps it": ("sql", "select honest(number)", True),
    "a block": ("plpgsql", "begin return case when number > 1 then 'a' else 'b' end; end", True),
    "a setting": ("sql", "select current_setting('app.owner')", False),
    "a setting in a block": (
        "plpgsql",
        "declare owner text := current_setting('app.owner'); begin return owner; end",
        False,
    ),
    "a claim": ("sql", "select auth.jwt() ->> 'agency_id'", False),
    "a helper that asks": ("sql", "select asking()", False),
    "the role": ("sql", "select current_user::text", False),
    "a table": ("sql", "select owner from known limit 1", False),
    "a statement put together": (
        "plpgsql",
        "declare found text; begin execute 'select 1' into found; return found; end",
        False,
    ),
    "itself": ("sql", "select asked(number - 1)", True),
    "one of two of its name": ("sql", "select either(number)", False),
    "an operator that asks": ("sql", "select number <?> number", False),
    "an operator that keeps it": ("sql", "select number <!> number", True),
}
SCHEMA = """
create table known (owner text);
create function honest(number integer) returns text language sql immutable
  as $$ select number::text $$;
create function asking() returns text language sql stable
  as $$ select current_setting('app.owner', true) $$;
create function either(number integer) returns text language sql immutable
  as $$ select number::text $$;
create function either(word text) returns text language sql stable as $$ select asking() $$;
create function asked_twice(integer, integer) returns text language sql stable
  as $$ select asking() $$;
create function honest_twice(integer, integer) returns text language sql immutable
  as $$ select ($1 + $2)::text $$;
create operator <?> (leftarg = integer, rightarg = integer, function = asked_twice);
create operator <!> (leftarg = integer, rightarg = integer, function = honest_twice);
set local check_function_bodies = off;
"""


@pytest.mark.parametrize("what", BODIES)
def test_a_body_that_asks_for_more_breaks_the_promise(sample: Sample, what: str) -> None:
    language, body, is_kept = BODIES[what]
    asked = f"create function asked(number integer) returns text language {language} immutable"
    with sample.kept(f"{SCHEMA} {asked} as $body$ {body} $body$") as connection:
        functions = {each.name.name: each for each in immutable_functions(connection)}
        mutable = mutable_functions(connection)
    assert keeps_promise(functions["honest"], mutable)
    assert keeps_promise(functions["asked"], mutable) is is_kept
