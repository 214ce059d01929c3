"""Whatever happens to the sources: passes end as a run made now would."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.unify.several.conftest import (
    CONFIG,
    Merge,
    content,
    fill_again,
    fresh,
    uuid_of,
)

if TYPE_CHECKING:
    from mainstem.pg.scratch import ScratchServer

#: what people do to the sources, as the place and a statement over two numbers
EDITS = [
    ("north", "update people set full_name = 'N' || {b} where id = {p}"),
    ("north", "update people set email = 's{b}@example.com' where id = {p}"),
    ("north", "update people set email = 'own{a}@example.com' where id = {p}"),
    ("north", "update people set shop_id = {s} where id = {p}"),
    ("north", "update people set shop_id = null where id = {p}"),
    ("north", "delete from people where id = {p}"),
    ("north", ("insert into people values ({x}, {s}, 'x{a}@example.com', 'X', '2026-09-01Z')"
              " on conflict do nothing")),
    ("north", "update shops set size = 'large' where id = {s}"),
    ("north", "update shops set size = '7' where id = {s}"),
    ("north", (
        "update shops set slug = 'company-{b1}' where id = {s}"
        " and not exists (select from shops where slug = 'company-{b1}')"
    )),
    ("north", "update projects set stage = 'odd' where id = {j}"),
    ("north", "update projects set stage = 'done' where id = {j}"),
    ("north", "update projects set shop_id = {s} where id = {j}"),
    ("north", "update projects set shop_id = {s}, owner_id = null where id = {j}"),
    ("north", "update projects set owner_id = {p} where id = {j}"),
    ("north", "update projects set lead_task_id = {t} where id = {j}"),
    ("north", "update projects set created_at = '2025-01-01Z' where id = {j}"),
    ("north", "delete from projects where id = {j}"),
    ("north", ("insert into projects values ({j}, {s}, {p}, 'Again', 'open', 1, null, '{{}}', {t},"
              " '2026-08-01Z') on conflict do nothing")),
    ("north", "update tasks set project_id = {j} where id = {t}"),
    ("north", "update tasks set weight = 3000000000 where id = {t}"),
    ("north", "update tasks set weight = {b} where id = {t}"),
    ("north", "delete from tasks where id = {t}"),
    ("north", ("insert into tasks values ({t}, {j}, 'Again', 1, '2026-08-02Z')"
              " on conflict do nothing")),
    ("north", "update notes set task_id = {t} where id = {a} * 3"),
    ("north", "delete from notes where id = {b} * 5"),
    ("north", ("insert into notes (id, task_id, body, created_at)"
              " values (400 + {a}, {t}, 'more', '2026-09-02Z') on conflict do nothing")),
    ("south", "update app.person set email = 'p{b}@example.com' where number = {a}"),
    ("south", "update app.person set company_code = 'c{b1}' where number = {a}"),
    ("south", "update app.project set budget = 1e12 where number = {b}"),
    ("south", "update app.project set budget = 1.239 where number = {b}"),
    ("south", "delete from app.person where number = {a}"),
    ("south", (
        "update app.company set slug = 'shop-{b1}' where code = 'c1'"
        " and not exists (select from app.company where slug = 'shop-{b1}')"
    )),
]  # fmt: skip


def edit(merge: Merge, number: int, a: int, b: int) -> None:
    """Make one edit, foreign keys of the source or not."""
    place, statement = EDITS[number]
    text = statement.format(
        a=a, b=b, b1=b % 2 + 1, s=_id(1 + a % 2), p=_id(100 + a), x=_id(150 + a),
        j=_id(200 + b), t=_id(300 + a + b),
    )  # fmt: skip
    url = merge.north if place == "north" else merge.south
    merge.execute(url, f"set session_replication_role = replica; {text}")


def _id(number: int) -> str:
    return f"'{uuid_of(number)}'"


@pytest.fixture
def planned(merge: Merge) -> Merge:
    """With people and shops that become one, planned once for all examples of a property."""
    merge.config.write_text(
        CONFIG + '[merge.shop]\nby = ["slug"]\n[merge.person]\nby = ["lower(email)"]\n'
    )
    merge.plan()
    return merge


@settings(
    max_examples=2,  # each takes seconds; others are tried every time
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(
    passes=st.lists(
        st.lists(
            st.tuples(st.integers(0, len(EDITS) - 1), st.integers(1, 20), st.integers(1, 10)),
            min_size=1,
            max_size=6,
        ),
        min_size=1,
        max_size=3,
    )
)
def test_passes_end_as_a_run_made_now_would(
    planned: Merge, scratch: ScratchServer, passes: list[list[tuple[int, int, int]]]
) -> None:
    fill_again(planned)
    run = planned.run().run
    try:
        for edits in passes:
            for number, a, b in edits:
                edit(planned, number, a, b)
            assert planned.catch_up().left == ()
        found = planned.verify()
        assert found.is_equal, [*found.findings, *(d for t in found.tables for d in t.differences)]
        now = content(planned)
    finally:
        planned.undo(run.id)
    assert now == fresh(planned, scratch, f"fresh_{uuid4().hex}")
