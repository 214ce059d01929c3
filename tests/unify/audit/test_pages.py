from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mainstem.unify.audit.pages import pages
from mainstem.unify.audit.registry import all_checks

if TYPE_CHECKING:
    from mainstem.unify.audit.model import Check

FOLDER = Path(__file__).parents[3] / "docs/reference/checks"
TESTS = Path(__file__).parent / "checks"


def test_the_pages_in_the_repository_are_those_of_the_checks() -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    assert there == pages(), "run `make docs`"


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.name)
def test_every_page_says_why_and_how_to_mend(check: Check) -> None:
    headings = [line for line in check.page.splitlines() if line.startswith("## ")]
    assert "## Why it matters" in headings
    assert "## How to mend it" in headings


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.name)
def test_every_check_is_tested_with_the_fault_and_without(check: Check) -> None:
    said = [path.read_text(encoding="utf-8") for path in (TESTS / check.group).rglob("test_*.py")]
    named = sum(
        text.count(f'"{check.name}"') + text.count(check.name.replace("-", "_")) for text in said
    )
    assert named >= 1
