"""The commands, with their exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mainstem.cli import main

if TYPE_CHECKING:
    from tests.unify.move.conftest import Shop


def run(monkeypatch: pytest.MonkeyPatch, shop: Shop, *arguments: str) -> int:
    monkeypatch.setenv("DATABASE_URL", shop.url)
    monkeypatch.setattr("sys.argv", ["mainstem", "unify", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    return int(caught.value.code or 0)


def test_what_only_plans_and_copies_need_is_not_imported_to_run_and_verify() -> None:
    code = "import sys, mainstem.cli.unify.run, mainstem.cli.unify.verify; print(*sys.modules)"
    names = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "mainstem.unify.move.run" in names
    assert not {"sqlglot", "tree_sitter", "mainstem.unify.replay"} & set(names)


def test_plan_run_undo(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(shop.config)
    assert run(monkeypatch, shop, "plan", config) == 0
    assert "4 of 5 tables move" in capsys.readouterr().out
    report = shop.folder / "report.json"
    assert run(monkeypatch, shop, "run", config, "--json", str(report)) == 0
    output = capsys.readouterr().out
    assert "public.route got 80 rows for letters." in output
    assert "Dropped by decision: people.password." in output
    tables = {table["table"]: table for table in json.loads(report.read_text())["tables"]}
    assert tables["scans"] == {
        "table": "scans",
        "source": 160,
        "loaded": 160,
        "merged": 0,
        "quarantined": 0,
        "dropped": 0,
        "conversions": 22,
    }
    assert run(monkeypatch, shop, "run", config) == 0
    assert "nothing to do: run 1" in capsys.readouterr().out
    assert run(monkeypatch, shop, "undo", "1") == 0
    assert "run 1 (shop) was taken back" in capsys.readouterr().out
    assert run(monkeypatch, shop, "undo", "1") == 2
    assert "taken back before" in capsys.readouterr().err


def test_exit_3_while_rows_wait(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.change_source("update letters set person_id = 999 where id = 7")
    assert run(monkeypatch, shop, "run", str(shop.config)) == 3
    assert "in quarantine: unify.quarantine has them" in capsys.readouterr().out
    assert run(monkeypatch, shop, "run", str(shop.config)) == 3


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda shop: shop.configure("["), "is not valid TOML"),
        (lambda shop: shop.source.write_text("no database"), "is not a SQLite database"),
        (lambda shop: shop.source.unlink(), "there is no file"),
        (
            lambda shop: shop.execute(
                "insert into store values (gen_random_uuid(), 'x', 'x', now())"
            ),
            "already holds other data",
        ),
    ],
)
def test_exit_2_with_one_line_for_what_a_person_can_mend(
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    break_it: object,
    message: str,
) -> None:
    assert callable(break_it)
    break_it(shop)
    assert run(monkeypatch, shop, "run", str(shop.config)) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("mainstem: ")
    assert error.count("\n") == 1
