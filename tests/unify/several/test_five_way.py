"""The five samples become one by `samples/five_way.toml`: accounted for, verified, undone."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import bcrypt

from mainstem.pg.connect import connect
from mainstem.unify.move.run import run_plan
from mainstem.unify.move.undo import undo_run
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.directory import read_directory
from mainstem.unify.plan.make import make_plan
from mainstem.unify.progress import Silence
from mainstem.unify.verify.verifying import verify_run
from samples import (
    audience_legacy,
    direct_mail,
    legacy_files,
    mail_postgres,
    persona_legacy,
    revos_legacy,
)

if TYPE_CHECKING:
    import pytest

    from mainstem.pg.scratch import ScratchServer

#: the fewest that each of the samples can have
ROWS = {"REVOS": 5_000, "AUDIENCE": 2_000, "MAIL": 2_500, "PERSONA": 2_000}
PASSWORD = b"mainstem sample password"
CONFIG = Path(__file__).parents[3] / "samples" / "five_way.toml"
GENERATORS = {
    "REVOS": revos_legacy,
    "AUDIENCE": audience_legacy,
    "MAIL": mail_postgres,
    "PERSONA": persona_legacy,
}

#: what an undo leaves: the rows that came with the schema
KEPT = "select (select count(*) from agency), (select count(*) from permission)"


def test_five_become_one(
    scratch: ScratchServer, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []
    for variable, sample in GENERATORS.items():
        names.append(f"{variable.lower()}_{uuid4().hex}")
        url = scratch.create_database(names[-1])
        sample.generate(url, rows=ROWS[variable])
        monkeypatch.setenv(variable, url)
        legacy_files.write_files(url, tmp_path / f"{variable.lower()}_files")
    direct_mail.generate(tmp_path / "direct_mail.db", rows=2_000, seed=1)
    config = read_config(Path(shutil.copy(CONFIG, tmp_path)))
    with connect(database_url) as connection:
        plan = make_plan(config, connection)
        before = connection.execute(KEPT).fetchone()
    assert [question.text for question in plan.questions] == []
    plan = read_directory(plan.directory)
    outcome = run_plan(plan, database_url, reporter=Silence())
    assert [account for account in outcome.accounts if account.missing] == []
    by_name = {account.source_table: account for account in outcome.accounts}
    assert by_name["audience.agency"].merged == 6
    assert by_name["direct_mail.organizations"].merged == 50
    assert by_name["persona.channels"].merged == 6
    assert by_name["revos.brand_cartridges"].loaded == by_name["revos.brand_cartridges"].source_rows
    copied = sum(one.loaded for name, one in by_name.items() if name.endswith(" files"))
    assert (
        copied == len([path for path in (tmp_path / "files").rglob("*") if path.is_file()]) == 292
    )
    with connect(database_url) as connection:
        hashes = connection.execute(
            "select password_hash from app.credential where kind = 'password'"
        )
        assert all(bcrypt.checkpw(PASSWORD, row[0].encode()) for row in set(hashes.fetchall()))
    found = verify_run(plan, database_url, reporter=Silence())
    assert found.is_equal, [*found.findings, *(d for t in found.tables for d in t.differences)]
    undo_run(outcome.run.id, database_url, reporter=Silence())
    with connect(database_url) as connection:
        assert connection.execute(KEPT).fetchone() == before
        assert connection.execute("select count(*) from app.credential").fetchone() == (0,)
    assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    for name in names:
        scratch.drop_database(name)
