"""What the plan's own SQL makes of a row is made again from the source, and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unify.several.conftest import CONFIG, uuid_of
from tests.unify.several.test_several import plant_doubles

if TYPE_CHECKING:
    from tests.unify.several.conftest import Merge

SETS = """
[tables.north.tasks]
columns.title = { used = "shouted" }
columns.weight = { used = "doubled" }
set.title = "upper(s.title) || '!'"
set.weight = "(s.weight * 2)::integer"
[tables.desk.people]
columns.full_name = { used = "shouted" }
set.full_name = "upper(s.full_name)"
[tables.south.person]
columns.full_name = { used = "shouted" }
set.full_name = "upper(s.full_name)"
"""


def texts(merge: Merge) -> list[str]:
    return [str(d) for table in merge.verify().tables for d in table.differences]


def numbers(merge: Merge) -> object:
    """The last number that a run got."""
    return merge.rows("select last_value from unify.run_id_seq")


def test_expressions_over_the_row_are_compared(merge: Merge) -> None:
    head, _, tail = (CONFIG + SETS).rpartition("s.full_name")
    merge.config.write_text(f"{head}s.email{tail}")
    merge.plan()
    merge.run()
    before = numbers(merge)
    found = {table.table: table for table in merge.verify().tables}
    assert "title (by the plan's own SQL)" in found["north.tasks"].columns
    assert "app (by the plan's own SQL)" in found["north.people"].columns
    for table in found.values():
        assert table.is_equal, table
    assert {name: table.not_compared for name, table in found.items() if table.not_compared} == {
        "south.person": {"full_name": "used by the plan's own SQL: shouted"}
    }
    task = uuid_of(305)
    merge.execute(merge.url, f"update task set weight = 11 where id = '{task}'")
    assert texts(merge) == [
        f"north.tasks, key {task}, column weight (by the plan's own SQL): '10' became '11'"
    ]
    merge.execute(merge.url, f"update task set weight = 10 where id = '{task}'")
    merge.execute(merge.url, "update person set full_name = lower(full_name) where app = 'both'")
    assert len(texts(merge)) == 2
    merge.execute(merge.url, "update person set full_name = upper(full_name) where app = 'both'")
    merge.execute(merge.url, "update person set app = 'both' where email = 's3@example.com'")
    assert texts(merge) == [
        "south.person, key 3, column app (by the plan's own SQL): 'south' became 'both'"
    ]
    merge.execute(merge.url, "update person set app = 'south' where email = 's3@example.com'")
    # What is made of a moved value is made of the target's, unless that differs itself.
    merge.execute(merge.url, "update person set full_name = 'ME' where email = 's3@example.com'")
    made = "south.person, key 3, column full_name (by the plan's own SQL): 'S3@EXAMPLE.COM' became"
    assert texts(merge) == [f"{made} 'ME'"]
    merge.execute(
        merge.url,
        "update person set email = 'x@x.io', full_name = 'X@X.IO' where email = 's3@example.com'",
    )
    assert texts(merge) == [
        "south.person, key 3, column email: 's3@example.com' became 'x@x.io'",
        f"{made} 'X@X.IO'",
    ]
    merge.execute(
        merge.url,
        "update person set email = 's3@example.com', full_name = 'S3@EXAMPLE.COM'"
        " where email = 'x@x.io'",
    )
    # What every row of a table has is made once.
    (person,) = merge.rows("select min(id::text) from person where app = 'north'")[0]
    merge.execute(merge.url, f"update person set app = 'both' where id = '{person}'")
    (said,) = texts(merge)
    assert said.startswith("north.people, key ")
    assert said.endswith("column app (by the plan's own SQL): 'north' became 'both'")
    merge.execute(merge.url, f"update person set app = 'north' where id = '{person}'")
    assert numbers(merge) == before, "to look at a run takes no number of one"
    # A source that changed since differs in what is made of it, until a pass carries that over.
    merge.execute(merge.north, f"update tasks set title = 'new' where id = '{task}'")
    assert texts(merge) == [
        f"north.tasks, key {task}, column title (by the plan's own SQL): 'NEW!' became 'TASK 5!'"
    ]
    merge.catch_up(is_forced=True)
    assert merge.verify().is_equal


def test_expressions_over_values_that_a_merge_chose(merge: Merge) -> None:
    plant_doubles(merge)
    merge.config.write_text(CONFIG + SETS)
    merge.plan()
    merge.run()
    found = merge.verify()
    assert found.is_equal, [*found.findings, *(d for t in found.tables for d in t.differences)]


def test_expressions_over_other_rows_are_listed_with_the_reason(merge: Merge) -> None:
    merge.config.write_text(
        CONFIG
        + """[tables.north.tasks]
        columns.title = { used = "with its project" }
        columns.weight = { used = "counted" }
        set.title = "s.title || project_row.id"
        set.weight = "(select count(*) from :stage.north.notes as n)::integer"
        [tables.south.project]
        set.due = "date '2026-01-01' + (random() * 9)::integer"
        """
    )
    merge.plan()
    merge.run()
    tables = {table.table: table for table in merge.verify().tables}
    assert tables["south.project"].not_compared == {
        "due": "the plan makes it by chance or time (random)"
    }
    found = tables["north.tasks"]
    assert found.is_equal
    assert found.not_compared == {
        "title": "used by the plan's own SQL: with its project;"
        " the plan takes it from other rows (project_row)",
        "weight": "used by the plan's own SQL: counted; the plan looks it up in other rows",
    }
