from __future__ import annotations

import pytest

from mainstem.checks.expression import conditions


@pytest.mark.parametrize(
    ("expression", "texts"),
    [
        ("(agency_id = app.agency_id())", ["agency_id = app.agency_id()"]),
        (
            "((agency_id = app.agency_in('revos'::text)) AND app.sees_client(client_id))",
            ["agency_id = app.agency_in('revos')", "app.sees_client(client_id)"],
        ),
        ("((a = 1) AND ((b = 2) AND (c = 3)))", ["a = 1", "b = 2", "c = 3"]),
        ("true", ["TRUE"]),
    ],
)
def test_conditions_are_taken_apart(expression: str, texts: list[str]) -> None:
    assert [found.text for found in conditions(expression)] == texts


@pytest.mark.parametrize(
    ("expression", "starts"),
    [
        ("(agency_id = app.agency_id())", True),
        ("app.in_app(app_context)", True),
        ("(deleted_at IS NULL)", True),
        ("is_active", True),
        ("(client_id = ANY (app.client_ids()))", True),
        ("(app.agency_id() = agency_id)", False),
        ("app.in_app('revos'::text)", False),
        ("(app.agency_id() IS NOT NULL)", False),
        ("(NOT (agency_id = app.agency_id()))", False),
        ("true", False),
        ("(COALESCE(agency_id, app.agency_id()) = app.agency_id())", False),
        ("(lower(slug) = 'a'::text)", False),
    ],
)
def test_what_a_condition_starts_with(expression: str, *, starts: bool) -> None:
    (condition,) = conditions(expression)
    assert condition.starts_with_column is starts


@pytest.mark.parametrize(
    "expression",
    [
        "((agency_id = app.agency_id()) OR true)",
        "(agency_id = CASE WHEN (a OR b) THEN agency_id ELSE NULL::uuid END)",
    ],
)
def test_an_alternative_is_seen_at_any_depth(expression: str) -> None:
    assert any(condition.has_alternative for condition in conditions(expression))


def test_what_cannot_be_read_is_an_error() -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        conditions("((agency_id = ")
