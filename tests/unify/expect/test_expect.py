"""Expectations against a small Supabase-shaped database: each kind met, and each kind not met."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from click.testing import CliRunner

from mainstem.cli.verify.expect import expect
from mainstem.errors import ConfigError, ServerError, SourceError
from mainstem.pg.connect import connect
from mainstem.unify.expect import prove, read_expectations
from mainstem.unify.expect.model import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.pg.scratch import ScratchServer

SAMPLE = Path(__file__).parents[3] / "samples" / "expect.toml"
JSON_SCHEMA = Path(__file__).parents[3] / "docs" / "reference" / "expect.schema.json"

SCHEMA = """
create table tenant (id integer primary key);
create table note (
  id integer generated always as identity primary key,
  tenant_id integer not null references tenant (id) deferrable initially deferred,
  body text not null,
  price numeric(6, 2) default 1.50
);
create table forced (id integer primary key);
alter table note enable row level security;
create policy note_tenant on note
  using (tenant_id = (current_setting('request.jwt.claims')::jsonb ->> 'tenant')::integer);
create view every_note as select * from note;
create table "Odd name" (id integer);
insert into tenant values (1), (2), (3);
insert into note (tenant_id, body) values (1, 'first'), (2, 'second');
grant select, insert, update, delete on note to authenticated;
grant select on every_note to authenticated;
"""
CALLERS = """
[callers.first]
claims = { tenant = 1 }
[callers.second]
claims = { tenant = 2 }
settings = { "app.colour" = "blue" }
[callers.nobody]
role = "no_such_role"
"""


@pytest.fixture(scope="module")
def url(scratch: ScratchServer, template: str) -> Iterator[str]:
    del template  # its migrations make the role `authenticated`
    address = scratch.create_database("expectations")
    with connect(address) as connection:
        connection.execute(SCHEMA.encode())
    yield address
    scratch.drop_database("expectations")


def reasons(folder: Path, url: str, entries: str) -> list[str | None]:
    path = folder / "expect.toml"
    path.write_text(CALLERS + entries, "utf-8")
    return [outcome.reason for outcome in prove(read_expectations(path), url)]


def case(text: str, *, prepare: str = "") -> str:
    first = f'prepare = "{prepare}"\n' if prepare else ""
    return f'[[expect]]\n{first}[[expect.case]]\nname = "it"\n{text}\n'


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ('table = "note"\nexists = true', None),
        ('table = "every_note"\nexists = true', None),
        ('table = "Odd name"\nexists = true', None),
        ('table = "pg_catalog.pg_class"\nexists = true', None),
        ('table = "notes"\nexists = false', None),
        ('table = "notes"\nexists = true', "there is no table or view notes"),
        ('table = "auth.note"\nexists = true', "there is no table or view auth.note"),
        ('table = "note"\nexists = false', "there is a table note"),
        ('table = "every_note"\nexists = false', "there is a view every_note"),
        ('table = "note"\nrows = 2', None),
        ('table = "note"\nrows = 3', "it has 2"),
        ('table = "note"\nrows = { min = 2 }', None),
        ('table = "note"\nrows = { min = 3 }', "it has 2"),
        ('table = "note"\nrows = { max = 2 }', None),
        ('table = "note"\nrows = { min = 0, max = 1 }', "it has 2"),
        ('table = "notes"\nrows = 0', "there is no table or view notes"),
    ],
)
def test_tables(tmp_path: Path, url: str, entry: str, reason: str | None) -> None:
    assert reasons(tmp_path, url, f"[[expect]]\n{entry}\n") == [reason]


OWN = "insert into note (tenant_id, body) values (1, 'new')"
OTHERS = "insert into note (tenant_id, body) values (2, 'new')"
SEEN = 'query_as = "second"\nquery = "select body, price, id > 0 from note"\n'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (SEEN + 'rows = [["second", 1.5, true]]', None),
        (SEEN + "rows = 1", None),
        (SEEN + "rows = 2", "second sees 1 rows, not 2"),
        (SEEN + "rows = []", "second sees (second, 1.50, True) besides"),
        (
            SEEN + 'rows = [["second", 1.51, true]]',
            "second sees (second, 1.50, True) besides and does not see (second, 1.51, True)",
        ),
        (SEEN + "refused = true", "second is not refused: SELECT 1"),
        # a view of its owner's shows the other tenant's rows: the leak is told
        (
            'query_as = "second"\nquery = "select body from every_note"\nrows = [["second"]]',
            "second sees (first) besides",
        ),
        (
            (
                f'setup_as = "first"\nsetup = "{OWN}"\n'
                'query_as = "first"\nquery = "select body from note"\nrows = [["new"], ["first"]]'
            ),
            None,
        ),
        (
            (
                f'setup_as = "first"\nsetup = "{OWN}"\n'
                'query_as = "second"\nquery = "select body from note"\nrows = [["new"], ["second"]]'
            ),
            "second does not see (new)",
        ),
        (
            (
                f'setup_as = "first"\nsetup = "{OTHERS}"\n'
                'query_as = "first"\nquery = "select 1"\nrows = 1'
            ),
            'setup as first failed: new row violates row-level security policy for table "note"',
        ),
        (
            (f'query_as = "first"\nquery = "{OTHERS}"\nrefused = true'),
            None,
        ),
        (
            'query_as = "first"\nquery = "delete from tenant"\nrows = 0',
            "first is refused: permission denied for table tenant",
        ),
        (
            'query_as = "first"\nquery = "select nothing"\nrows = 0',
            'the query failed: column "nothing" does not exist',
        ),
        (
            'query_as = "first"\nquery = "update note set body = body"\nrows = 0',
            None,
        ),
        # what one caller's settings say is not left for the next
        (
            (
                'setup_as = "second"\nsetup = "select 1"\nquery_as = "first"\n'
                'query = "select current_setting(\'app.colour\', true)"\nrows = [[""]]'
            ),
            None,
        ),
        (
            (
                'query_as = "second"\nquery = "select current_setting(\'app.colour\')"\n'
                'rows = [["blue"]]'
            ),
            None,
        ),
    ],
)
def test_cases(tmp_path: Path, url: str, text: str, reason: str | None) -> None:
    assert reasons(tmp_path, url, case(text)) == [reason]


def test_deferred_checks_are_made(tmp_path: Path, url: str) -> None:
    prepare = "insert into note (tenant_id, body) values (9, 'orphan')"
    query = 'query_as = "first"\nquery = "select 1"\nrows = 1'
    (reason,) = reasons(tmp_path, url, case(query, prepare=prepare))
    assert reason is not None
    assert reason.startswith("prepare failed: insert or update on table")


def test_leaves_nothing_behind_and_goes_on_after_a_failure(tmp_path: Path, url: str) -> None:
    fills = "insert into note (tenant_id, body) values (2, 'left')"
    look = 'query_as = "second"\nquery = "select body from note"\nrows = [["second"]]'
    entries = (
        case(look, prepare=fills)
        + case(look, prepare="insert into nowhere values (1)")
        + case(look)
        + '[[expect]]\ntable = "note"\nrows = 2\n'
    )
    assert reasons(tmp_path, url, entries) == [
        "second sees (left) besides",
        'prepare failed: relation "nowhere" does not exist',
        None,
        None,
    ]
    with connect(url) as connection:
        assert connection.execute("select count(*) from note").fetchone() == (2,)


def test_a_caller_needs_a_role(tmp_path: Path, url: str) -> None:
    with pytest.raises(ServerError, match=r"cannot act as caller nobody: role .* does not exist"):
        reasons(tmp_path, url, case('query_as = "nobody"\nquery = "select 1"\nrows = 1'))


def test_does_not_count_what_a_policy_hides(tmp_path: Path, url: str) -> None:
    with connect(url, autocommit=True) as connection:
        connection.execute("create role onlooker login; grant select on note to onlooker")
    try:
        with pytest.raises(ServerError, match="cannot count note: query would be affected"):
            reasons(
                tmp_path,
                f"{url}{'&' if '?' in url else '?'}user=onlooker",
                '[[expect]]\ntable = "note"\nrows = 2\n',
            )
    finally:
        with connect(url, autocommit=True) as connection:
            connection.execute("drop owned by onlooker; drop role onlooker")


def source(name: str, address: str) -> str:
    return f'[sources]\n{name} = "{address}"\n'


def test_counts_as_in_sources(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLD_URL", url)
    with closing(sqlite3.connect(tmp_path / "old.db")) as file:
        file.executescript("create table jots (id); insert into jots values (1), (2);")
    sources = '[sources]\npg = "$OLD_URL"\nfile = "old.db"\n'
    entries = """
[[expect]]
table = "note"
rows = { same_as = ["file.jots"] }
[[expect]]
table = "tenant"
rows = { same_as = ["pg.note", "file.jots"] }
[[expect]]
table = "tenant"
rows = { same_as = ["pg.tenant"] }
"""
    assert reasons(tmp_path, url, sources + entries) == [
        None,
        "it has 3, there are 2 + 2 over there",
        None,
    ]


def test_a_source_must_have_the_table(tmp_path: Path, url: str) -> None:
    entry = '[[expect]]\ntable = "note"\nrows = {{ same_as = ["old.{}"] }}\n'
    with pytest.raises(SourceError, match="source old has no table jots"):
        reasons(tmp_path, url, source("old", url) + entry.format("jots"))
    with closing(sqlite3.connect(tmp_path / "old.db")) as file:
        file.executescript("create table other (id)")
    with pytest.raises(SourceError, match="has no table jots"):
        reasons(tmp_path, url, source("old", "old.db") + entry.format("jots"))
    with pytest.raises(ConfigError, match=r"`sources.old` names the variable NOT_SET"):
        reasons(tmp_path, url, source("old", "$NOT_SET") + entry.format("jots"))


# The command, and the file for the unified schema ------------------------------------------------


def test_the_sample_file_holds_for_the_unified_schema(database_url: str) -> None:
    result = CliRunner().invoke(expect, [str(SAMPLE), "--database", database_url])
    assert result.exit_code == 0, result.output
    assert "ok   leads belong to RevOS: made in RevOS, not visible in AudienceOS" in result.output
    assert result.output.endswith("32 of 32 passed\n")


@pytest.mark.parametrize(
    ("damage", "failures"),
    [
        ("create table campaigns (id integer)", ["campaigns does not exist: there is a table"]),
        (
            "alter table lead disable row level security",
            ["leads belong to RevOS: made in RevOS, not visible in AudienceOS: in_audience sees"],
        ),
        (
            "alter table client disable row level security",
            [
                "not visible to another agency: stranger",
                "none is made for another agency: stranger",
            ],
        ),
        ("drop table console_workflow cascade", ["console_workflow exists: there is no table"]),
    ],
)
def test_the_sample_file_fails_where_the_schema_is_damaged(
    database_url: str, damage: str, failures: list[str]
) -> None:
    with connect(database_url) as connection:
        connection.execute(damage.encode())
    result = CliRunner().invoke(expect, [str(SAMPLE), "--database", database_url])
    assert result.exit_code == 1
    failed = [line for line in result.output.splitlines() if line.startswith("FAIL")]
    assert len(failed) == len(failures)
    for line, failure in zip(failed, failures, strict=True):
        assert failure in line
    assert result.output.endswith(f"{32 - len(failures)} of 32 passed\n")


def test_json_follows_the_published_schema_and_tells_what_the_lines_tell(
    tmp_path: Path, url: str
) -> None:
    path = tmp_path / "expect.toml"
    path.write_text(
        CALLERS + '[[expect]]\ntables = ["note", "notes"]\nexists = true\n'
        '[[expect]]\ntable = "note"\nrows = 2\n' + case(SEEN + "rows = []"),
        "utf-8",
    )
    result = CliRunner().invoke(expect, [str(path), "--database", url, "--json"])
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    jsonschema.Draft202012Validator(json.loads(JSON_SCHEMA.read_text())).validate(told)
    assert (told["file"], told["passed"], told["total"]) == (str(path), 2, 4)
    assert [(each["kind"], each["is_met"], each["reason"]) for each in told["expectations"]] == [
        ("existence", True, None),
        ("existence", False, "there is no table or view notes"),
        ("count", True, None),
        ("case", False, "second sees (second, 1.50, True) besides"),
    ]
    lines = CliRunner().invoke(expect, [str(path), "--database", url]).stdout.splitlines()
    for each, line in zip(told["expectations"], lines, strict=False):
        assert each["title"] in line
        assert line.startswith("ok" if each["is_met"] else "FAIL")
    assert lines[-1] == "2 of 4 passed"


def test_nothing_is_left_in_a_database_without_a_ledger(tmp_path: Path, url: str) -> None:
    path = tmp_path / "expect.toml"
    path.write_text('[[expect]]\ntable = "note"\nexists = true\n', "utf-8")
    assert CliRunner().invoke(expect, [str(path), "--database", url]).exit_code == 0
    with connect(url) as connection:
        assert connection.execute("select to_regnamespace('unify')").fetchone() == (None,)


@pytest.mark.parametrize(
    ("text", "reason", "brief"),
    [
        (
            SEEN + 'rows = [["mine", 2, true]]',
            "second sees (second, 1.50, True) besides and does not see (mine, 2, True)",
            "second sees 1 row besides and does not see 1 row",
        ),
        (
            'query_as = "second"\nquery = "select body::integer from note"\nrows = 1',
            'the query failed: invalid input syntax for type integer: "second"',
            "the query failed (InvalidTextRepresentation)",
        ),
    ],
)
def test_what_is_kept_of_a_reason_quotes_no_row(
    tmp_path: Path, url: str, text: str, reason: str, brief: str
) -> None:
    path = tmp_path / "expect.toml"
    path.write_text(CALLERS + case(text), "utf-8")
    (outcome,) = prove(read_expectations(path), url)
    assert outcome.why == Reason(reason, brief)
