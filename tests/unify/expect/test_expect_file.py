from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.errors import ConfigError
from mainstem.unify.expect import read_expectations
from mainstem.unify.expect.model import Case, Count, Existence, SourceTable, Table

if TYPE_CHECKING:
    from pathlib import Path

CALLER = """
[callers.owner]
claims = { sub = "u", role = "authenticated", agency_id = "a" }
settings = { "app.client_ids" = "*" }
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "expect.toml"
    path.write_text(text, "utf-8")
    return path


def test_reads_each_kind(tmp_path: Path) -> None:
    read = read_expectations(
        written(
            tmp_path,
            'prepare = "select 1"\n'
            + CALLER
            + """
[sources]
old = "postgresql:///old"

[[expect]]
tables = ["campaign", "auth.users"]
exists = true
rows = { min = 1, max = 9 }

[[expect]]
table = "user"
rows = { same_as = ["old.users", "old.auth.users"] }

[[expect]]
name = "leads"
prepare = "select 2"

[[expect.case]]
name = "are seen"
setup_as = "owner"
setup = "select 3; select 4"
query_as = "owner"
query = "select name from lead"
rows = [["Ada", 1, true]]

[[expect.case]]
name = "are not given away"
query_as = "owner"
query = "insert into lead values (1)"
refused = true
""",
        )
    )
    campaign, accounts = Table("public", "campaign"), Table("auth", "users")
    assert read.entries[:4] == (
        Existence(campaign, is_there=True),
        Count(campaign, 1, 9),
        Existence(accounts, is_there=True),
        Count(accounts, 1, 9),
    )
    users = SourceTable("old", Table("public", "users"))
    assert read.entries[4] == Count(
        Table("public", "user"), same_as=(users, SourceTable("old", accounts))
    )
    seen, refused = read.entries[5:]
    assert isinstance(seen, Case)
    assert isinstance(refused, Case)
    assert (seen.title, seen.prepare, seen.rows) == (
        "leads: are seen",
        ("select 1", "select 2"),
        (("Ada", 1, True),),
    )
    assert seen.query_as.role == "authenticated"
    assert seen.query_as.settings == {"app.client_ids": "*"}
    assert refused.is_refusal
    assert not seen.is_refusal


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("", "nothing is expected"),
        ("[[expect]]", "`expect[1]` expects nothing"),
        ('[[expect]]\ntable = "a"', "`expect[1]` expects nothing"),
        ("[[expect]]\nexists = true", "`expect[1].table` is missing"),
        ('[[expect]]\ntable = "a"\nexists = "yes"', "`expect[1].exists` must be true or false"),
        ('[[expect]]\ntable = "a"\nexist = true', "`expect[1].exist` is not a key"),
        ('[[expect]]\ntable = ".a"\nexists = true', "`expect[1].table` '.a' is no name"),
        ('[[expect]]\ntable = "a"\nrows = -1', "`expect[1].rows` must be a number"),
        ('[[expect]]\ntable = "a"\nrows = { least = 1 }', "`expect[1].rows.least` is not a key"),
        (
            '[[expect]]\ntable = "a"\nrows = {}',
            "`expect[1].rows` needs min or max, or else same_as",
        ),
        (
            '[[expect]]\ntable = "a"\nrows = { same_as = ["odl.a"] }',
            "`expect[1].rows.same_as`: there is no source 'odl'",
        ),
        (
            '[[expect]]\ntable = "a"\nexists = false\nrows = 0',
            "`expect[1].rows` cannot be counted where exists = false",
        ),
        ('[[expect]]\n[[expect.case]]\nname = "c"', "`expect[1].case[1].query` is missing"),
        (
            '[[expect]]\n[[expect.case]]\nname = "c"\nquery = "select 1"\nquery_as = "ownr"',
            "`expect[1].case[1].query_as`: there is no caller 'ownr'",
        ),
        (
            '[[expect]]\n[[expect.case]]\nname = "c"\nquery = "select 1"\nquery_as = "owner"',
            "`expect[1].case[1]` needs either rows = ... or refused = true",
        ),
        (
            '[[expect]]\n[[expect.case]]\nname = "c"\nquery = "selec 1"\nquery_as = "owner"',
            "`expect[1].case[1].query` is not SQL: syntax error",
        ),
        (
            (
                '[[expect]]\n[[expect.case]]\nname = "c"\nquery = "select 1; select 2"\n'
                'query_as = "owner"\nrows = 1'
            ),
            "`expect[1].case[1].query` must be one statement",
        ),
        (
            (
                '[[expect]]\n[[expect.case]]\nname = "c"\nquery = "select 1"\nquery_as = "owner"\n'
                "rows = [1]"
            ),
            "`expect[1].case[1].rows` must be a number, or a list of rows",
        ),
        (
            (
                '[[expect]]\nprepare = "delete from a; commit"\n[[expect.case]]\nname = "c"\n'
                'query = "select 1"\nquery_as = "owner"\nrows = 1'
            ),
            "`expect[1].prepare` begins or ends a transaction",
        ),
        ("[callers.x]\nclaims = 1\n", "`callers.x.claims` must be a table"),
        ("[callers.x]\nclaims = { role = 1 }\n", "`callers.x.claims.role` must be the name"),
    ],
)
def test_names_file_and_key_of_what_is_wrong(tmp_path: Path, entry: str, says: str) -> None:
    path = written(tmp_path, CALLER + entry)
    with pytest.raises(ConfigError) as refusal:
        read_expectations(path)
    assert str(refusal.value).startswith(f"{path}: ")
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(("text", "says"), [(None, "there is no file"), ("[", "is not valid TOML")])
def test_says_when_the_file_is_no_file(tmp_path: Path, text: str | None, says: str) -> None:
    path = tmp_path / "expect.toml"
    if text is not None:
        path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=says):
        read_expectations(path)
