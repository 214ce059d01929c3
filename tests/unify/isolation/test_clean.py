"""Schemas whose tenants are kept apart: everything is proven, and nothing is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.unify.isolation import schemas
from tests.unify.isolation.conftest import quiet
from tests.unify.isolation.test_planted import KEPT

from mainstem.unify.isolation import Verdict

if TYPE_CHECKING:
    from tests.unify.isolation.conftest import Sample


@pytest.mark.parametrize(
    "schema",
    [schemas.CLAIM, schemas.MEMBERS, schemas.PERSONS, schemas.SETTING],
    ids=["claim", "members", "persons", "setting"],
)
def test_clean_schemas_are_proven(sample: Sample, schema: str) -> None:
    verdicts = sample.verdicts(schema)
    assert quiet(verdicts) == {}
    assert len(verdicts) == schema.count("create table") + schema.count("create function")


def test_tables_of_the_toolkit_that_nobody_may_reach_need_no_rows(sample: Sample) -> None:
    plain, kept = sample.proof(schemas.CLAIM), sample.proof(schemas.CLAIM + KEPT)
    (verdict,) = [each for each in kept.objects if each.name == "unify_1.kept"]
    assert verdict.verdict is Verdict.PROVEN
    assert verdict.reason == "no role that people or programs ask as may reach it"
    assert kept.attempt_count == plain.attempt_count


def test_what_belongs_to_no_tenant_is_said_to_be_shared(sample: Sample) -> None:
    assert sample.verdicts(schemas.CLAIM)["plan"].reason.startswith("shared: ")
