"""Each check on documents: the fault planted in real Markdown, and the clean case beside it."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from tests.unify.audit.building import code, created, database, failed, found_by, replay, table, use

from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.subject import Subject
from mainstem.unify.code.model import Place
from mainstem.unify.documents import judge_claims
from mainstem.unify.documents.judging import Verdict
from mainstem.unify.documents.model import DocumentReading, SqlBlock
from mainstem.unify.documents.names import Names
from mainstem.unify.documents.reading import read_text
from mainstem.unify.replay.model import Failure

if TYPE_CHECKING:
    from mainstem.unify.audit.model import Found
    from mainstem.unify.catalog.database import Database

FILE = "docs/merge.md"
LETTER, STAMP, SHEET = table("letter"), table("stamp"), table("stamp_sheet")

STATUS = """
    # Database merge

    **Status:** ✅ COMPLETE

    ## Tables
    - `letter` - what is sent
    - `stamp`, `stamp_sheet` - what it costs
"""
VERIFIED = """
    # Merge

    ```
    --- Tables that SHOULD exist ---
    ✅ letter: exists
    ✅ stamp_sheet: exists
    --- Tables that should NOT exist ---
    ✅ letters: correctly NOT exists
    === RESULT: 3/3 tests passed ===
    ```
"""


def document(text: str) -> DocumentReading:
    return read_text(dedent(text).lstrip("\n"), file=FILE, names=Names(()))


def subject(text: str, *live: Database, **more: object) -> Subject:
    return replace(Subject(documents=document(text), databases=live), **more)  # type: ignore[arg-type]


def messages(check: str, audited: Subject) -> list[str]:
    return [found.message for found in found_by(check, audited)]


def only(check: str, audited: Subject) -> Found:
    (found,) = found_by(check, audited)
    return found


def verdicts(audited: Subject) -> list[tuple[str, Verdict]]:
    return [(one.claim.kind.name, one.verdict) for one in judge_claims(audited)]


def test_a_table_that_should_exist_and_that_nothing_knows_is_a_warning() -> None:
    found = only("table-only-in-documents", subject(STATUS, database(LETTER, STAMP)))
    assert found.message == (
        "stamp_sheet should exist according to a document, first docs/merge.md:7, and no "
        "migration, code or database knows it"
    )
    assert (found.table, found.severity) == ("stamp_sheet", None)
    assert [(one.file, one.line) for one in found.evidence] == [(FILE, 7)]


def test_a_planned_table_is_a_note_and_a_twin_is_named() -> None:
    text = "## Tables to create\n- `letters` - what is sent\n"
    found = only("table-only-in-documents", subject(text, database(LETTER)))
    assert found.severity is Severity.NOTE
    assert found.message.endswith("knows it; did they mean letter?")


@pytest.mark.parametrize(
    "known",
    [
        {"databases": (database(LETTER, STAMP, SHEET),)},
        {"replay": replay(LETTER, STAMP, creations=[created("stamp_sheet", is_applied=False)])},
        {"replay": replay(LETTER, STAMP), "code": code(use("stamp_sheet"))},
        {"replay": replay(LETTER, STAMP), "other_creations": (created("stamp_sheet"),)},
        {},
    ],
)
def test_what_any_other_source_knows_is_not_only_in_documents(known: dict[str, object]) -> None:
    assert found_by("table-only-in-documents", subject(STATUS, **known)) == []


def test_tables_that_should_not_exist_and_bare_mentions_are_fine() -> None:
    text = "## Tables dropped\n- `outfit_log`\n\nRows of the `swatch` table are many.\n"
    assert found_by("table-only-in-documents", subject(text, database(LETTER))) == []


def test_complete_is_false_when_a_listed_table_is_missing() -> None:
    found = only("claim-false", subject(STATUS, database(LETTER, STAMP)))
    assert found.message == (
        'docs/merge.md:3 says "**Status:** ✅ COMPLETE", but in live stamp_sheet is missing'
    )
    assert (found.table, found.evidence[0].line) == ("stamp_sheet", 3)


def test_complete_is_false_when_code_uses_what_nothing_creates() -> None:
    read = code(use("receipt", place="app/pay.ts:9"))
    audited = subject(STATUS, replay=replay(LETTER, STAMP, SHEET), code=read)
    found = only("claim-false", audited)
    assert found.message.endswith("but code uses receipt, which nothing creates")
    assert [(one.file, one.line) for one in found.evidence] == [(FILE, 3), ("app/pay.ts", 9)]


def test_of_a_feature_complete_says_nothing_of_other_tables_in_code() -> None:
    text = STATUS.replace("# Database merge", "# Tables of the post office")
    read = code(use("receipt"))
    audited = subject(text, replay=replay(LETTER, STAMP, SHEET), code=read)
    assert verdicts(audited) == [("COMPLETE", Verdict.TRUE)]


def test_a_true_status_and_true_tests_are_counted_and_not_reported() -> None:
    live = database(LETTER, STAMP, SHEET)
    assert verdicts(subject(STATUS, live)) == [("COMPLETE", Verdict.TRUE)]
    assert verdicts(subject(VERIFIED, live)) == [
        ("EXISTS", Verdict.TRUE),
        ("ABSENT", Verdict.TRUE),
        ("RATIO", Verdict.TRUE),
    ]
    assert found_by("claim-false", subject(STATUS + VERIFIED, live)) == []


def test_tests_that_passed_are_false_with_what_is_there_and_what_is_not() -> None:
    audited = subject(VERIFIED, database(LETTER, table("letters")))
    assert messages("claim-false", audited) == [
        'docs/merge.md:5 says "Tables that SHOULD exist", but in live stamp_sheet is missing',
        'docs/merge.md:8 says "Tables that should NOT exist", but in live letters is there',
        (
            'docs/merge.md:9 says "=== RESULT: 3/3 tests passed ===", but 1 of 3 hold: in live '
            "stamp_sheet is missing and letters is there"
        ),
    ]


def test_a_claim_that_one_of_two_databases_fulfils_is_true() -> None:
    old, new = database(table("letters"), name="old"), database(LETTER, SHEET, name="new")
    assert {verdict for _, verdict in verdicts(subject(VERIFIED, old, new))} == {Verdict.TRUE}


def test_live_databases_are_the_measure_before_the_migrations() -> None:
    built = replay(LETTER, STAMP, SHEET)
    assert found_by("claim-false", subject(STATUS, replay=built)) == []
    assert found_by("claim-false", subject(STATUS, database(LETTER), replay=built)) != []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("The database has 3 tables.", Verdict.TRUE),
        ("The database has 2+ tables.", Verdict.TRUE),
        ("The database has 4 tables.", Verdict.FALSE),
        ("Created 14 tables in production.", Verdict.FALSE),
        ("Created 2 tables in production.", Verdict.NOT_CHECKABLE),
    ],
)
def test_counts_of_tables(line: str, expected: Verdict) -> None:
    audited = subject(line, database(LETTER, STAMP, SHEET))
    assert verdicts(audited) == [("TABLE_COUNT", expected)]


def test_a_count_of_listed_tables_is_false_when_one_is_missing() -> None:
    text = "## Mail tables\n- `letter`\n- `stamp_sheet`\n\nCreated 2 mail tables.\n"
    found = only("claim-false", subject(text, database(LETTER)))
    assert found.message == (
        'docs/merge.md:5 says "Created 2 mail tables.", but in live stamp_sheet is missing'
    )


def test_row_security_is_held_against_every_table() -> None:
    text = "All existing tables have RLS enabled ✅"
    safe = replace(LETTER, is_row_security_on=True)
    assert verdicts(subject(text, database(safe))) == [("ROW_SECURITY", Verdict.TRUE)]
    found = only("claim-false", subject(text, database(safe, STAMP)))
    assert found.message.endswith("but 1 of 2 tables have it off in live: stamp")


def test_row_security_of_a_document_about_some_tables_is_held_against_those() -> None:
    text = "## Tables\n- `letter`\n\n## Safety\n- ✅ RLS enabled on all tables\n"
    safe = replace(LETTER, is_row_security_on=True)
    assert verdicts(subject(text, database(safe, STAMP))) == [("ROW_SECURITY", Verdict.TRUE)]


def test_without_a_database_nothing_is_false() -> None:
    audited = Subject(documents=document(STATUS))
    assert verdicts(audited) == [("COMPLETE", Verdict.NOT_CHECKABLE)]
    assert found_by("claim-false", audited) == []
    assert found_by("claim-not-checkable", audited) == []
    assert judge_claims(Subject()) == ()


def test_claims_without_a_list_are_one_note_for_each_document() -> None:
    text = "# Database schema\n\n**Status:** COMPLETE, 23/26 tables verified\n"
    found = only("claim-not-checkable", subject(text, database(LETTER)))
    assert found.message.startswith("docs/merge.md makes 2 claims that cannot be checked, first in")
    assert [one.line for one in found.evidence] == [3, 3]


def test_claims_with_a_list_can_be_checked() -> None:
    assert found_by("claim-not-checkable", subject(STATUS, database(LETTER))) == []


def sql(*statements: tuple[Failure, str]) -> Subject:
    """A document whose statements fail so."""
    refused = tuple(
        failed("create policy own on letter", failure, place=f"{FILE}:{line}", message=message)
        for line, (failure, message) in enumerate(statements, 9)
    )
    block = SqlBlock(Place(FILE, 8), "create policy own on letter", refused)
    return Subject(documents=DocumentReading(files=(FILE,), sql_blocks=(block,)))


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (Failure.INVALID_SQL, 'syntax error at or near "encrypted"'),
        (Failure.OTHER, "operator does not exist: uuid = text"),
        (Failure.NEVER_CREATED, "operator does not exist: uuid = text"),
    ],
)
def test_sql_that_the_server_refuses_is_shown_with_its_reason(
    failure: Failure, message: str
) -> None:
    found = only("document-sql-invalid", sql((failure, message)))
    assert found.message == f"docs/merge.md:9 shows SQL that PostgreSQL refuses: {message}"
    assert (found.evidence[0].file, found.evidence[0].line) == (FILE, 9)


def test_sql_that_lacks_only_a_table_or_repeats_one_is_fine() -> None:
    audited = sql(
        (Failure.NEVER_CREATED, 'relation "stamp" does not exist'),
        (Failure.CREATED_TWICE, 'relation "letter" already exists'),
        (Failure.TRANSACTION_ABORTED, "current transaction is aborted"),
        (Failure.INVALID_SQL, "cannot change return type of existing function"),
        (Failure.OTHER, 'invalid input syntax for type uuid: "paste-it-here"'),
    )
    assert found_by("document-sql-invalid", audited) == []
    assert found_by("document-sql-invalid", Subject()) == []


def test_a_status_in_progress_above_a_history_that_is_complete_contradicts_it() -> None:
    text = """
        # Database merge

        **Status:** IN PROGRESS - tables missing

        ## History

        ### 2026-01-22: Unification complete
    """
    found = only("document-contradicts-itself", subject(text))
    assert found.message == (
        'docs/merge.md:3 says "**Status:** IN PROGRESS - tables missing", and line 7 says '
        '"2026-01-22: Unification complete"'
    )


def test_a_table_that_is_called_missing_and_listed_as_there_is_named() -> None:
    text = "**Verified:** `letter` table missing\n\n## Tables\n- `letter`\n- `stamp`\n"
    found = only("document-contradicts-itself", subject(text))
    assert found.message == (
        "docs/merge.md calls letter missing (line 1) and lists it as there (line 4)"
    )
    assert found.table == "letter"


@pytest.mark.parametrize(
    "text",
    [
        STATUS,
        "# Database merge\n\n**Status:** IN PROGRESS\n\n## Phase 0: clean-up COMPLETE\n",
        "## Existing tables\n- `letter`\n\n## Tables to create\n- `letter`\n",
        "## Problem: `letter` table missing ❌→✅\n\n## Tables\n- `letter`\n",
    ],
)
def test_steps_plans_and_what_was_mended_contradict_nothing(text: str) -> None:
    assert found_by("document-contradicts-itself", subject(text)) == []
