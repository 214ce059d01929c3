from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from samples.direct_mail import Sample, describe, generate

from samples import flaws

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return generate(tmp_path_factory.mktemp("sample") / "mail.db", rows=12_000, seed=5)


@pytest.fixture
def legacy(sample: Sample) -> sqlite3.Connection:
    connection = sqlite3.connect(sample.path)
    connection.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
    return connection


def number(connection: sqlite3.Connection, sql: str) -> int:
    (value,) = connection.execute(sql).fetchone()
    assert isinstance(value, int)
    return value


def test_same_seed_same_bytes(sample: Sample, tmp_path: Path) -> None:
    again = generate(tmp_path / "again.db", rows=12_000, seed=5)
    other = generate(tmp_path / "other.db", rows=12_000, seed=6)
    assert again.path.read_bytes() == sample.path.read_bytes()
    assert other.path.read_bytes() != sample.path.read_bytes()
    assert other.rows == sample.rows


#: the size that `make run` uses, in which every flaw occurs
MADE_BY_RUN = 100_000


@pytest.mark.parametrize("rows", [2_000, 7_777, MADE_BY_RUN])
def test_has_exactly_as_many_rows_as_asked_for(tmp_path: Path, rows: int) -> None:
    made = generate(tmp_path / "mail.db", rows=rows, seed=2)
    with closing(sqlite3.connect(made.path)) as connection:
        counted = {
            table: number(connection, f"select count(*) from {table}") for table in made.rows
        }
    assert counted == made.rows
    assert sum(counted.values()) == rows
    assert counted["organizations"] == 50
    if rows == MADE_BY_RUN:
        assert min(made.flaws.values()) > 0


def test_refuses_too_few_rows_and_an_existing_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="too few"):
        generate(tmp_path / "small.db", rows=1_999)
    (tmp_path / "mine.db").write_text("precious")
    with pytest.raises(FileExistsError, match=r"mine\.db"):
        generate(tmp_path / "mine.db")
    assert (tmp_path / "mine.db").read_text() == "precious"
    assert list(tmp_path.glob("*.partial")) == []


def test_describes_every_table_and_flaw(sample: Sample) -> None:
    text = describe(sample)
    assert all(table in text for table in sample.rows)
    assert all(flaw.what in text for flaw in sample.flaws)


FLAW_COUNTS = {
    flaws.ORPHAN_CAMPAIGN: "select count(*) from campaigns where organization_id is null",
    flaws.EPOCH_SECONDS: "select count(*) from recipients where created_at not like '20%-%'",
    flaws.DUPLICATE: (
        "select count(*) from recipients a join recipients b on b.id = a.id + 1"
        " and a.list_id = b.list_id and a.name = b.name and a.address = b.address"
        " and ifnull(lower(a.email), '') = ifnull(lower(b.email), '')"
    ),
    flaws.NUL_BYTE: "select count(*) from recipients where instr(cast(address as blob), x'00')",
    flaws.WINDOWS_1252: "select count(*) from recipients where hex(name) like '52656EE965%'",
    flaws.NO_FIELDS: "select count(*) from recipients where custom_fields is null",
    flaws.ORPHAN_PIECE: (
        "select count(*) from campaign_recipients where recipient_id not in"
        " (select id from recipients)"
    ),
    flaws.EPOCH_MILLISECONDS: (
        "select count(*) from events where created_at glob '[0-9]*' and created_at not like '%-%'"
    ),
    flaws.YES_NO: "select count(*) from events where is_bot in ('yes', 'no')",
    flaws.MALFORMED_JSON: (
        "select count(*) from events where event_data is not null and not json_valid(event_data)"
    ),
    flaws.DUPLICATE_KEY: "select count(*) from events where event_data like '%step%step%'",
    flaws.IMPOSSIBLE_DATE: "select count(*) from events where created_at like '%-02-30%'",
    flaws.FLOAT_DUST: (
        "select count(*) from conversions where typeof(conversion_value) = 'real'"
        " and conversion_value <> round(conversion_value, 2)"
    ),
    flaws.ORPHAN_CONVERSION: (
        "select count(*) from conversions where tracking_code not in"
        " (select tracking_code from campaign_recipients)"
    ),
    flaws.AMOUNT_AS_TEXT: "select count(*) from conversions where conversion_value like '$%'",
}


@pytest.mark.parametrize("flaw", flaws.FLAWS, ids=lambda flaw: str(flaw.what))
def test_flaws_are_counted_as_they_are(
    sample: Sample, legacy: sqlite3.Connection, flaw: flaws.Flaw
) -> None:
    assert number(legacy, FLAW_COUNTS[flaw]) == sample.flaws[flaw]


def test_only_the_flaws_break_foreign_keys(sample: Sample, legacy: sqlite3.Connection) -> None:
    broken = Counter(row[0] for row in legacy.execute("pragma foreign_key_check"))
    assert broken == {
        "campaign_recipients": sample.flaws[flaws.ORPHAN_PIECE],
        "conversions": sample.flaws[flaws.ORPHAN_CONVERSION],
    }


def test_nothing_crosses_from_one_organization_to_another(legacy: sqlite3.Connection) -> None:
    assert not number(
        legacy,
        """select count(*) from campaigns c
           join design_templates t on t.id = c.template_id
           join recipient_lists l on l.id = c.recipient_list_id
           where t.organization_id <> l.organization_id
              or c.organization_id <> l.organization_id""",
    )
    assert not number(
        legacy,
        """select count(*) from campaign_recipients p join campaigns c on c.id = p.campaign_id
           join recipients r on r.id = p.recipient_id where r.list_id <> c.recipient_list_id""",
    )
    for table in ("events", "conversions", "landing_pages"):
        assert not number(
            legacy,
            f"""select count(*) from {table} x
                join campaign_recipients p on p.tracking_code = x.tracking_code
                where p.campaign_id <> x.campaign_id""",
        )


def test_a_person_gets_one_piece_of_a_campaign_at_most(legacy: sqlite3.Connection) -> None:
    assert not number(
        legacy,
        """select count(*) from (select 1 from campaign_recipients p
           join recipients r on r.id = p.recipient_id
           group by p.campaign_id, r.list_id, coalesce(nullif(lower(r.email), ''), r.address)
           having count(*) > 1)""",
    )


def test_both_of_a_double_are_written_to(legacy: sqlite3.Connection) -> None:
    written = number(
        legacy,
        """select count(distinct p.recipient_id) from campaign_recipients p
           join recipients a on a.id = p.recipient_id
           join recipients b on b.id in (a.id - 1, a.id + 1) and b.list_id = a.list_id
            and b.name = a.name and b.address = a.address""",
    )
    assert written > 1


def test_nothing_lies_in_the_future(legacy: sqlite3.Connection) -> None:
    assert not number(legacy, "select count(*) from events where created_at > '2025-11-06'")
