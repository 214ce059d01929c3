"""Lists: what a URL asks is what is shown, and what is shown says its URL."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.web.world import NORTHWIND, client_id

from mainstem.audience.pages import CLIENTS
from mainstem.revos.pages.leads import LEADS
from mainstem.web import Column, Filter, Listed, Listing, Wish, contains

if TYPE_CHECKING:
    from collections.abc import Callable

    from litestar import Litestar
    from litestar.testing import TestClient
    from tests.web.world import World

    SignIn = Callable[[str], dict[str, str]]
    Show = Callable[[str], list[str]]

OWNER = "owner@northwind.example"
_ROW = re.compile(r"<tr>\s*<td class=\"clip\">\s*<a class=\"link\"[^>]*>([^<]*)</a>")


@pytest.fixture
def show(served: TestClient[Litestar], sign_in: SignIn) -> Show:
    """The first column of a list."""

    def ask(path: str) -> list[str]:
        answer = served.get(path, headers=sign_in(OWNER))
        assert answer.status_code == 200, answer.text
        return [html.unescape(name) for name in _ROW.findall(answer.text)]

    return ask


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["q", "sort", "columns", "page", "status", "campaign_id", "other"]),
            st.sampled_from(["name", "-name", "id", "2", "400", "999", "active", "", "x y&=%"])
            | st.text(max_size=12),
        ),
        max_size=12,
    )
)
def test_a_wish_survives_its_url(parameters: list[tuple[str, str]]) -> None:
    wish = Wish.read(LEADS, parameters)
    again = Wish.read(LEADS, parse_qsl(wish.query(page=wish.page)))
    assert again == wish or wish.sort == LEADS.sort
    assert again.order == wish.order
    assert 1 <= wish.page <= 400
    assert wish.order.removeprefix("-") in LEADS.sortable
    assert wish.shown[0] is LEADS.columns[0]


def test_filters_searches_sorts_and_chooses_columns(show: Show) -> None:
    assert show("/clients?health_status=red") == ["Ember Studio", "Juniper"]
    assert show("/clients?stage=Live&q=HEALTH") == ["Beacon Health"]
    assert show("/clients?stage=Live&stage=Audit&sort=-name")[-1] == "Beacon Health"
    # Other tests make clients too; those of the world are limited companies.
    assert show("/clients?q=Ltd&sort=days_in_stage")[:2] == ["Alder & Sons", "Beacon Health"]
    assert show("/clients?q=%25") == show("/clients?q=_") == []
    assert show("/clients?sort=password&page=-3&columns=secret")[0] == "Alder & Sons"


def test_shows_only_the_columns_that_were_chosen(
    served: TestClient[Litestar], sign_in: SignIn
) -> None:
    page = served.get("/clients?columns=industry&columns=stage", headers=sign_in(OWNER)).text
    heads = re.findall(r'<th scope="col"[^>]*><a[^>]*>([^<]+)', page)
    assert heads == ["Client", "Stage", "Industry"]
    assert "columns=industry" in page.partition("<thead>")[2]


def test_pages_through_everything_once(show: Show) -> None:
    seen: list[str] = []
    for page in range(1, 11):
        rows = show(f"/revos/leads?q=lead&page={page}")
        assert len(rows) == (25 if page < 10 else 15)
        seen += rows
    assert len(set(seen)) == 240
    assert show("/revos/leads?q=lead&page=11") == []


def test_says_how_many_there_are(served: TestClient[Litestar], sign_in: SignIn) -> None:
    page = served.get("/revos/leads?page=2&status=failed", headers=sign_in(OWNER)).text
    assert "26 to 50 of 60" in page
    assert 'rel="prev" href="/revos/leads?status=failed"' in page
    assert 'rel="next" href="/revos/leads?status=failed&amp;page=3"' in page


@pytest.mark.parametrize("odd", ["'", '"', ";--", "\\", "%00", "\u202e", "💥", "a" * 5000])
def test_odd_text_finds_nothing_and_breaks_nothing(
    served: TestClient[Litestar], sign_in: SignIn, odd: str
) -> None:
    for name in ("q", "sort", "columns", "page", "stage", "health_status"):
        path = f"/clients?{urlencode({name: odd})}"
        answer = served.get(path, headers=sign_in(OWNER))
        assert answer.status_code == 200, path
        assert "<script>alert" not in answer.text


def test_nul_in_an_address_breaks_nothing(served: TestClient[Litestar], sign_in: SignIn) -> None:
    for path in ("/clients?q=%00", "/search?q=a%00b", "/choose-client?q=%00", "/clients?stage=%00"):
        assert served.get(path, headers=sign_in(OWNER)).status_code == 200


def test_empty_and_narrowed_out_are_told_apart(
    served: TestClient[Litestar], sign_in: SignIn
) -> None:
    page = served.get("/clients?q=nobody", headers=sign_in(OWNER)).text
    assert "No clients match" in page
    assert "Show all" in page
    assert "Add your first client" not in page


def test_a_chosen_client_narrows_every_list_in_every_app_and_the_session_stays(
    served: TestClient[Litestar], sign_in: SignIn, show: Show
) -> None:
    headers = sign_in(OWNER)
    chosen = served.post(
        "/choose-client",
        headers=headers,
        data={"client": str(client_id(2)), "next": "/revos/leads"},
    )
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/revos/leads")
    try:
        assert set(show("/revos/campaigns")) == {"Founder playbook", "Pricing calculator"}
        for app in ("/audience", "/mail", "/persona", "/revos"):
            page = served.get(app, headers=headers)
            assert "Beacon Health" in page.text
            assert "set-cookie" not in page.headers
        assert show("/clients") == ["Beacon Health"]
    finally:
        served.post("/choose-client", headers=headers, data={"client": ""})
    assert len(show("/clients")) > 1


def test_only_clients_that_one_sees_can_be_chosen(
    served: TestClient[Litestar], sign_in: SignIn
) -> None:
    for who, which in (
        (OWNER, str(client_id(1, foreign=True))),
        ("member@northwind.example", str(client_id(3))),
        (OWNER, "no-id"),
    ):
        answer = served.post("/choose-client", headers=sign_in(who), data={"client": which})
        assert answer.status_code == 404
    page = served.get("/choose-client", headers=sign_in("member@northwind.example")).text
    assert "Beacon Health" in page
    assert "Cedar Finance" not in page


def test_the_toggle_changes_the_sidebar_and_remembers_the_app(
    served: TestClient[Litestar], sign_in: SignIn
) -> None:
    headers = sign_in("manager@northwind.example")
    served.get("/audience", headers=headers)
    assert served.get("/", headers=headers).headers["location"] == "/audience"
    assert "Stage board" in served.get("/clients", headers=headers).text
    served.get("/revos", headers=headers)
    assert "Stage board" not in served.get("/clients", headers=headers).text
    served.get("/mail", headers=headers | {"sec-fetch-site": "cross-site"})
    assert served.get("/", headers=headers).headers["location"] == "/revos"


def test_saves_and_deletes_views(
    served: TestClient[Litestar], sign_in: SignIn, world: World
) -> None:
    headers = sign_in("admin@northwind.example")
    query = "stage=Live&sort=-name"
    saved = served.post(
        "/views", headers=headers, data={"page": "clients", "name": " Live  ones ", "query": query}
    )
    assert (saved.status_code, saved.headers["location"]) == (303, f"/clients?{query}")
    assert "Live ones" in served.get("/clients", headers=headers).text
    others = (OWNER, "admin@foreign.example")
    for who in others:
        assert "Live ones" not in served.get("/clients", headers=sign_in(who)).text
    view = world.sql(
        "select id from saved_view where name = 'Live ones' and agency_id = %(a)s", a=NORTHWIND
    )[0][0]
    path = f"/views/{view}/delete"
    for who in others:
        assert served.post(path, headers=sign_in(who), data={"page": "clients"}).status_code == 404
    assert served.post(path, headers=headers, data={"page": "clients"}).status_code == 303
    assert "Live ones" not in served.get("/clients", headers=headers).text


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"page": "elsewhere", "name": "x", "query": ""}, 404),
        ({"page": "https://evil.example", "name": "x", "query": ""}, 404),
        ({"page": "clients", "name": "", "query": ""}, 422),
        ({"page": "clients", "name": "x" * 61, "query": ""}, 422),
        ({"page": "clients", "name": "x", "query": "a\r\nset-cookie: b=c"}, 404),
    ],
)
def test_refuses_views_that_are_none(
    served: TestClient[Litestar], sign_in: SignIn, sent: dict[str, str], status: int
) -> None:
    assert served.post("/views", headers=sign_in(OWNER), data=sent).status_code == status


def test_a_list_says_what_its_columns_come_from() -> None:
    for listing in (CLIENTS, LEADS):
        wish = Wish.read(listing, [])
        assert wish.keys[0] == "id"
        assert {column.key for column in wish.shown} <= set(wish.keys)
    assert Wish.read(LEADS, [("columns", "client")]).keys == ("id", "name", "client", "client_id")
    assert contains("50%_\\") == "%50\\%\\_\\\\%"


FOUND = Listing(
    page="found", path="/found", title="Found", many="findings", query=b"",
    columns=(Column("file", "File", link="/found?at={file}"), Column("line", "Line")),
    filters=(Filter("severity", "Severity", (("error", "Error"), ("note", "Note"))),),
    search=("file",),
)  # fmt: skip
ROWS = [
    {"file": name, "line": line, "severity": severity}
    for name, line, severity in (
        ("b.sql", 10, "note"), ("A.sql", 9, "error"), ("a b&c.sql", None, "error"),
    )
]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        ([], [10, 9, None]),
        ([("sort", "line")], [9, 10, None]),
        ([("sort", "-line")], [10, 9, None]),
        ([("sort", "file")], [None, 9, 10]),
        ([("severity", "error")], [9, None]),
        ([("severity", "error"), ("q", "A.SQL")], [9]),
        ([("page", "2")], []),
    ],
)
def test_rows_in_memory_are_listed_as_asked(
    asked: list[tuple[str, str]], lines: list[int | None]
) -> None:
    listed = Listed.of(Wish.read(FOUND, asked), ROWS)
    assert [row["line"] for row in listed.rows] == lines
    assert not listed.has_more


def test_rows_in_memory_come_in_pages() -> None:
    listed = Listed.of(Wish.read(FOUND, [("page", "2")]), ROWS * 20)
    assert (len(listed.rows), listed.total, listed.has_more) == (25, 60, True)
    assert Listed.of(Wish.read(FOUND, [("page", "3")]), ROWS * 20).last == 60


def test_what_a_row_fills_into_a_link_stays_in_its_place() -> None:
    assert FOUND.columns[0].address(ROWS[2]) == "/found?at=a%20b%26c.sql"
