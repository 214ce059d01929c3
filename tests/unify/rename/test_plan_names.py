from __future__ import annotations

from pathlib import Path

from mainstem.unify.plan.model import Plan, PlannedTable
from mainstem.unify.rename.plan_names import chosen_names


def _plan(*tables: tuple[str, str, str]) -> Plan:
    """A plan of (source, old name, new name)."""
    return Plan(
        name="p",
        schema="public",
        directory=Path(),
        sources=(),
        tenant=None,
        tables=tuple(
            PlannedTable(f"{source}.{old}" if source else old, 1, source=source, into=new)
            for source, old, new in tables
        ),
    )


def test_names_are_those_that_the_code_of_a_source_uses() -> None:
    chosen = chosen_names(_plan(("revos", "leads", "lead"), ("mail", "orgs", "agency")), ())
    assert chosen.renames.names == {"leads": "lead", "orgs": "agency"}


def test_tables_of_two_sources_may_become_one() -> None:
    plan = _plan(("revos", "agencies", "agency"), ("mail", "orgs", "agency"))
    assert chosen_names(plan, ()).renames.names == {"agencies": "agency", "orgs": "agency"}


def test_a_name_with_two_meanings_is_left_to_a_person() -> None:
    plan = _plan(("revos", "campaigns", "campaign"), ("mail", "campaigns", "mail_campaign"))
    told = chosen_names(plan, ["campaigns=campaign"])
    assert told.renames.names == {"campaigns": "campaign"}
    assert any("--map campaigns=mail_campaign" in note for note in told.notes)


def test_several_tables_of_one_source_need_a_condition() -> None:
    plan = _plan(("", "brands", "cartridge"), ("", "styles", "cartridge"), ("", "a", "b"))
    told = chosen_names(plan, ())
    assert told.renames.names == {"a": "b"}
    assert len(told.notes) == 2
