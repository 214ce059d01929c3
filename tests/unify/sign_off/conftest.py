"""Runs that a page is written about: of three sources, of a file with odd values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from tests.unify.move.conftest import _shop_target, shop  # noqa: F401 - fixtures
from tests.unify.several.conftest import (  # noqa: F401 - fixtures
    CONFIG,
    TARGET,
    Merge,
    _again,
    _prepared,
    _sources,
    _target,
    fill_desk,
    fill_north,
    fill_south,
    merge,
    ran,
)

from mainstem.cli import app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

    from mainstem.pg.scratch import ScratchServer

SCHEMA = Path(__file__).parents[3] / "docs/reference/report.schema.json"


def report(url: str, run_id: int, *options: object) -> Result:
    """Call `mainstem unify report`."""
    words = ["unify", "report", str(run_id), "--database", url, *map(str, options)]
    return CliRunner().invoke(app, words)


def as_told(url: str, run_id: int, *options: object) -> dict[str, Any]:
    """The page as JSON tells it."""
    result = report(url, run_id, "--format", "json", *options)
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


@dataclass(frozen=True)
class Done:
    """A finished run whose rows wait in part; verified."""

    merge: Merge
    run_id: int


@pytest.fixture(scope="session")
def _waiting(scratch: ScratchServer, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """One person belongs to no shop, and one project has a stage that the target lacks."""
    north, south, target = (f"{name}_{uuid4().hex}" for name in ("north", "south", "target"))
    folder = tmp_path_factory.mktemp("waiting")
    urls = [scratch.create_database(name) for name in (north, south, target)]
    made = Merge(folder, *urls)
    fill_north(made.north)
    fill_south(made.south)
    fill_desk(folder / "desk.db")
    made.execute(made.url, TARGET)
    made.config.write_text(CONFIG)
    made.execute(
        made.north,
        "update people set shop_id = null where email = 'P3@Example.com';"
        "update projects set stage = 'odd' where title = 'Project 4'",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NORTH", made.north)
        patch.setenv("SOUTH", made.south)
        made.plan()
        run_id = made.run().run.id
        assert made.verify().is_equal
    return Done(made, run_id)


@pytest.fixture
def waiting(
    scratch: ScratchServer, _waiting: Done, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Done]:
    """That run, in a database of this test's own; the sources are shared."""
    made = _waiting.merge
    monkeypatch.setenv("NORTH", made.north)
    monkeypatch.setenv("SOUTH", made.south)
    (target,) = made.rows("select current_database()")[0]
    name = f"test_{uuid4().hex}"
    url = scratch.create_database(name, template=target)
    yield Done(Merge(made.folder, made.north, made.south, url), _waiting.run_id)
    scratch.drop_database(name)
