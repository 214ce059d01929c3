"""`mainstem types` as people run it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from mainstem.cli.types import types
from mainstem.errors import UsageError
from mainstem.pg.connect import connect

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("typescript", "      note: {\n        Row: {\n          id: number\n"),
        ("python", "class NoteRow(TypedDict):\n    id: int\n"),
    ],
)
def test_it_writes_the_types(
    empty_database_url: str, tmp_path: Path, language: str, said: str
) -> None:
    with connect(empty_database_url) as connection:
        connection.execute("create schema app; create table app.note (id int not null)")
    file = tmp_path / "types"
    given = [language, "--database", empty_database_url, "--schema", "app"]
    shown = CliRunner().invoke(types, given, catch_exceptions=False)
    assert said in shown.output
    CliRunner().invoke(types, [*given, "--output", str(file)], catch_exceptions=False)
    assert file.read_text() == shown.output


def test_it_says_where_it_cannot_write(empty_database_url: str, tmp_path: Path) -> None:
    given = ["python", "--database", empty_database_url, "--output", str(tmp_path / "no" / "x.py")]
    with pytest.raises(UsageError, match="cannot write"):
        CliRunner().invoke(types, given, catch_exceptions=False)
