"""Shortcuts for whole batches give what looking at each value gives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstem.unify.codec import BadText, codec_for
from mainstem.unify.codec.jsontext import are_plain_json, check_json

if TYPE_CHECKING:
    from mainstem.unify.codec import SqliteValue

#: values that most rows have, and values that some have
USUAL: dict[str, list[SqliteValue]] = {
    "bigint": [1, -7],
    "boolean": [0, 1],
    "text": ["a", "b\tc"],
    "numeric(12,2)": [1.5, 2.25],
    "timestamptz": ["2024-05-01 10:00:00", "2024-02-29 23:59:59"],
    "date": ["2024-05-01"],
    "jsonb": ['{"a": [1, 2.5e3, "\\n"]}', "[]", "null"],
}
ODD: list[SqliteValue] = [
    None,
    "yes",
    "1714557600",
    1714557600123,
    2.0,
    1.005,
    "2024-02-30 10:00:00",
    "2024-05-01T10:00:00+02:00",
    '{"a": 1, "a": 2}',
    "{cut off",
    "a\0b",
    b"\xff",
    BadText(b"\xff"),
]
PIECES = st.sampled_from(
    [
        *('"a":', "{", "}", "[", "]", ",", ",7,", '"\x7f"', "\x7f", '"\\u007f"', "\\u0022", '\\":'),
        *('"', "1", "-0", "1e400", "1e-20000", "0.10", "9" * 40, '"\\ud800"', '"\\u0000"'),
        *("\\", "a", " "),
    ]
)


@pytest.mark.parametrize("type_name", USUAL)
def test_a_large_batch_gives_what_each_value_gives_alone(type_name: str) -> None:
    codec = codec_for(type_name)

    @settings(max_examples=40, deadline=None, database=None)
    @given(st.lists(st.tuples(st.integers(0, 119), st.sampled_from(ODD)), max_size=12))
    def check(odd: list[tuple[int, SqliteValue]]) -> None:
        batch = (USUAL[type_name] * 120)[:120]
        for row, value in odd:
            batch[row] = value

        together = codec.encode(batch)

        alone = [codec.encode([value]) for value in batch]
        assert list(together.texts) == [one.texts[0] for one in alone]
        assert [(c.row, c.before, c.after, c.rule) for c in together.conversions] == [
            (row, c.before, c.after, c.rule)
            for row, one in enumerate(alone)
            for c in one.conversions
        ]
        assert [(r.row, r.reason) for r in together.refusals] == [
            (row, r.reason) for row, one in enumerate(alone) for r in one.refusals
        ]

    check()


@settings(max_examples=200, deadline=None, database=None)
@given(st.lists(st.lists(PIECES, max_size=7).map("".join), min_size=1, max_size=4))
def test_texts_that_are_taken_together_are_taken_one_by_one(texts: list[str]) -> None:
    if are_plain_json(texts):
        for text in texts:
            check_json(text)


@pytest.mark.parametrize(
    "texts",
    [
        ["1,2", '"a', 'b"'],
        ["1,2", "[1", "2]"],
        ['1,"\x7f",2', "[1", "2]"],
        ['1,"\\u007f",2', "[1", "2]"],
        ['{"a":"\\u0022:","b":1,"b":2}'],
        ['{"a" : 1, "\\u0061": 2}'],
        ["[" * 501 + "]" * 501],
        ["1e-20000"],
        ['"\ud800"'],
        ["1", ""],
    ],
)
def test_what_only_looks_well_together_is_not_taken(texts: list[str]) -> None:
    assert not are_plain_json(texts)


plain_texts = st.text(alphabet='ab é☎{}[]",:\n\\', max_size=4)
json_values = st.recursive(
    st.integers(-9, 9) | plain_texts, lambda inner: st.lists(inner, max_size=3), max_leaves=6
)


@settings(max_examples=100, deadline=None, database=None)
@given(st.lists(json_values, min_size=1, max_size=5))
def test_usual_json_is_taken_together(values: list[object]) -> None:
    assert are_plain_json([json.dumps(value, indent=1, ensure_ascii=False) for value in values])
    assert are_plain_json([json.dumps({"k": value}, ensure_ascii=False) for value in values])
