"""Which files count as migrations, and in which order."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from mainstem.unify.replay import Limits, Ordering, SourceFile, fingerprint, read_files
from mainstem.unify.replay.files import Order

if TYPE_CHECKING:
    from pathlib import Path


def ordering(tmp_path: Path, names: list[str], *, folder: str = "migrations") -> Ordering:
    for name in names:
        path = tmp_path / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"select '{name}'")
    return read_files(tmp_path / folder, root=tmp_path)


def names(found: Ordering) -> list[str]:
    return [file.path.partition("/")[2] for file in found.order.files]


def left_out(found: Ordering) -> list[str]:
    return [path.rpartition("/")[2] for path, _, _ in found.skipped]


def test_timestamps_sort_by_name(tmp_path: Path) -> None:
    found = ordering(tmp_path, ["20240201000000_b.sql", "20240101000000_a.sql", "readme.md"])
    assert names(found) == ["20240101000000_a.sql", "20240201000000_b.sql"]
    assert (found.order.name, found.other, found.notes) == ("name", None, ())


def test_versions_sort_by_their_numbers_and_what_is_repeated_comes_last(tmp_path: Path) -> None:
    found = ordering(tmp_path, ["V10__x.sql", "V2.1__b.sql", "V2__a.sql", "R__v.sql", "U2__a.sql"])
    assert names(found) == ["V2__a.sql", "V2.1__b.sql", "V10__x.sql", "R__v.sql"]
    assert left_out(found) == ["U2__a.sql"]


def test_a_journal_tells_the_order(tmp_path: Path) -> None:
    (tmp_path / "drizzle/meta").mkdir(parents=True)
    entries = [{"idx": 1, "tag": "0000_late"}, {"idx": 0, "tag": "0001_early"}]
    journal = tmp_path / "drizzle/meta/_journal.json"
    journal.write_text(json.dumps({"dialect": "postgresql", "entries": entries}))
    found = ordering(tmp_path, ["0000_late.sql", "0001_early.sql", "0002_x.sql"], folder="drizzle")
    assert names(found) == ["0001_early.sql", "0000_late.sql"]
    assert left_out(found) == ["0002_x.sql"]
    journal.write_text(json.dumps({"dialect": "sqlite", "entries": entries}))
    found = ordering(tmp_path, [], folder="drizzle")
    assert (names(found), len(found.skipped)) == ([], 3)
    journal.write_text("{")
    assert len(names(ordering(tmp_path, [], folder="drizzle"))) == 3


def test_a_journal_that_the_files_have_outgrown_leaves_none_of_them_out(tmp_path: Path) -> None:
    (tmp_path / "drizzle/meta").mkdir(parents=True)
    (tmp_path / "supabase/migrations/meta").mkdir(parents=True)
    journal = json.dumps({"dialect": "postgresql", "entries": [{"idx": 0, "tag": "0000_a"}]})
    (tmp_path / "drizzle/meta/_journal.json").write_text(journal)
    (tmp_path / "supabase/migrations/meta/_journal.json").write_text(journal)
    files = ["0000_a.sql", "0001_b.sql", "0002_c.sql"]
    assert names(ordering(tmp_path, files, folder="drizzle")) == files
    found = ordering(tmp_path, files[:2], folder="supabase/migrations")
    assert [name.rpartition("/")[2] for name in names(found)] == files[:2]


def test_a_folder_for_each_migration_sorts_by_folder(tmp_path: Path) -> None:
    found = ordering(
        tmp_path, ["2_b/migration.sql", "1_a/migration.sql", "seed.sql"], folder="prisma/migrations"
    )
    assert [name[-17:] for name in names(found)] == ["1_a/migration.sql", "2_b/migration.sql"]
    assert left_out(found) == ["seed.sql"]
    (tmp_path / "prisma/migrations/migration_lock.toml").write_text('provider = "mysql"')
    assert names(ordering(tmp_path, [], folder="prisma/migrations")) == []


def test_what_undoes_is_left_out(tmp_path: Path) -> None:
    found = ordering(
        tmp_path, ["1_a.up.sql", "1_a.down.sql", "2_b_rollback.sql", "3_breakdown.sql"]
    )
    assert names(found) == ["1_a.up.sql", "3_breakdown.sql"]
    assert left_out(found) == ["1_a.down.sql", "2_b_rollback.sql"]


def test_sections_that_undo_are_blanked_and_lines_stay(tmp_path: Path) -> None:
    path = tmp_path / "1.sql"
    path.write_text("-- migrate:up\ncreate table a (a int);\n\n-- migrate:down\ndrop table a;\n")
    (tmp_path / "2.sql").write_text("-- +goose Down\ndrop table b;\n-- +goose Up\nselect 2;\n")
    first, second = read_files(tmp_path, root=tmp_path).order.files
    assert first.script == "-- migrate:up\ncreate table a (a int);\n\n\n\n"
    assert second.script == "\n\n-- +goose Up\nselect 2;\n"
    assert [line for _, line, _ in read_files(tmp_path, root=tmp_path).skipped] == [4, 1]


def test_ambiguous_orders_offer_another(tmp_path: Path) -> None:
    found = ordering(tmp_path, ["9_a.sql", "10_b.sql"])
    assert names(found) == ["10_b.sql", "9_a.sql"]
    assert found.other is not None
    assert [file.path[-7:] for file in found.other.files] == ["9_a.sql", "0_b.sql"]


def test_twins_are_named(tmp_path: Path) -> None:
    found = ordering(tmp_path, ["1_a.sql", "2_b.sql", "2_c.sql", "3_d.sql"])
    assert found.notes == ("several files have the number 2",)
    assert found.other is not None
    assert [file.path[-7:] for file in found.other.files] == [
        "1_a.sql",
        "2_c.sql",
        "2_b.sql",
        "3_d.sql",
    ]


def test_the_platforms_tool_passes_over_some_files(tmp_path: Path) -> None:
    found = ordering(tmp_path, ["1_a.sql", "all.sql", "old/0_x.sql"], folder="supabase/migrations")
    assert [name[-7:] for name in names(found)] == ["1_a.sql"]
    assert left_out(found) == ["all.sql", "0_x.sql"]


def test_links_and_large_files_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "1.sql").write_text("select 1")
    (tmp_path / "2.sql").symlink_to(tmp_path / "1.sql")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "3.sql").write_text("x" * 2000)
    found = read_files(tmp_path, root=tmp_path, limits=Limits(file_bytes=1000))
    assert [file.path for file in found.order.files] == ["1.sql"]
    assert [path for path, _, _ in found.skipped] == ["2.sql", "3.sql"]


@given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3)), max_size=4))
def test_a_fingerprint_tells_files_and_their_order_apart(pairs: list[tuple[str, str]]) -> None:
    files = tuple(SourceFile(path, content, "") for path, content in pairs)
    one, other = (Ordering(Order(each, "name"), None, (), ()) for each in (files, files[::-1]))
    assert fingerprint(one) == fingerprint(Ordering(Order(files, "name"), None, (), ()))
    assert (fingerprint(one) == fingerprint(other)) is (files == files[::-1])
    noted = Ordering(Order(files, "name"), None, (), (("x.sql", None, "it is a link"),))
    assert fingerprint(one) != fingerprint(noted)
