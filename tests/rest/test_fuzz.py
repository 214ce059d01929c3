"""Whatever is asked: an answer below 500, no words of the server's parser, no foreign row."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

if TYPE_CHECKING:
    import httpx
    from tests.rest.conftest import World

COLUMNS = st.sampled_from(
    [
        "id",
        "agency_id",
        "name",
        "size",
        "price",
        "data",
        "tags",
        "during",
        "words",
        "nope",
        "client",
    ]
)
VALUES = st.sampled_from(
    [
        "1",
        "null",
        "true",
        "*",
        "%",
        "{}",
        "{1,2}",
        "(1,2)",
        '{"a":1}',
        "[1,2)",
        "'",
        '"',
        "\\",
        "--",
        "a'b",
        "$1",
        "x;drop table shelf",
        "2026-01-01",
        "",
        "9" * 30,
        "ä",
        "\U0001f600",
        "()",
        "{",
        "%s",
    ]
) | st.text(max_size=12)
OPERATORS = st.sampled_from(
    [
        "eq",
        "neq",
        "gt",
        "lt",
        "like",
        "ilike",
        "match",
        "imatch",
        "in",
        "is",
        "isdistinct",
        "fts",
        "plfts",
        "phfts(english)",
        "wfts(nope)",
        "cs",
        "cd",
        "ov",
        "sl",
        "sr",
        "nxr",
        "nxl",
        "adj",
        "like(any)",
        "eq(all)",
        "zz",
        "",
    ]
)
PATHS = st.builds(
    "{}{}".format, COLUMNS, st.sampled_from(["", "->a", "->>a", "->0", "->a->>b", "->", "->'x'"])
)
CONDITIONS = st.builds("{}{}.{}".format, st.sampled_from(["", "not."]), OPERATORS, VALUES)
TREES = st.recursive(
    st.builds("{}.{}".format, PATHS, CONDITIONS),
    lambda inner: st.builds(
        "{}({})".format,
        st.sampled_from(["and", "or", "not.and", "not.or"]),
        st.lists(inner, min_size=1, max_size=3).map(",".join),
    ),
    max_leaves=5,
)
ITEMS = st.recursive(
    st.builds(
        "{}{}".format,
        PATHS | st.just("*"),
        st.sampled_from(["", "::text", "::int", "::jsonb", ".sum()", "::regclass"]),
    ),
    lambda inner: st.builds(
        "{}({})".format,
        st.sampled_from(
            [
                "client",
                "shelf_client",
                "x:client!inner",
                "...client",
                "parent_id",
                "agency",
                "shelf",
                "shelf!parent_id",
                "user",
                "...shelf_client",
            ]
        ),
        st.lists(inner, max_size=3).map(",".join),
    ),
    max_leaves=5,
)
ORDERS = st.builds(
    "{}{}".format, PATHS, st.sampled_from(["", ".desc", ".asc.nullsfirst", ".up", "(name)"])
)
PARAMETERS = st.one_of(
    st.tuples(PATHS, CONDITIONS),
    st.tuples(st.just("select"), st.lists(ITEMS, max_size=4).map(",".join)),
    st.tuples(st.sampled_from(["or", "and", "not.or"]), TREES.map("({})".format)),
    st.tuples(st.just("order"), ORDERS),
    st.tuples(st.sampled_from(["limit", "offset", "client.limit", "client.name", "x.y"]), VALUES),
    st.tuples(st.sampled_from(["columns", "on_conflict"]), COLUMNS | VALUES),
    st.tuples(st.text(max_size=8), st.text(max_size=12)),
)
PARSER = (
    "syntax error",
    "at or near",
    'relation \\"',
    "operator does not exist",
    "could not determine",
)
QUICK = settings(
    max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


def check(world: World, status: int, text: str) -> None:
    assert status < 500, text
    assert not any(word in text for word in PARSER), text
    for secret in (world.other.id, *world.other.clients, world.other.campaign_id):
        assert str(secret) not in text
    assert "other client" not in text


@QUICK
@given(
    parameters=st.lists(PARAMETERS, min_size=1, max_size=4),
    count=st.sampled_from(["", "exact", "planned"]),
)
def test_reads(world: World, parameters: list[tuple[str, str]], count: str) -> None:
    query = "&".join(f"{_quoted(key)}={_quoted(value)}" for key, value in parameters)
    client = _client(world)
    answer = client.get(f"/shelf?{query}", headers={"Prefer": f"count={count}"} if count else {})
    check(world, answer.status_code, answer.text)


@QUICK
@given(
    table=st.sampled_from(["shelf", "client", "shelf_client", "lead", "agency"]),
    method=st.sampled_from(["POST", "PATCH", "DELETE", "PUT"]),
    query=st.lists(PARAMETERS, max_size=2),
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | VALUES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(COLUMNS, inner, max_size=4),
        max_leaves=6,
    ),
    prefer=st.sampled_from(
        ["", "resolution=merge-duplicates", "missing=default", "return=representation"]
    ),
)
def test_writes(
    world: World, table: str, method: str, query: list[tuple[str, str]], body: object, prefer: str
) -> None:
    text = "&".join(f"{_quoted(key)}={_quoted(value)}" for key, value in query)
    headers = {"Prefer": f"tx=rollback,{prefer}"}
    answer = _client(world).request(method, f"/{table}?{text}", json=body, headers=headers)
    check(world, answer.status_code, answer.text)


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "replace"), safe="(),.*:!->")


_clients: dict[str, httpx.Client] = {}


def _client(world: World) -> httpx.Client:
    """One client for all examples, once both agencies have rows that an example could find."""
    if world.address not in _clients:
        for agency, words in ((world.own, "mine"), (world.other, "other client")):
            world.sql(
                "insert into shelf (agency_id, name, size, data, tags) "
                """values (%s, %s, 1, '{"a": {"b": 1}}', '{1,2}')""",
                agency.id,
                f"{words} shelf",
            )
        _clients[world.address] = world.client()
    return _clients[world.address]
