from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.errors import ConfigError
from mainstem.unify.plan.config import read_config

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = '[[source]]\nsqlite = "x.db"\n'


def test_everything_a_config_may_say(tmp_path: Path) -> None:
    path = tmp_path / "mail.toml"
    path.write_text(
        'name = "mail"\nplan = "here"\n'
        + SOURCE
        + 'tenant = "0190d3a2-0000-7000-8000-000000000000"\n'
        '[target]\nschema = "app"\ndatabase = "env:DB"\n'
        '[tenant]\ncolumn = "agency_id"\nroot = "agency"\n[set]\nis_old = "true"\n'
        '[tables.a]\ninto = "b"\nmerge = [["x", "y"], ["z"]]\ntenant = "x"\ncreated = "made"\n'
        'columns.x = "y"\ncolumns.z = { drop = "why" }\n'
        'columns.w = { into = "w", rules = ["yes-no"], when_null = "false", references = "b",'
        ' orphan = "null" }\nset.k = "1"\n[[tables.a.also]]\ninto = "s.t"\nwhere = "true"\n'
        'columns.c = "s.x"\n[tables.old]\ndrop = "unused"\n'
    )
    config = read_config(path)
    assert config.plan_dir == tmp_path / "here"
    assert config.tenant is not None
    (source,) = config.sources
    assert source.sqlite == tmp_path / "x.db"
    assert source.tenant is not None
    table = source.table("a")
    assert table.merge == (("x", "y"), ("z",))
    assert table.columns["z"].drop == "why"
    assert table.columns["w"].rules == ("yes-no",)
    assert table.also[0].columns == {"c": "s.x"}
    assert source.table("absent").into is None
    assert config.set == {"is_old": "true"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "`source` is missing"),
        (
            "[[source]]\n",
            r"`source\[1\]` needs one of sqlite = .*, postgres = .* and migrations = ",
        ),
        ("[[source]]\nsqlite = 3\n", r"`source\[1\].sqlite` must be a text"),
        ('[[source]]\npostgres = "postgresql://u:pw@h/d"\n', "holds a password"),
        (SOURCE * 2, r"`source\[1\].name` is missing"),
        ((SOURCE + 'name = "one"\n') * 2, "two sources are called one"),
        (SOURCE + 'name = "Two Words"\n', "lower-case"),
        (SOURCE + 'name = "one"\n[tables.a]\ninto = "b"\n', "`tables.a` is no source"),
        ("[source\n", "is not valid TOML"),
        (SOURCE + "[tabels.a]\n", "`tabels` is not a key that is known here; did you mean tables"),
        (SOURCE + '[tables.a]\nint = "b"\n', "`tables.a.int`.*did you mean into"),
        (SOURCE + '[tables.a]\ninto = "b"\ndrop = "c"\n', "both into and drop"),
        (SOURCE + "[tables.a]\ncolumns.x = 3\n", "`tables.a.columns.x` must be a target column"),
        (SOURCE + '[tables.a]\ncolumns.x = { into = "y", drop = "z" }\n', "both into and drop"),
        (SOURCE + '[tables.a]\ncolumns.x = { rules = ["yes-on"] }\n', "did you mean yes-no"),
        (SOURCE + '[tables.a]\ncolumns.x = { orphan = "drop" }\n', "quarantine, null"),
        (SOURCE + "[tables.a]\nmerge = 3\n", "must be a list of columns"),
        (SOURCE + '[tenant]\ncolumn = "t"\nroot = "r"\n', "x.db needs tenants = "),
        (SOURCE + 'tenants = "t"\n', "`tenant` is missing"),
        (SOURCE + 'tenants = "t"\ntenant = "1"\n', "both tenants and tenant"),
        (SOURCE + 'tenant = "not-a-uuid"\n', "is not a uuid"),
        (SOURCE + '[target]\ndatabase = "postgres://u:p@h/d"\n', "env:NAME"),
        ('name = "Two Words"\n' + SOURCE, "lower-case"),
        (SOURCE + '[[tables.a.also]]\ninto = "t"\n', "say what each column holds"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        read_config(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_configs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no file"):
        read_config(tmp_path / "absent.toml")
    with pytest.raises(ConfigError, match="is a directory"):
        read_config(tmp_path)


def test_the_address_comes_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.toml"
    path.write_text(SOURCE + '[target]\ndatabase = "env:SOME_DATABASE"\n')
    config = read_config(path)
    with pytest.raises(ConfigError, match="SOME_DATABASE, which is not set"):
        config.database_url()
    monkeypatch.setenv("SOME_DATABASE", "postgresql://h/d")
    assert config.database_url() == "postgresql://h/d"
