"""What `mainstem unify report` says of real runs, held against the databases themselves."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from click.testing import CliRunner
from tests.unify.several.conftest import CONFIG
from tests.unify.sign_off.conftest import SCHEMA, as_told, report

from mainstem.cli import app
from mainstem.cli.unify.decide import decide
from mainstem.errors import UsageError
from mainstem.pg.connect import connect
from mainstem.unify.ledger import store
from mainstem.unify.move.catchup.passes import Pass

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unify.move.conftest import Shop
    from tests.unify.several.conftest import Merge
    from tests.unify.sign_off.conftest import Done

FORMS = ("html", "markdown", "json")


def test_every_row_is_accounted_for_as_the_databases_have_it(waiting: Done) -> None:
    merge = waiting.merge
    told = as_told(merge.url, waiting.run_id)
    tables = {each["source_table"]: each for each in told["accounts"]["tables"]}
    for name, account in tables.items():
        assert account["source_rows"] == _source_rows(merge, name), name
        outcomes = (account[key] for key in ("loaded", "merged", "quarantined", "dropped"))
        assert sum(outcomes) == account["source_rows"], name
        assert account["missing"] == 0
    for target in {each["target_table"] for each in tables.values()} - {None}:
        loaded = sum(each["loaded"] for each in tables.values() if each["target_table"] == target)
        assert merge.rows(f"select count(*) from {target}") == [(loaded,)], target
    totals = told["accounts"]["totals"]
    assert totals["source_rows"] == sum(_source_rows(merge, name) for name in tables)
    assert told["accounts"]["is_balanced"]
    assert {source["name"]: source["rows"] for source in told["sources"]} == {
        name: sum(each["source_rows"] for each in tables.values() if each["source"] == name)
        for name in ("desk", "north", "south")
    }


def _source_rows(merge: Merge, name: str) -> int:
    source, _, table = name.partition(".")
    if source == "desk":
        connection = sqlite3.connect(merge.folder / "desk.db")
        rows = connection.execute(f"select count(*) from {table}").fetchone()
        connection.close()
        return int(rows[0])
    url, schema = (merge.north, "public") if source == "north" else (merge.south, "app")
    with connect(url) as server:
        found = server.execute(f"select count(*) from {schema}.{table}".encode()).fetchone()
    assert found is not None
    return int(found[0])


def test_sources_are_named_by_what_they_are(waiting: Done) -> None:
    told = as_told(waiting.merge.url, waiting.run_id)
    desk, north, south = told["sources"]
    assert desk["location"] == str(waiting.merge.folder / "desk.db")
    assert desk["kind"] == "sqlite"
    assert desk["identity"]["size_bytes"] == str((waiting.merge.folder / "desk.db").stat().st_size)
    assert (north["location"], south["location"]) == ("env:NORTH", "env:SOUTH")
    with connect(waiting.merge.north) as connection:
        row = connection.execute("select current_database()").fetchone()
    assert row is not None
    assert north["identity"]["database"].endswith(f"/{row[0]}")
    began, ended = told["run"]["started_at"], told["run"]["finished_at"]
    assert all(began <= s["read_from"] <= s["read_until"] <= ended for s in told["sources"])


def test_quarantine_is_told_by_reason_and_key(waiting: Done) -> None:
    told = as_told(waiting.merge.url, waiting.run_id)["quarantine"]
    found = {(each["table"], each["column"], each["reason"]): each for each in told["groups"]}
    rows = waiting.merge.rows(
        "select source_table, column_name, reason, array_agg(key order by key)"
        " from unify.quarantine group by 1, 2, 3"
    )
    assert {key: each["rows"] for key, each in found.items()} == {
        tuple(row[:3]): len(row[3]) for row in rows
    }
    for table, column, reason, keys in rows:
        examples = found[table, column, reason]["examples"]
        assert [each["key"] for each in examples] == keys[:5]
    assert told["rows"] == sum(len(row[3]) for row in rows) == 35
    assert (told["unlisted_groups"], told["unlisted_rows"]) == (0, 0)
    assert "35 rows in quarantine" in as_told(waiting.merge.url, waiting.run_id)["open_points"]


def test_values_of_waiting_rows_are_shown_only_where_asked_for(waiting: Done) -> None:
    url, run_id = waiting.merge.url, waiting.run_id
    for form in FORMS:
        assert "P3@Example.com" not in report(url, run_id, "--format", form).stdout
        said = report(url, run_id, "--format", form, "--with-values").stdout
        assert "P3@Example.com" in said, form
    groups = as_told(url, run_id, "--with-values")["quarantine"]["groups"]
    (person,) = (each for each in groups if each["table"] == "north.people")
    assert person["examples"][0]["original"]["full_name"] == "Person 3"


def test_checksums_of_the_verification_are_shown(waiting: Done) -> None:
    told = as_told(waiting.merge.url, waiting.run_id)["verification"]
    kept = waiting.merge.rows("select verification from unify.run")[0][0]
    assert told["is_passed"]
    assert told["at"] == kept["at"]
    assert {t["table"] for t in told["tables"]} == {t["table"] for t in kept["tables"]}
    columns = [column for table in told["tables"] for column in table["columns"]]
    assert all(column["is_equal"] for column in columns)
    assert all(column["source"] == column["target"] for column in columns)
    summed = {column["name"]: column["source"] for column in columns if column["source"]}
    assert {"email", "title", "budget", "shop_id (a row of shops)"} <= summed.keys()
    assert len(set(summed.values())) > len(summed) / 2


def test_a_difference_is_named_by_its_key(waiting: Done) -> None:
    merge = waiting.merge
    merge.execute(merge.url, "update task set title = 'Retitled' where title = 'Task 1'")
    merge.verify()
    told = as_told(merge.url, waiting.run_id)
    (table,) = (t for t in told["verification"]["tables"] if not t["is_equal"])
    (difference,) = table["differences"]
    assert (table["table"], difference["column"]) == ("north.tasks", "title")
    assert difference["source"] is None
    (column,) = (column for column in table["columns"] if not column["is_equal"])
    assert column["source"] != column["target"]
    assert any(point.startswith("verification failed") for point in told["open_points"])
    for form in FORMS:
        assert "Retitled" not in report(merge.url, waiting.run_id, "--format", form).stdout
    said = report(merge.url, waiting.run_id, "--with-values").stdout
    assert "'Retitled'" in said


def test_a_run_that_was_not_verified_says_so(ran: Merge) -> None:
    said = {form: report(ran.url, 1, "--format", form).stdout for form in FORMS}
    assert '<strong class="warning">Not verified.</strong>' in said["html"]
    assert '<strong class="warning">Not proven.</strong>' in said["html"]
    assert "\n**Not verified.**\n" in said["markdown"]
    assert "\n**Not proven.**\n" in said["markdown"]
    assert "| isolation of tenants | **no** | not proven |" in said["markdown"]
    told = json.loads(said["json"])
    assert told["verification"] is None
    assert told["isolation"] is None
    assert {entry["kind"] for entry in told["not_inspected"]} >= {"verification", "isolation"}
    assert [point.partition(":")[0] for point in told["open_points"]] == [
        "not verified",
        "isolation not proven",
    ]


@pytest.mark.usefixtures("proof")
def test_the_first_sheet_says_what_whoever_signs_must_know(waiting: Done) -> None:
    text = report(waiting.merge.url, waiting.run_id).stdout
    sheet = text.partition("\n## Annex A")[0]
    told = as_told(waiting.merge.url, waiting.run_id)
    totals = told["accounts"]["totals"]
    names = ("source_rows", "loaded", "merged", "quarantined", "dropped")
    row = " | ".join(f"{totals[name]:,}" for name in names)
    assert f"| {row} | 0 | {totals['conversions']:,} |" in sheet
    assert all(f"- {point}" in sheet for point in told["open_points"])
    for source in told["sources"]:
        assert f"| {source['tables']:,} | {source['rows']:,} |" in sheet
    assert "| rows | yes | every row of every source table has one outcome" in sheet
    assert "| verification | yes | passed, " in sheet
    # no role may reach a table there: nothing was tried, which is no good sign
    assert re.search(r"isolation of tenants \|  \| no leak, .* by 0 attempts \|", sheet)
    assert "| expectations |  | none were tried |" in sheet
    assert f"{len(told['not_inspected'])} entries: " in sheet
    assert told["digest"] in sheet


def test_rows_written_after_the_verification_are_told(waiting: Done) -> None:
    merge = waiting.merge
    before = as_told(merge.url, waiting.run_id)["open_points"]
    assert not any("before rows were last written" in point for point in before)
    done = {"looked_at": 240, "inserted": 3, "updated": 2, "deleted": 1, "seconds": 0.5}
    assert done.keys() <= {field.name for field in fields(Pass)}
    with connect(merge.url) as connection:
        store.save_step(
            connection, waiting.run_id, name="catch-up 1", position=5, row_count=6,
            detail=done,
        )  # fmt: skip
    told = as_told(merge.url, waiting.run_id)
    (one,) = told["catch_up"]
    assert (one["looked_at"], one["inserted"], one["updated"], one["deleted"]) == (240, 3, 2, 1)
    assert "verified before rows were last written: verify again" in told["open_points"]
    assert "Rows were written since." in report(merge.url, waiting.run_id).stdout


def test_who_decided_and_when_is_told(merge: Merge, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = CONFIG.replace('[tables.north.outfits]\ndrop = "of another product"\n', "").replace(
        'made_at = "created_at"\n', ""
    )
    merge.config.write_text(asked)
    plan = merge.plan()
    monkeypatch.setenv("DATABASE_URL", merge.url)
    monkeypatch.setattr("mainstem.cli.unify.decide._is_terminal", lambda: True)
    said = "archive\nkept for the auditors\ninto\ncreated_at\n"
    result = CliRunner().invoke(decide, [str(plan.directory), "--by", "Ada <L>"], input=said)
    assert result.exit_code == 0, result.output
    run_id = merge.run().run.id
    told = as_told(merge.url, run_id)
    found = {(one["table"], one["column"]): one for one in told["decisions"]}
    archived = found["north.outfits", None]
    assert archived["action"] == "archive table"
    assert (archived["decided_by"], archived["affected"]) == ("Ada <L>", 5)
    assert archived["decided_at"] <= told["run"]["started_at"]
    answered = found["south.project", "made_at"]
    assert (answered["action"], answered["reason"]) == ("answer", '"created_at"')
    assert answered["decided_by"] == "Ada <L>"
    assert found["north.backup_people_2024", None]["decided_by"] is None
    assert "Ada &lt;L&gt;, 2" in report(merge.url, run_id, "--format", "html").stdout


def test_no_secret_is_shown_in_any_form(shop: Shop) -> None:
    with sqlite3.connect(shop.source) as connection:
        connection.execute(
            "insert into people values (900, 'gone', null, 'x@example.com', 'X', null, 0,"
            " 'secret-900', 'never')"
        )
        connection.execute("update letters set price = 2.345, body = ? where id = 7",
                           ('{"api_key": "secret-json", "n": NaN}',))  # fmt: skip
        connection.execute("update letters set body = ? where id = 8",
                           ('{"api_key": "secret-json", "n": 1, "n": 2}',))  # fmt: skip
    connection.close()
    shop.plan()
    run_id = shop.run().run.id
    told = as_told(shop.url, run_id, "--with-values")
    (person,) = (each for each in told["quarantine"]["groups"] if each["table"] == "people")
    assert person["examples"][0]["original"]["password"] == "[secret]"
    assert told["quarantine"]["rows"] == _count(shop, "unify.quarantine")
    for form in FORMS:
        for options in ((), ("--with-values",)):
            said = report(shop.url, run_id, "--format", form, *options).stdout
            assert "secret-" not in said, form


def test_conversions_are_counted_by_rule(shop: Shop) -> None:
    shop.plan()
    run_id = shop.run().run.id
    with connect(shop.url) as connection:
        rows = connection.execute(
            "select rule, count(*), count(distinct source_table || '.' || column_name)"
            " from unify.ledger group by 1"
        ).fetchall()
        known = set(connection.execute(
            "select rule, source_table, key, column_name, before, after from unify.ledger"
        ).fetchall())  # fmt: skip
    told = as_told(shop.url, run_id)
    assert rows
    assert {(c["rule"], c["values"], c["columns"]) for c in told["conversions"]} == set(rows)
    assert told["accounts"]["totals"]["conversions"] == sum(row[1] for row in rows)
    for each in told["conversions"]:
        for seen in each["examples"]:
            assert (each["rule"], *seen.values()) in known
    assert told["accounts"]["further"] == [{"table": "letters", "target": "public.route",
                                            "rows": _count(shop, "route") - 1}]  # fmt: skip


def _count(shop: Shop, table: str) -> int:
    with connect(shop.url) as connection:
        row = connection.execute(f"select count(*) from {table}".encode()).fetchone()
    assert row is not None
    return int(row[0])


def test_backup_and_what_is_not_carried_over_are_told(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(shop.source) as connection:
        connection.execute("create view grown as select * from people")
    connection.close()
    monkeypatch.setenv("DATABASE_URL", shop.url)
    shop.plan()
    done = CliRunner().invoke(app, ["unify", "run", str(shop.config)])
    assert done.exit_code == 0, done.output
    told = as_told(shop.url, 1)
    (dump,) = (shop.folder / "shop-plan" / "backup").glob("*.dump")
    assert told["backup"]["path"] == str(dump)
    assert told["backup"]["restore"] == f"sh {dump.with_suffix('.sh')}"
    lost = {(e["kind"], e["name"]) for e in told["not_inspected"]}
    assert ("view", "shop: grown") in lost
    steps = {step["step"]: step for step in told["timings"]}
    assert steps["backup"]["seconds"] >= 0
    assert "load person" in steps


def test_the_isolation_proof_is_kept_and_told(template: str, ran: Merge) -> None:
    assert template
    tables = [row[0] for row in ran.rows(
        "select relname from pg_class where relnamespace = 'public'::regnamespace"
        " and relkind = 'r'")]  # fmt: skip
    own = "{} = current_setting('app.shop', true)::uuid"
    conditions = {
        name: own.format("id" if name == "shop" else "shop_id") for name in sorted(tables)
    }
    ran.execute(
        ran.url,
        ";".join(
            f"alter table {name} enable row level security;"
            f"create policy own on {name} using ({condition});"
            f"grant select, insert, update, delete on {name} to authenticated"
            for name, condition in conditions.items()
        ),
    )
    _proof_is_told(ran, "proven")
    ran.execute(ran.url, "create policy too_wide on note using (body is not null)")
    _proof_is_told(ran, "leak")


def _proof_is_told(ran: Merge, verdict: str) -> None:
    result = CliRunner().invoke(app, ["verify", "isolation", "--json", "--database", ran.url])
    said = {each["name"]: each["verdict"] for each in json.loads(result.stdout)["objects"]}
    told = as_told(ran.url, 1)
    found = {each["name"]: each["verdict"] for each in told["isolation"]["objects"]}
    assert found == said
    assert found["note"] == verdict
    assert told["isolation"]["is_passed"] == (verdict == "proven")
    assert told["isolation"]["at"] > told["run"]["finished_at"]
    points = " ".join(told["open_points"])
    assert ("leak" in points) == (verdict == "leak")
    assert "not proven" not in points


_EXPECTED = """
prepare = "grant select on note to authenticated"
[callers.anyone]
role = "authenticated"
[[expect]]
table = "outfits"
exists = false
[[expect]]
name = "notes are nobody's"
[[expect.case]]
name = "not seen"
query_as = "anyone"
query = "select body from note order by body limit 1"
rows = []
"""


def test_expectations_are_kept_and_told_without_values(
    template: str, waiting: Done, tmp_path: Path
) -> None:
    assert template
    url, run_id = waiting.merge.url, waiting.run_id
    told = as_told(url, run_id)
    assert told["expectations"] == []
    assert "expectations" in {entry["kind"] for entry in told["not_inspected"]}
    file = tmp_path / "expect.toml"
    file.write_text(_EXPECTED)
    result = CliRunner().invoke(app, ["verify", "expect", str(file), "--database", url])
    assert result.exit_code == 1, result.output
    (body,) = waiting.merge.rows("select min(body) from note")[0]
    assert body in result.stdout
    told = as_told(url, run_id)
    (each,) = told["expectations"]
    assert (each["file"], each["passed"], each["total"]) == (str(file), 1, 2)
    assert [outcome["reason"] for outcome in each["outcomes"]] == [
        None,
        "anyone sees 1 row besides",
    ]
    assert f"expectations of {file}: 1 of 2 passed" in told["open_points"]
    assert "expectations" not in {entry["kind"] for entry in told["not_inspected"]}
    for form in FORMS:
        said = report(url, run_id, "--format", form).stdout
        assert "outfits does not exist" in said, form
        assert "anyone sees 1 row besides" in said, form
        assert body not in said, form


def test_of_expectations_the_last_of_each_file_counts(waiting: Done, tmp_path: Path) -> None:
    url, run_id = waiting.merge.url, waiting.run_id
    for name, table in (("a", "note"), ("b", "absent"), ("a", "absent"), ("b", "note")):
        (tmp_path / name).write_text(f'[[expect]]\ntable = "{table}"\nexists = true\n')
        CliRunner().invoke(app, ["verify", "expect", str(tmp_path / name), "--database", url])
    told = as_told(url, run_id)
    found = [(each["file"][-1], each["is_passed"]) for each in told["expectations"]]
    assert found == [("b", True), ("a", False)]
    done = {"looked_at": 1, "inserted": 1, "updated": 0, "deleted": 0, "seconds": 0.5}
    with connect(url) as connection:
        store.save_step(connection, run_id, name="catch-up 1", position=5, detail=done)
    told = as_told(url, run_id)
    assert [each["file"][-1] for each in told["expectations"]] == ["b"]
    assert any("tried before rows were last written" in point for point in told["open_points"])


def test_a_proof_leaves_nothing_in_a_database_without_a_ledger(
    template: str, empty_database_url: str
) -> None:
    assert template
    result = CliRunner().invoke(app, ["verify", "isolation", "--database", empty_database_url])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    with connect(empty_database_url) as connection:
        assert connection.execute("select to_regnamespace('unify')").fetchone() == (None,)


def test_a_copy_has_a_page_too(shop: Shop) -> None:
    words = ["unify", "copy", str(shop.source), "--database", shop.url, "--schema", "old"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    told = as_told(shop.url, 1)
    assert told["run"]["kind"] == "copy"
    (source,) = told["sources"]
    assert source["location"] == str(shop.source)
    assert source["rows"] == told["accounts"]["totals"]["loaded"] == 284
    for form in FORMS:
        assert report(shop.url, 1, "--format", form).exit_code == 0


def test_an_unknown_run_names_the_known_ones(waiting: Done) -> None:
    result = report(waiting.merge.url, 99)
    assert isinstance(result.exception, UsageError)
    assert result.exception.exit_code == 2
    assert str(result.exception).startswith(
        "there is no run 99 in this database; there are: 1 (two, run, finished, 2"
    )


def test_a_database_without_runs_says_how_to_begin(empty_database_url: str) -> None:
    result = report(empty_database_url, 1)
    assert isinstance(result.exception, UsageError)
    assert str(result.exception).endswith("`mainstem unify run` makes the first")


def test_a_run_that_was_taken_back_says_so(ran: Merge) -> None:
    ran.undo(1)
    told = as_told(ran.url, 1)
    assert told["run"]["undone_at"] is not None
    assert "the run is undone, not finished" in told["open_points"]


def test_the_page_is_written_to_a_file(waiting: Done, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    result = report(waiting.merge.url, 1, "--format", "html", "--output", path)
    assert (result.exit_code, result.stdout) == (0, "")
    assert path.read_text().startswith("<!doctype html>")
    result = report(waiting.merge.url, 1, "--output", tmp_path / "absent" / "page.md")
    assert isinstance(result.exception, UsageError)


def test_all_forms_carry_the_same_digest(waiting: Done) -> None:
    url = waiting.merge.url
    told: dict[str, Any] = as_told(url, 1)
    for form in ("html", "markdown"):
        assert told["digest"] in report(url, 1, "--format", form).stdout
    assert as_told(url, 1, "--with-values")["digest"] != told["digest"]


def test_the_json_of_a_real_run_follows_the_published_schema(waiting: Done) -> None:
    validator = jsonschema.Draft202012Validator(
        json.loads(SCHEMA.read_text()), format_checker=jsonschema.FormatChecker()
    )
    for options in ((), ("--with-values",)):
        told = as_told(waiting.merge.url, 1, *options)
        assert list(validator.iter_errors(told)) == []
        assert list(validator.iter_errors({**told, "run": None})) != []
