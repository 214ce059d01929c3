"""Sentences that can be held against a database."""

from __future__ import annotations

import pytest
from tests.unify.documents.reading_text import read

from mainstem.unify.documents.model import Claim, ClaimKind

STATUS = """
    # DATABASE-MERGE: one database for two apps

    **Status:** 🔴 IN PROGRESS - tables missing in production

    ## Shop Tables (Created 2026-01-22)

    - `letter` - what is sent
    - `stamp`, `stamp_sheet` - what it costs

    ## Verification

    ```
    --- Tables that SHOULD exist ---
    ✅ letter: exists
    ✅ stamp_sheet: exists
    --- Tables that should NOT exist ---
    ✅ letters: correctly NOT exists

    === RESULT: 3/3 tests passed ===
    ```

    ## History

    ### 2026-01-22: Unification Complete

    - Created 3 Shop tables in the shared project
    - Runtime verification: 3/3 passed
"""


def claims(text: str, kind: ClaimKind | None = None) -> list[Claim]:
    return [claim for claim in read(text).claims if kind in {None, claim.kind}]


def test_a_status_document_makes_these_claims() -> None:
    found = {(claim.kind, claim.place.line): claim for claim in claims(STATUS)}
    assert sorted((kind.name, line) for kind, line in found) == [
        ("ABSENT", 17),
        ("COMPLETE", 24),
        ("EXISTS", 7),
        ("EXISTS", 14),
        ("OPEN", 3),
        ("RATIO", 19),
        ("TABLE_COUNT", 26),
    ]
    complete = found[ClaimKind.COMPLETE, 24]
    assert complete.names == ("letter", "stamp", "stamp_sheet")
    assert complete.is_total
    ratio = found[ClaimKind.RATIO, 19]
    assert (ratio.number, ratio.of) == (3, 3)
    assert (ratio.names, ratio.absent_names) == (("letter", "stamp_sheet"), ("letters",))
    assert found[ClaimKind.TABLE_COUNT, 26].names == ("letter", "stamp", "stamp_sheet")
    assert found[ClaimKind.EXISTS, 14].text == "Tables that SHOULD exist"


def test_a_ratio_elsewhere_is_of_the_only_list_of_that_length() -> None:
    text = STATUS.replace("- `stamp`, `stamp_sheet` - what it costs", "")
    last = claims(text, ClaimKind.RATIO)[-1]
    assert (last.text, last.absent_names) == ("Runtime verification: 3/3 passed", ("letters",))


@pytest.mark.parametrize(
    "line",
    [
        "**Status:** COMPLETE",
        "Status: ✅ Done (2026-01-01)",
        "## Database schema: 100 %",
        "- ✅ Database: complete with policies",
        "| Database schema | ✅ Complete | all |",
    ],
)
def test_these_lines_say_that_the_database_is_done(line: str) -> None:
    table = "| Part | State | Note |\n|---|---|---|\n" if line.startswith("|") else ""
    text = f"# Database setup\n\n{table}{line}\n\n## Tables\n- `letter`\n"
    (claim,) = claims(text, ClaimKind.COMPLETE)
    assert claim.names == ("letter",)


@pytest.mark.parametrize(
    "line",
    [
        "**Status:** not complete",
        "**Status:** code complete, migration pending",
        '**Status:** the document said "COMPLETE"',
        "## Complete guide",
        "## ✅ Completed (now)",
        "## What was done",
        "- [ ] Database: complete",
        "- ✅ Button colours: complete",
        "See [Database](./COMPLETE-TASKS.md) for the rest",
        "Use auto-complete in the database view",
    ],
)
def test_these_lines_claim_nothing(line: str) -> None:
    text = f"# Database setup\n\n{line}\n\n## Tables\n- `letter`\n"
    assert claims(text, ClaimKind.COMPLETE) == []


def test_a_feature_that_is_complete_is_no_claim_about_the_database() -> None:
    text = "# Login page\n\n**Status:** ✅ COMPLETE\n\n## Tables\n- `session_log`\n- `person`\n"
    assert claims(text, ClaimKind.COMPLETE) == []


def test_that_a_phase_is_complete_is_about_its_own_section() -> None:
    text = """
        # Database merge

        **Status:** Phase 0 COMPLETE - ready for phase 1

        ## Phase 0: clean-up COMPLETE
        | Table | Status |
        |---|---|
        | `old_letter` | ✅ DROPPED |

        ## Tables
        - `letter`
    """
    (phase,) = claims(text, ClaimKind.COMPLETE)
    assert (phase.names, phase.absent_names, phase.is_total) == ((), ("old_letter",), False)


def test_what_the_document_says_both_of_is_not_claimed() -> None:
    text = """
        ## Existing tables
        - `chat_log`
        - `letter`

        ## Dropped tables (other project)
        - `chat_log`
        - `outfit_log`
    """
    assert [(claim.kind, claim.names) for claim in claims(text)] == [
        (ClaimKind.EXISTS, ("letter",)),
        (ClaimKind.ABSENT, ("outfit_log",)),
    ]


@pytest.mark.parametrize(
    ("line", "number", "is_total"),
    [
        ("The database has 19 tables.", 19, True),
        ("Created 14 tables in production", 14, False),
        ("All 17 tables have a policy", 17, False),
        ("You should see 17 tables", None, False),
        ("Plan: create 3 tables", None, False),
        ("## 2.1 Core tables", None, False),
        ("Phase 12 tables", None, False),
    ],
)
def test_counts(line: str, number: int | None, is_total: bool) -> None:
    found = claims(line, ClaimKind.TABLE_COUNT)
    assert [(claim.number, claim.is_total) for claim in found] == (
        [] if number is None else [(number, is_total)]
    )


@pytest.mark.parametrize(
    ("line", "is_claim"),
    [
        ("- All existing tables have RLS enabled ✅", True),
        ("- ✅ RLS enabled on all tables", True),
        ("Every table has row-level security.", True),
        ("## Enable RLS on all tables", False),
        ("- [ ] RLS enabled on all tables", False),
        ("All tables must have RLS enabled", False),
    ],
)
def test_row_security_on_all_tables(line: str, is_claim: bool) -> None:
    assert bool(claims(line, ClaimKind.ROW_SECURITY)) is is_claim


def test_tests_of_something_else_are_no_claims() -> None:
    text = "## Tables\n- `letter`\n\n## Unit tests\n- ✅ 42/42 tests passing\n- version 1/2\n"
    assert claims(text, ClaimKind.RATIO) == []


def test_an_instruction_to_verify_claims_nothing() -> None:
    assert claims("Verify these tables exist:\n- `letter`\n- `stamp_sheet`\n") == []
