from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.checks.faults_access import ACCESS
from tests.checks.faults_tables import TABLES

from mainstem.checks import all_checks, run_checks

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow
    from tests.checks.fault import Fault

FAULTS = (*TABLES, *ACCESS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.check}-{fault.named}")
def test_a_planted_fault_is_found_and_named(
    fault: Fault, connection: psycopg.Connection[TupleRow]
) -> None:
    connection.execute(fault.plant.encode())
    report = run_checks(connection, only=[fault.check])
    found = [str(finding) for finding in report.findings]
    assert report.total == 1
    assert any(text.startswith(fault.named) and fault.said in text for text in found), found
    assert not any("cannot be checked" in text for text in found), found


def test_every_check_of_the_catalog_has_a_planted_fault() -> None:
    checks = {check.name for check in all_checks() if check.group != "isolation"}
    assert {fault.check for fault in FAULTS} == checks
