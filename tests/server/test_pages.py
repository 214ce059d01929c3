from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from litestar.testing import TestClient

from mainstem.checks import run_checks
from mainstem.cli.check import check
from mainstem.pg.connect import connect
from mainstem.server import build_app
from mainstem.server.store import last_run, record_checks
from mainstem.unify.ledger.store import ensure_schema
from mainstem.web import SECURITY_HEADERS

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg
    from litestar import Litestar
    from psycopg.rows import TupleRow

    from mainstem.checks import Report

PATHS = (
    "/status",
    "/sign-in",
    "/api/health",
    "/static/0/built/app.css",
    "/static/0/js/page.js",
    "/nothing",
    "/api/nothing",
)

RUN = """
insert into unify.run (id, kind, name, plan_sha256, source, state, started_at, finished_at,
                       verification)
overriding system value
values (7, 'run', 'direct-mail', 'x', '{"path": "/home/ada/private.db"}', 'finished',
        timestamptz '2025-11-06 10:00:00+00', timestamptz '2025-11-06 10:02:05+00',
        '{"is_passed": true, "summary": "9 tables agree"}');
insert into unify.table_result
values (7, 'main', 'campaigns', 'mail_campaign', 1234, 1200, 20, 13, 1, 41),
       (7, 'main', 'sessions', null, 55, 0, 0, 0, 55, 0);
insert into unify.ledger
values (7, 'campaigns', 'key-4711', 'title', 'BEFORE', 'AFTER', 'nul-removed');
insert into unify.quarantine
values (7, 'campaigns', 'key-0815', null, 'REASON', '{"a": "ORIGINAL"}');
insert into unify.step (run_id, name, position, state, started_at, finished_at)
values (7, 'stage campaigns', 1, 'done', '2025-11-06 10:00Z', '2025-11-06 10:01Z'),
       (7, 'stage sessions', 2, 'done', '2025-11-06 10:00Z', '2025-11-06 10:01:05Z'),
       (7, 'load mail_campaign', 3, 'done', '2025-11-06 10:01:05Z', '2025-11-06 10:02Z');
insert into public.agency (name, slug) values ('Northwind Tenant', 'northwind-tenant');
"""


@pytest.fixture
def after_run(database_url: str) -> str:
    with connect(database_url) as connection:
        ensure_schema(connection)
        connection.execute(RUN.encode())
    return database_url


@pytest.mark.parametrize("path", ["/status", "/api/health", "/nothing", "/api/nothing"])
def test_head_says_what_get_says_without_the_body(reader: TestClient[Litestar], path: str) -> None:
    got, asked = reader.get(path), reader.head(path)
    assert asked.status_code == got.status_code
    assert asked.content == b""
    assert asked.headers["content-type"] == got.headers["content-type"]
    assert SECURITY_HEADERS.items() <= dict(asked.headers).items()


def test_shows_what_a_check_by_hand_said_last(
    after_run: str, client: TestClient[Litestar], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_some(connection: psycopg.Connection[TupleRow], **options: object) -> Report:
        assert options["only"] == ()
        return run_checks(connection, only=["existence", "state"])

    with connect(after_run) as connection:
        record_checks(connection, passed=60, total=61)
    with monkeypatch.context() as patched:
        patched.setattr("mainstem.cli.check.run_checks", run_some)
        checked = CliRunner().invoke(check, ["--database", after_run])
    assert checked.exit_code == 0, checked.output
    said = checked.output.splitlines()[-1]
    assert said in client.get("/status").text
    CliRunner().invoke(check, ["--database", after_run, "--only", "existence"])
    assert said in client.get("/status").text


def test_a_check_does_not_fail_where_the_ledger_is_closed_to_it(
    after_run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_as_stranger(connection: psycopg.Connection[TupleRow], **options: object) -> Report:
        report = run_checks(connection, only=["existence"])
        assert options["only"] == ()
        connection.execute("set role authenticated")
        return report

    monkeypatch.setattr("mainstem.cli.check.run_checks", run_as_stranger)
    checked = CliRunner().invoke(check, ["--database", after_run])
    assert checked.exit_code == 0
    assert "not kept for the page: permission denied for schema unify" in checked.stderr


def test_shows_the_totals_of_the_last_run(after_run: str, client: TestClient[Litestar]) -> None:
    del after_run
    page = client.get("/status")
    assert page.status_code == 200
    for shown in (
        "direct-mail",
        "1,289",
        "1,234",
        "1,200",
        "mail_campaign",
        "9 tables agree",
        "2 min 5 s in all",
        "1 min 5 s",
        "2025-11-06 10:02 UTC",
        "13 rows wait for a decision",
    ):
        assert shown in page.text, shown


def test_shows_each_source_where_there_are_several(
    after_run: str, client: TestClient[Litestar]
) -> None:
    assert "Rows by source" not in client.get("/status").text
    with connect(after_run) as connection:
        connection.execute(
            "insert into unify.table_result values"
            " (7, 'shop', 'shop.orders', 'order', 700, 690, 0, 10, 0, 0),"
            " (7, 'shop', 'shop.items', 'item', 77, 77, 0, 0, 0, 0)"
        )
    page = client.get("/status").text
    assert "Rows by source" in page
    row = next(line for line in page.splitlines() if '<th scope="row">shop</th>' in line)
    assert re.findall(r">([\d,]+)</td>", row) == ["2", "777", "767", "0", "10", "0", "0"]


def test_shows_no_value_of_any_row(after_run: str, client: TestClient[Litestar]) -> None:
    del after_run
    page = client.get("/status").text
    for hidden in (
        "BEFORE",
        "AFTER",
        "ORIGINAL",
        "REASON",
        "key-4711",
        "key-0815",
        "private.db",
        "Northwind",
        "northwind",
    ):
        assert hidden not in page, hidden


def test_shows_the_checks_once_they_are_recorded(
    after_run: str, client: TestClient[Litestar]
) -> None:
    assert "not run since this run" in client.get("/status").text
    with connect(after_run) as connection:
        record_checks(connection, passed=60, total=61)
        run = last_run(connection)
    assert run is not None
    assert run.checks is not None
    assert not run.checks.is_passed
    page = client.get("/status").text
    assert "60 of 61 checks passed" in page
    assert "9 tables agree" in page


@pytest.mark.parametrize(
    ("state", "words"),
    [("staging", "Unfinished"), ("loading", "Unfinished"), ("failed", "Failed"), ("undone", "Und")],
)
def test_says_what_state_a_run_is_in(
    after_run: str,
    client: TestClient[Litestar],
    run_sql: Callable[[str], None],
    *,
    state: str,
    words: str,
) -> None:
    del after_run
    run_sql(f"update unify.run set state = '{state}', finished_at = null, verification = null")
    page = client.get("/status").text
    assert words in page
    assert "in all" not in page
    assert "not run yet" in page


def test_a_run_without_tables_or_steps_is_shown(
    after_run: str, client: TestClient[Litestar], run_sql: Callable[[str], None]
) -> None:
    del after_run
    run_sql("delete from unify.table_result; delete from unify.step")
    assert client.get("/status").status_code == 200


def test_says_how_to_begin_before_any_run(reader: TestClient[Litestar]) -> None:
    page = reader.get("/status")
    assert page.status_code == 200
    assert "No unification yet" in page.text
    assert "mainstem quickstart" in page.text


def test_names_failing_parts(
    run_sql: Callable[[str], None], request: pytest.FixtureRequest
) -> None:
    run_sql("drop table public.campaign cascade")  # before the app reads the catalog
    client: TestClient[Litestar] = request.getfixturevalue("client")
    page = client.get("/status")
    assert page.status_code == 503
    assert "1 of 4 parts fail" in page.text
    assert "public.campaign" in page.text


def test_escapes_what_people_named(
    after_run: str, client: TestClient[Litestar], run_sql: Callable[[str], None]
) -> None:
    del after_run
    run_sql("update unify.run set name = '<script>alert(1)</script>'")
    page = client.get("/status").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_guarded(reader: TestClient[Litestar], path: str) -> None:
    headers = reader.get(path).headers
    assert SECURITY_HEADERS.items() <= dict(headers).items()
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    is_static = path.startswith("/static/")
    assert (headers["cache-control"] == "no-store") is not is_static


@pytest.mark.parametrize("path", ["/status", "/sign-in", "/nothing"])
def test_pages_hold_nothing_inline(reader: TestClient[Litestar], path: str) -> None:
    page = reader.get(path).text
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))


def test_style_and_script_that_a_page_names_exist(reader: TestClient[Litestar]) -> None:
    page = reader.get("/status").text
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(addresses) == 4
    for address in addresses:
        answer = reader.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    ("cookie", "attribute"),
    [
        ("dusk", ' data-theme="dusk"'),
        ("dawn", ' data-theme="dawn"'),
        ("neon", ""),
        ('"><script>alert(1)</script>', ""),
        (None, ""),
    ],
)
def test_renders_the_theme_that_was_chosen(
    reader: TestClient[Litestar], cookie: str | None, attribute: str
) -> None:
    headers = {"cookie": f"theme={cookie}"} if cookie else {}
    assert f'<html lang="en"{attribute}>' in reader.get("/status", headers=headers).text


def test_unknown_addresses_are_404_in_the_form_that_fits(reader: TestClient[Litestar]) -> None:
    page = reader.get("/nothing")
    assert page.status_code == 404
    assert "Back to the overview" in page.text
    assert reader.get("/api/nothing").json()["detail"] == "There is nothing at this address."
    assert reader.get("/static/0/%2e%2e/environment.py").status_code == 404
    # What supabase-js asks for and is not there: it reads JSON, each in its own form.
    for path, key, said in (
        ("/functions/v1/hello", "detail", "There are no edge functions here"),
        ("/realtime/v1/websocket", "detail", "There is no realtime here"),
        ("/graphql/v1", "detail", "There is no GraphQL here"),
        ("/auth/v1/admin/users", "msg", "There is no auth.admin here"),
        ("/auth/v1/nothing", "msg", "The sign-in API has nothing at this address"),
    ):
        answer = reader.get(path)
        assert (answer.status_code, said in answer.json()[key]) == (404, True), path


def test_other_methods_are_refused(reader: TestClient[Litestar]) -> None:
    assert reader.post("/status").status_code == 405
    assert reader.delete("/api/health").status_code == 405


def test_answers_only_to_its_own_names(migrated_url: str) -> None:
    app = build_app(migrated_url, hosts=["127.0.0.1:8000", "localhost:8000"])
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        assert client.get("/status").status_code == 200
        for host in ("evil.example:8000", "127.0.0.1:9000", "localhost", "127.0.0.1:8000.evil"):
            answer = client.get("/", headers={"host": host})
            assert answer.status_code == 400, host
            assert SECURITY_HEADERS.items() <= dict(answer.headers).items()


def test_describes_its_api(reader: TestClient[Litestar]) -> None:
    schema = reader.get("/api/schema/openapi.json").json()
    assert "/api/health" in schema["paths"]
    assert all(path.startswith("/api/") for path in schema["paths"])
