"""Values of every type into every other: never an error, and nothing lost without a rule."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstem.unify.ledger import ensure_schema
from mainstem.unify.plan.transfer import canonical, transfer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from psycopg.rows import TupleRow

VALUES = {
    "smallint": ("0", "1", "-32768", "32767"),
    "integer": ("0", "1", "-2147483648", "1700000000"),
    "bigint": ("0", "1", "-9223372036854775808", "1700000000000"),
    "numeric": ("0", "1.50", "1e40", "-0.0001", "NaN", "Infinity"),
    "numeric(14,4)": ("0", "1.2345", "9999999999.9999"),
    "real": ("0", "1.5", "1e30", "NaN", "-Infinity"),
    "double precision": ("0", "0.1", "1e300", "NaN", "Infinity"),
    "boolean": ("true", "false"),
    "text": ("", " 7", "x", "2026-01-02", "now", "{}", "NaN", "yes", "1.239"),
    "character varying(20)": ("", "a", "12345678901234567890"),
    "timestamp without time zone": ("2026-01-02 03:04:05.6", "infinity", "2026-01-02"),
    "timestamp with time zone": ("2026-01-02 03:04:05+05", "-infinity", "2026-01-02 00:00:00+00"),
    "date": ("2026-01-02", "infinity", "4713-01-01 BC"),
    "uuid": ("00000000-0000-4000-8000-000000000001",),
    "json": ('{"a": 1}', '{"a": 1, "a": 2}', r'"\u0000"', "[1]", "null"),
    "jsonb": ('{"a": 1}', "null", '"x"'),
    "text[]": ("{}", "{a,NULL}"),
    "integer[]": ("{1,2}",),
    "bytea": (r"\x00ff",),
    "interval": ("1 day",),
    "inet": ("10.0.0.1",),
}
TARGETS = (
    *VALUES,
    "varchar(5)",
    "numeric(12,2)",
    "numeric(3,0)",
    "time without time zone",
)


@pytest.mark.parametrize("source", VALUES)
def test_every_pair_of_types_has_an_answer_for_every_value(
    connection: psycopg.Connection[TupleRow], source: str
) -> None:
    ensure_schema(connection)
    for target, text in product(TARGETS, VALUES[source]):
        found = transfer(source, target)
        value = f"'{text}'::{source}"
        wire = f"({found.read.format(v=value)})::{found.wire}"
        if not found.tries:
            assert _one(connection, f"select ({wire})::{target} is not null")
            continue
        whens = " ".join(
            f"when {one.condition.format(v='v')} then {canonical(one.value.format(v='v'), target)}"
            for one in found.tries
        )
        _one(connection, f"select case {whens} end from (select {wire} as v offset 0) as x")
        compared = found.compare("v", target)
        if "unify." not in compared:
            _one(connection, f"select {compared} from (select {value} as v offset 0) as x")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    number=st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9),
                       max_value=10**9),
    target=st.sampled_from(["integer", "numeric(12,2)", "numeric(6,3)", "smallint"]),
)  # fmt: skip
def test_a_number_that_changes_is_a_rule(
    connection: psycopg.Connection[TupleRow], number: object, target: str
) -> None:
    ensure_schema(connection)
    found = transfer("numeric(14,4)", target)
    for one in found.tries:
        query = f"select ({one.condition.format(v='v')}) is true,"
        query += f" case when {one.condition.format(v='v')} then"
        query += f" ({one.value.format(v='v')})::{target}::numeric = v end"
        row = connection.execute(
            f"{query} from (select {number}::numeric(14,4) as v) as x".encode()
        ).fetchone()
        assert row is not None
        holds, is_same = row
        if holds and one.rule is None:
            assert is_same
        if holds:
            return


def test_a_rule_is_named_only_where_a_value_may_change() -> None:
    def rules(source: str, target: str) -> Sequence[str | None]:
        return [one.rule for one in transfer(source, target).tries]

    assert rules("uuid", "uuid") == []
    assert rules("integer", "bigint") == []
    assert rules("public.mood", "text") == []
    assert rules("bigint", "integer") == [None]
    assert rules("double precision", "numeric(12,2)") == [None, "rounded-to-scale"]
    assert rules("text", "integer") == ["integer-from-text"]
    assert rules("public.mood", "public.other_mood") == ["read-as-type"]


def _one(connection: psycopg.Connection[TupleRow], query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]
