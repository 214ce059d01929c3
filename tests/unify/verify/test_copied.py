"""A fault planted in a copy is found, and named by table, key and column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.pg.connect import connect
from mainstem.unify.verify.workers import PARALLEL_ROWS_MIN

if TYPE_CHECKING:
    from tests.unify.verify.conftest import Copied

Named = list[tuple[str, str, str | None]]

FAULTS: dict[str, tuple[str, Named]] = {
    "a flipped bit in a text": (
        "update member set name = 'Oame 7 é ' || chr(92) || E' \\t ü' where id = 'm7'",
        [("member", "m7", "name")],
    ),
    "NULL became an empty string": (
        "update member set note = '' where id = 'm3'",
        [("member", "m3", "note")],
    ),
    "an empty string became NULL": (
        "update member set note = null where id = 'm4'",
        [("member", "m4", "note")],
    ),
    "a number's last digit": (
        "update member set score = score + 0.01 where id = 'm9'",
        [("member", "m9", "score")],
    ),
    "a number of floating point, by its last bit": (
        "update member set weight = 3.666666666666667 where id = 'm11'",
        [("member", "m11", "weight")],
    ),
    "a timestamp by a microsecond": (
        "update member set made_at = made_at + interval '1 microsecond' where id = 'm5'",
        [("member", "m5", "made_at")],
    ),
    "a timestamp by a time zone": (
        "update member set made_at = made_at + interval '2 hours' where id = 'm60'",
        [("member", "m60", "made_at")],
    ),
    "a date by a day": (
        "update member set born = born + 1 where id = 'm5'",
        [("member", "m5", "born")],
    ),
    "a value deep inside JSON": (
        "update member set settings = jsonb_set(settings, '{sizes,1,deep}', '13') where id = 'm12'",
        [("member", "m12", "settings")],
    ),
    "a byte": (
        "update member set photo = set_byte(photo, 1, 1) where id = 'm40'",
        [("member", "m40", "photo")],
    ),
    "a truth": (
        "update member set is_active = not is_active where id = 'm41'",
        [("member", "m41", "is_active")],
    ),
    "two rows' foreign keys swapped": (
        "update member set team_id = case id when 'm1' then 3 else 2 end where id in ('m1', 'm2')",
        [("member", "m1", "team_id"), ("member", "m2", "team_id")],
    ),
    "part of a key changed": (
        "update visit set day = '2024-05-03' where team_id = 1 and day = '2024-05-02'",
        [("visit", "1, 2024-05-02", None), ("visit", "1, 2024-05-03", None)],
    ),
    "a value behind a key of two columns": (
        "update visit set pages = 9 where team_id = 2",
        [("visit", "2, 2024-05-01", "pages")],
    ),
    "a lost row": ("delete from member where id = 'm17'", [("member", "m17", None)]),
    "an extra row": ("insert into team values (4, 'green')", [("team", "4", None)]),
    "a lost row of two equal ones without a key": (
        "delete from heap where ctid = (select min(ctid) from heap where word = 'a')",
        [("heap", "2", None)],
    ),
    "a changed value of a row without a key": (
        "update heap set remark = null where word = 'b'",
        [("heap", "3", "remark")],
    ),
}


def found_in(copied: Copied) -> Named:
    verification = copied.verify()
    assert not verification.is_equal
    return [
        (difference.table, difference.key, difference.column)
        for table in verification.tables
        for difference in table.differences
    ]


def test_an_untouched_copy_is_equal(copied: Copied) -> None:
    verification = copied.verify()
    assert verification.is_equal
    assert {t.table: (t.source_rows, t.target_rows) for t in verification.tables} == {
        "team": (3, 3),
        "member": (60, 60),
        "visit": (3, 3),
        "heap": (4, 4),
        "account": (2, 2),
    }
    assert all(len(t.columns) for t in verification.tables)
    # Equal tables have a checksum of their rows, unless they hold secrets.
    sums = {table.table: table.row_checksum for table in verification.tables}
    assert sums.pop("account") is None
    assert all(sums.values())
    assert len(set(sums.values())) == len(sums)


def test_a_table_that_differs_has_a_checksum_for_each_column(copied: Copied) -> None:
    copied.plant("update member set name = '' where id = 'm3'")
    (table,) = [found for found in copied.verify().tables if not found.is_equal]
    assert table.row_checksum is None
    differing = [name for name, (source, target) in table.checksums.items() if source != target]
    assert differing == list(table.differing) == ["name"]
    assert set(table.checksums) == set(table.columns)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_named(copied: Copied, fault: str) -> None:
    statement, expected = FAULTS[fault]
    copied.plant(statement)
    assert sorted(found_in(copied), key=str) == sorted(expected, key=str)


def test_swapped_rows_are_four_differences(copied: Copied) -> None:
    copied.plant(
        "update member as m set note = o.note, name = o.name from member as o"
        " where m.id in ('m1', 'm2') and o.id in ('m1', 'm2') and o.id <> m.id"
    )
    assert set(found_in(copied)) == {
        ("member", "m1", "name"),
        ("member", "m1", "note"),
        ("member", "m2", "name"),
        ("member", "m2", "note"),
    }


def test_the_values_of_a_difference_are_shown(copied: Copied) -> None:
    copied.plant("update member set note = '' where id = 'm3'")
    (difference,) = next(t for t in copied.verify().tables if not t.is_equal).differences
    assert str(difference) == "member, key m3, column note: NULL became ''"


def test_secret_values_are_masked(copied: Copied) -> None:
    copied.plant("update account set api_token = 'tok-9' where id = 2")
    verification = copied.verify()
    (difference,) = next(t for t in verification.tables if not t.is_equal).differences
    assert difference.column == "api_token"
    assert difference.source == difference.target == "[secret]"
    assert "tok-" not in str(verification.as_dict())


def test_the_verdict_stays_with_the_run(copied: Copied) -> None:
    copied.plant("delete from member where id = 'm17'")
    copied.verify()
    with connect(copied.url) as connection:
        row = connection.execute(
            "select verification from unify.run where id = %s", (copied.run_id,)
        ).fetchone()
    assert row is not None
    assert row[0]["is_passed"] is False
    assert "member" in row[0]["summary"]


def test_a_dangling_foreign_key_is_found(copied: Copied) -> None:
    copied.plant("delete from team where id = 3")
    verification = copied.verify()
    (finding,) = [f for f in verification.findings if f.kind == "foreign key"]
    assert finding.table == "public.member"
    assert "20 rows" in finding.text
    assert "m11" in finding.text


def test_a_counter_that_stands_too_low_is_found(copied: Copied) -> None:
    copied.plant("select setval(pg_get_serial_sequence('team', 'id'), 2)")
    (finding,) = copied.verify().findings
    assert (finding.kind, finding.table) == ("counter", "public.team")


def test_a_ledger_that_lacks_a_conversion_is_found(copied: Copied) -> None:
    copied.plant(
        "insert into unify.ledger select run_id, 'member', 'm1', 'name', 'a', 'b', 'nul-removed'"
        " from unify.table_result where source_table = 'member'"
    )
    (finding,) = copied.verify().findings
    assert (finding.kind, finding.table) == ("ledger", "member")
    assert "column name: 0 values were converted, the ledger has 1" in finding.text


def test_a_wrong_account_is_found(copied: Copied) -> None:
    copied.plant("update unify.table_result set loaded = 59 where source_table = 'member'")
    texts = [str(finding) for finding in copied.verify().findings]
    assert "count: member: the account says 59 loaded rows, there are 60" in texts
    assert "count: member: 1 rows have no outcome" in texts


def test_many_differences_are_named_in_part(copied: Copied) -> None:
    copied.plant("update member set name = name || '!'")
    (table,) = [t for t in copied.verify().tables if not t.is_equal]
    assert len(table.differences) == 20
    assert table.has_more
    assert table.differing == ("name",)


def test_two_processes_find_the_same(copied: Copied, monkeypatch: pytest.MonkeyPatch) -> None:
    assert PARALLEL_ROWS_MIN
    monkeypatch.setattr("mainstem.unify.verify.workers.PARALLEL_ROWS_MIN", 0)
    assert copied.verify().is_equal
    statements, expected = zip(
        *[FAULTS[fault] for fault in ("a value deep inside JSON", "a lost row")], strict=True
    )
    copied.plant(*statements)
    assert sorted(found_in(copied), key=str) == [named for (named,) in expected]
