from __future__ import annotations

from pathlib import Path

from tests.unify.audit.building import database, table

from mainstem.unify.legacy.design import design
from mainstem.unify.plan.model import Plan, PlannedTable

TARGET = database(table("agency"), table("campaign"), table("mail_campaign"))


def _plan(*tables: tuple[str, str, str]) -> Plan:
    """A plan of (source, old name, new name)."""
    planned = tuple(
        PlannedTable(f"{source}.{old}", 1, source=source, into=new) for source, old, new in tables
    )
    return Plan("p", "public", Path(), (), None, planned)


def test_views_have_the_names_that_the_code_of_their_source_uses() -> None:
    plan = _plan(("revos", "agencies", "agency"), ("mail", "orgs", "agency"))
    views, skipped = design(plan, TARGET)
    assert {view.name: str(view.table) for view in views} == {
        "agencies": "agency",
        "orgs": "agency",
    }
    assert skipped == ()


def test_an_old_name_with_two_meanings_has_no_view() -> None:
    plan = _plan(("revos", "campaigns", "campaign"), ("mail", "campaigns", "mail_campaign"))
    views, skipped = design(plan, TARGET)
    assert views == ()
    assert [entry.name for entry in skipped] == ["revos.campaigns", "mail.campaigns"]
    assert "mail.campaigns" in skipped[0].reason
