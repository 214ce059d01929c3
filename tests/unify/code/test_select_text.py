"""Select strings and filters of PostgREST come apart into exactly what they name."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstem.unify.code.filter_text import column_of, filtered_columns
from mainstem.unify.code.select_text import (
    UNKNOWN,
    Selected,
    SelectedField,
    SelectedResource,
    parse_select,
    split_list,
)

words = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda word: word not in {"count", "sum", "avg", "max", "min", "inner", "left"}
)
maybe = st.none() | words
casts = st.none() | st.sampled_from(["text", "int", "double precision"])
fields = st.builds(
    SelectedField,
    words,
    alias=maybe,
    json_path=st.sampled_from(["", "->a", "->>b", "->a->>b"]),
    cast=casts,
    aggregate=st.none(),
)
aggregates = st.builds(
    SelectedField,
    words | st.just(""),
    alias=maybe,
    json_path=st.just(""),
    cast=casts,
    aggregate=st.sampled_from(["count", "sum", "max"]),
)


def resources(items: st.SearchStrategy[Selected]) -> st.SearchStrategy[Selected]:
    return st.builds(
        SelectedResource,
        words,
        st.lists(items, max_size=3).map(tuple),
        alias=maybe,
        hint=maybe,
        join=st.sampled_from([None, "inner", "left"]),
        is_spread=st.just(False),
    )


leaves: st.SearchStrategy[Selected] = st.one_of(fields, aggregates, st.just(SelectedField("*")))
selections = st.lists(st.recursive(leaves, resources, max_leaves=8), min_size=1, max_size=4)


def written(item: Selected) -> str:
    alias = f"{item.alias}:" if item.alias else ""
    if isinstance(item, SelectedResource):
        marks = "".join(f"!{mark}" for mark in (item.hint, item.join) if mark)
        return f"{alias}{item.name}{marks}({', '.join(map(written, item.items))})"
    cast = f"::{item.cast}" if item.cast else ""
    if item.aggregate:
        dot = "." if item.name else ""
        return f"{alias}{item.name}{dot}{item.aggregate}(){cast}"
    return f"{alias}{item.name}{item.json_path}{cast}"


@given(selections)
@settings(max_examples=50)
def test_what_is_written_is_read_back(items: list[Selected]) -> None:
    assert parse_select(",\n  ".join(map(written, items))) == tuple(items)


@given(st.text(alphabet='ab,():!."->*\0 \n', max_size=60))
def test_no_text_stops_the_reader(text: str) -> None:
    assert all(isinstance(item, SelectedField | SelectedResource) for item in parse_select(text))
    for column in filtered_columns(text):
        found = column_of(column)
        assert found is None or found[1] in column


def test_deep_nesting_ends() -> None:
    assert parse_select("a(" * 5_000)


def test_spread_hint_and_join() -> None:
    [spread, hinted] = parse_select("...org(name), owner:users!owner_id!inner(id)")
    assert spread == SelectedResource("org", (SelectedField("name"),), is_spread=True)
    assert hinted == SelectedResource(
        "users", (SelectedField("id"),), alias="owner", hint="owner_id", join="inner"
    )


def test_count_in_a_resource_is_no_column() -> None:
    [resource] = parse_select("posts(count)")
    assert isinstance(resource, SelectedResource)
    assert resource.items == (SelectedField("", aggregate="count"),)


def test_quoted_names() -> None:
    assert parse_select('"two words", "odd,name"("x")') == (
        SelectedField("two words"),
        SelectedResource("odd,name", (SelectedField("x"),)),
    )


def test_a_part_that_cannot_be_told_hides_only_itself() -> None:
    assert parse_select(f"id, {UNKNOWN}, name") == (SelectedField("id"), SelectedField("name"))


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("a.eq.1,b.is.null", ["a", "b"]),
        (
            "a.not.is.null,and(c.gt.1,not.or(d.in.(1,2),e.lt.3)),x->>y.eq.z",
            ["a", "c", "d", "e", "x"],
        ),
        ('name.ilike."%a,b%",t.eq.x.eq.y', ["name", "t"]),
        ("a.like(any).{x,y}", ["a"]),
        ("", []),
    ],
)
def test_columns_of_conditions(text: str, columns: list[str]) -> None:
    found = [column_of(column) for column in filtered_columns(text)]
    assert [name for _, name in filter(None, found)] == columns


def test_conditions_on_a_resource() -> None:
    assert [column_of(name) for name in filtered_columns("org.or(a.eq.1),client.name.eq.x")] == [
        ("org", "a"),
        ("client", "name"),
    ]


@given(st.lists(words, min_size=1, max_size=5))
def test_lists_come_apart_at_outer_commas(parts: list[str]) -> None:
    wrapped = [f"f({part},{part})" for part in parts]
    assert split_list(", ".join(wrapped)) == wrapped
