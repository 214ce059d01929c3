"""Blocks of Markdown, and the lines that they stand in."""

from __future__ import annotations

from textwrap import dedent

from hypothesis import given
from hypothesis import strategies as st

from mainstem.unify.documents.markdown import Block, BlockKind, read_blocks

HEADING, PARAGRAPH, ITEM = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.ITEM
ROW, CODE = BlockKind.ROW, BlockKind.CODE


def blocks(text: str) -> list[Block]:
    return list(read_blocks(dedent(text).lstrip("\n")))


def short(text: str) -> list[tuple[BlockKind, int, str]]:
    return [(block.kind, block.line, block.text) for block in blocks(text)]


def test_every_kind_of_block_is_told_with_its_line() -> None:
    text = """
        # Title #

        First line
        and second.

        - one
          continued
        * two
          1. nested

        | a | b |
        |---|:-:|
        | 1 | 2 \\| 3 |
        ```sql
        select 1;
        ```
        > - quoted
    """
    assert short(text) == [
        (HEADING, 1, "Title"),
        (PARAGRAPH, 3, "First line\nand second."),
        (ITEM, 6, "one\ncontinued"),
        (ITEM, 8, "two"),
        (ITEM, 9, "nested"),
        (ROW, 13, "| 1 | 2 \\| 3 |"),
        (CODE, 15, "select 1;"),
        (ITEM, 17, "quoted"),
    ]
    row = blocks(text)[5]
    assert (row.header, row.cells) == (("a", "b"), ("1", "2 \\| 3"))
    assert blocks(text)[6].language == "sql"


def test_sections_nest_by_level_and_underlined_titles_are_headings() -> None:
    found = blocks("Top\n===\n## Inner\n#### Deep\ntext\n\nOther\n---\nmore\n")
    sections = [block.section for block in found if block.kind is PARAGRAPH]
    assert [s.titles for s in sections if s] == [("Deep", "Inner", "Top"), ("Other", "Top")]


def test_a_list_knows_the_sentence_or_the_item_that_it_stands_under() -> None:
    found = blocks("""
        ## Tables

        These exist:

        - a
          - b
            ```sql
            select 1
            ```
        - c
    """)
    leads = [(block.text.strip(), block.lead) for block in found if block.kind is not HEADING]
    assert leads[1:] == [
        ("a", "These exist:"),
        ("b", "a"),
        ("select 1", "b"),
        ("c", "These exist:"),
    ]


def test_front_matter_comments_rules_and_indented_code_are_no_text() -> None:
    text = "---\ntitle: x\n---\n<!-- not\nthis -->\nseen\n\n    code\n\n***\n"
    assert short(text) == [(PARAGRAPH, 2, "title: x"), (PARAGRAPH, 6, "seen")]


def test_line_ends_of_windows_count_as_one() -> None:
    assert short("# a\r\n\r\nb\r\n") == [(HEADING, 1, "a"), (PARAGRAPH, 3, "b")]


def test_a_fence_that_nobody_closes_reaches_to_the_end() -> None:
    assert short("```sql\nselect 1\n# no heading\n") == [(CODE, 2, "select 1\n# no heading")]


def test_a_longer_fence_holds_a_shorter_one() -> None:
    (code,) = blocks("````md\n```sql\nselect 1\n```\n````\n")
    assert code.text == "```sql\nselect 1\n```"


def test_a_table_ends_where_its_lines_do() -> None:
    assert short("|a|\n|-|\n|1|\n\nafter | all\n")[1:] == [(PARAGRAPH, 5, "after | all")]


MARKDOWN = st.text(alphabet="#-*`~|> \n\r=a1_.<!\t[]✅", max_size=300)


@given(MARKDOWN)
def test_every_block_stands_where_it_says(text: str) -> None:
    lines = text.splitlines()
    for block in read_blocks(text):
        first = block.text.split("\n")[0]
        if block.kind is not CODE or block.text:
            assert first.strip() in lines[block.line - 1]
