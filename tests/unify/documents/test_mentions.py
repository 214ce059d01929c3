"""Which words are tables, and what a document says of them."""

from __future__ import annotations

import pytest
from tests.unify.documents.reading_text import read, said

from mainstem.unify.documents.model import Expectation, Standing

EXISTS, ABSENT = Expectation.EXISTS, Expectation.ABSENT
PLANNED, NONE = Expectation.PLANNED, Expectation.NONE


def test_a_list_under_a_heading_about_tables_names_tables() -> None:
    reading = read("""
        ## Shared Tables (Core)

        - `agency` - Tenant root
        - `pod`, `pod_member` and `pod_activity` - Engagement pods
        - **chat_log**: what was said
        - nothing here
    """)
    assert said(reading) == [
        ("agency", 3, EXISTS),
        ("pod", 4, EXISTS),
        ("pod_member", 4, EXISTS),
        ("pod_activity", 4, EXISTS),
        ("chat_log", 5, EXISTS),
    ]
    assert reading.mentions[0].section == "Shared Tables (Core)"
    assert reading.mentions[0].text == "`agency` - Tenant root"


@pytest.mark.parametrize(
    ("heading", "expectation"),
    [
        ("Tables in Migrations ✅", EXISTS),
        ("Tables that SHOULD exist", EXISTS),
        ("Tables that should NOT exist", ABSENT),
        ("Tables Dropped", ABSENT),
        ("Tables Referenced in Code But Missing ❌", PLANNED),
        ("Tables in the Model But Not Found", PLANNED),
        ("New Tables (TODO)", PLANNED),
    ],
)
def test_the_heading_says_what_is_expected(heading: str, expectation: Expectation) -> None:
    assert said(read(f"### {heading}\n- `invoice`\n")) == [("invoice", 2, expectation)]


@pytest.mark.parametrize(
    ("item", "expectation"),
    [
        ("- ❌ invoice", PLANNED),
        ("- [ ] `invoice`", PLANNED),
        ("- ✅ `invoice` - rows of bills", EXISTS),
        ("- `invoice` - Not implemented yet", PLANNED),
        ("- `invoice` - May be represented by `bill`", PLANNED),
        ("- ✅ invoice: correctly NOT exists", ABSENT),
        ("- `invoice` - ✅ DROPPED", ABSENT),
    ],
)
def test_what_stands_beside_a_name_outweighs_the_heading(
    item: str, expectation: Expectation
) -> None:
    assert said(read(f"## Existing tables\n{item}\n")) == [("invoice", 2, expectation)]


@pytest.mark.parametrize(
    "text",
    [
        "## Tables\n- `id` - UUID\n- `client_id` - who\n- `created_at`\n",
        "## Tables\n\n**invoice:**\n- `due_day` - when\n- `amount` - how much\n",
        "## Tables\n\nColumns of each:\n- `amount`\n",
        "## `invoice` Files\n- `app/page.tsx`\n- `due_day`\n",
        "## Tables\n- `bills` → `invoice`\n",
        "## Data Tables\n- `sort_order`\n",
        "## Tables\n- `auth.users`\n",
        "Use `due_day` and `npm_config`.\n",
        "## Environment\n- `database_url`\n",
        "| Setting | Value |\n|---|---|\n| `due_day` | 1 |\n",
        "```\n✅ build_all: passed\n```\n",
        "```ts\nconst invoice_line = 1\n```\n",
        "Expand each `<table>`; the `id` table cell.\n",
    ],
)
def test_other_words_are_no_tables(text: str) -> None:
    assert [name for name, _, _ in said(read(text)) if name != "invoice"] == []


def test_a_nested_list_under_a_table_is_of_its_columns() -> None:
    text = "## Tables\n- `invoice`\n  - `due_day` - when\n"
    assert said(read(text)) == [("invoice", 2, EXISTS)]


def test_a_column_of_tables_names_them_and_a_status_beside_it_counts() -> None:
    reading = read("""
        ## Clean-up

        | Table | Rows | Status |
        |---|---|---|
        | `chat_message` | 0 | ✅ DROPPED |
        | `chat_messages` | 18 | ✅ ACTIVE (kept) |
        | Total | 18 | |
    """)
    assert said(reading) == [("chat_message", 5, ABSENT), ("chat_messages", 6, EXISTS)]
    assert {one.standing for one in reading.mentions} == {Standing.TABLE}


def test_boxes_tell_one_database_from_another() -> None:
    reading = read("""
        ```
        ┌──────────────────────────────┐
        │ POSTGRES (hosted)            │
        ├──────────────────────────────┤
        │ ✅ organizations             │
        │ ✅ recipient_lists           │
        │ ❌ campaigns (MISSING!)      │
        └──────────────────────────────┘
        ┌──────────────────────────────┐
        │ SQLITE (local)               │
        │ ✅ campaigns ← SHOULD BE IN POSTGRES │
        │ ✅ recipients ← DUPLICATE!   │
        └──────────────────────────────┘
        ```
    """)
    assert said(reading) == [
        ("organizations", 5, EXISTS),
        ("recipient_lists", 6, EXISTS),
        ("campaigns", 7, PLANNED),
        ("campaigns", 11, PLANNED),
        ("recipients", 12, NONE),
    ]


def test_a_list_of_ticks_in_a_fence_is_of_tables_when_it_says_what_exists() -> None:
    reading = read("""
        **Left over, all dropped:**
        ```
        outfit_log:   ✅ DROPPED
        swatches:     ✅ DROPPED
        ```
    """)
    assert said(reading) == [("outfit_log", 3, ABSENT), ("swatches", 4, ABSENT)]


@pytest.mark.parametrize(
    ("sentence", "expectation"),
    [
        ("The `invoice` table does not exist.", PLANNED),
        ("Health fails: missing `invoice` table", PLANNED),
        ("The `invoice` table exists in both.", EXISTS),
        ("Create the table `invoice` first.", PLANNED),
        ("If the `invoice` table exists, go on.", NONE),
        ("Its id does not exist in the `invoice` table.", NONE),
        ("The column due of the `invoice` table was dropped.", NONE),
        ("The `invoice` table was dropped.", ABSENT),
    ],
)
def test_a_sentence_says_what_it_says_of_its_only_table(
    sentence: str, expectation: Expectation
) -> None:
    assert said(read(sentence)) == [("invoice", 1, expectation)]


def test_a_sentence_about_several_tables_says_nothing_of_one() -> None:
    text = "The `bill` table is read by the `invoice` table and does not exist."
    assert said(read(text)) == [("bill", 1, NONE), ("invoice", 1, NONE)]


def test_headings_name_tables_below_one_about_tables_or_with_the_word() -> None:
    reading = read("""
        # Mail Tables
        #### `letter`
        ## Issue #2: `envelope` Table Referenced But Not Found
        ## 3. Decide on `stamp` Table
    """)
    assert said(reading) == [("letter", 2, EXISTS), ("envelope", 3, PLANNED), ("stamp", 4, NONE)]


def test_both_ends_of_an_arrow_are_tables_with_a_column() -> None:
    reading = read("- `letter.sender_id` → `person.id`\n- `a.b.c` → `d.e`\n- x.click -> y.open\n")
    assert [(m.name, m.columns, m.expectation) for m in reading.mentions] == [
        ("letter", ("sender_id",), NONE),
        ("person", ("id",), NONE),
    ]


def test_known_names_are_tables_whatever_they_look_like() -> None:
    assert said(read("## Tables\n- Invoice: bills\n", "invoice")) == []
    assert said(read("## Tables\n- invoice: bills\n- post: text\n", "invoice")) == [
        ("invoice", 2, EXISTS)
    ]


def test_sql_blocks_are_parsed_and_what_does_not_parse_is_scanned() -> None:
    reading = read("""
        ## Database schema

        ```sql
        with recent as (select * from letter)
        select * from recent
          join public.person on true;
        create table stamp (id uuid, price numeric);
        drop table if exists old_stamp;
        create table sketch (...);
        select * from auth.users, pg_class;
        ```
    """)
    named = [(m.name, m.place.line, m.columns, m.expectation) for m in reading.mentions]
    assert named == [
        ("person", 6, (), NONE),
        ("letter", 4, (), NONE),
        ("stamp", 7, ("id", "price"), EXISTS),
        ("old_stamp", 8, (), ABSENT),
        ("sketch", 9, (), EXISTS),
    ]
