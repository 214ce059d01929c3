"""Settings that point at different projects, and those that may."""

from __future__ import annotations

import pytest
from tests.unify.audit.building import at, found_by

from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.subject import Subject
from mainstem.unify.code.model import CodeReading, Setting

ONE, OTHER = "abcdefghijklmnopqrst", "tsrqponmlkjihgfedcba"


def hosted(name: str, project: str, place: str, *, is_test: bool = False) -> Setting:
    return Setting(name, f"{project}.supabase.co", project, at(place), is_test=is_test)


def own(name: str, host: str, project: str, place: str) -> Setting:
    return Setting(name, host, project, at(place))


FIRST = hosted("SUPABASE_URL", ONE, ".env:1")


def subject(*settings: Setting, in_code: tuple[Setting, ...] = ()) -> Subject:
    return Subject(settings=settings, code=CodeReading(settings=in_code))


@pytest.mark.parametrize(
    "second",
    [
        hosted("NEXT_PUBLIC_SUPABASE_URL", OTHER, ".env:2"),
        hosted("SUPABASE_URL", OTHER, ".env.vercel:1"),
        Setting("DATABASE_URL", "aws-0-eu.pooler.supabase.com", OTHER, at(".env:4")),
        hosted("SUPABASE_PROJECT_REF", OTHER, ".env:3"),
    ],
)
def test_settings_of_one_role_that_lead_to_two_projects_are_found(second: Setting) -> None:
    (found,) = found_by("different-projects", subject(FIRST, second))
    assert found.severity is None
    assert found.message == (
        f"settings of SUPABASE lead to 2 databases: {ONE} in .env:1 and {OTHER} in {second.place}"
    )
    assert [(one.file, one.line) for one in found.evidence] == [
        (".env", 1),
        (second.place.file, second.place.line),
    ]


def test_an_address_in_code_is_held_against_the_settings() -> None:
    inside = hosted("supabaseUrl", OTHER, "lib/admin.ts:3")
    (found,) = found_by("different-projects", subject(FIRST, in_code=(inside,)))
    assert "lib/admin.ts:3" in found.message


def test_other_servers_are_compared_under_the_same_name() -> None:
    first = own("DATABASE_URL", "db.example.org", "shop", ".env:1")
    second = own("DATABASE_URL", "db2.acme.io", "shop", ".env.local:1")
    third = own("DATABASE_URL", "db.acme.io", "shop", "server/.env:1")
    (found,) = found_by("different-projects", subject(first, second, third))
    assert "db2.acme.io/shop" in found.message
    assert "example" not in found.message


def test_named_environments_may_differ_and_are_noted() -> None:
    second = hosted("SUPABASE_URL", OTHER, ".env.production:1")
    (found,) = found_by("different-projects", subject(FIRST, second))
    assert found.severity is Severity.NOTE


def test_two_projects_within_one_environment_are_no_note() -> None:
    second = hosted("SUPABASE_URL", OTHER, ".env.production:1")
    third = hosted("VITE_SUPABASE_URL", ONE, ".env.production:2")
    (found,) = found_by("different-projects", subject(FIRST, second, third))
    assert found.severity is None


@pytest.mark.parametrize(
    "second",
    [
        hosted("SUPABASE_URL", ONE, ".env.local:1"),
        hosted("SUPABASE_URL", OTHER, ".env.example:1"),
        hosted("SUPABASE_URL", OTHER, "tests/setup.ts:1", is_test=True),
        hosted("LEGACY_SUPABASE_URL", OTHER, ".env:2"),
        hosted("SUPABASE_URL", "your-project-ref", ".env.local:1"),
        own("SUPABASE_URL", "localhost", "postgres", ".env.local:1"),
        own("SUPABASE_URL", "127.0.0.1", "postgres", ".env.local:1"),
        Setting("DATABASE_URL", f"db.{ONE}.supabase.co", ONE, at(".env:2")),
        own("REDIS_URL", "cache.acme.io", "0", ".env:2"),
        own("DATABASE_URL", "file", "dev.db", ".env:2"),
    ],
)
def test_what_is_the_same_local_an_example_or_another_role_is_fine(second: Setting) -> None:
    assert found_by("different-projects", subject(FIRST, second)) == []


def test_no_settings_are_fine() -> None:
    assert found_by("different-projects", Subject()) == []
