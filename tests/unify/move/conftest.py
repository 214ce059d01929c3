"""A small legacy shop and the schemas it moves into; nothing here is Mainstem's own schema."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from mainstem.pg.connect import connect
from mainstem.unify.ledger.store import ensure_schema
from mainstem.unify.move.run import Outcome, run_plan
from mainstem.unify.move.undo import undo_run
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.directory import read_directory
from mainstem.unify.plan.make import make_plan
from mainstem.unify.progress import Reporter, Silence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mainstem.pg.scratch import ScratchServer
    from mainstem.unify.plan.model import Plan

TARGET = """
create table store (
    id uuid primary key, name text not null, slug text not null constraint store_slug_key unique,
    created_at timestamptz not null);
create table person (
    store_id uuid not null constraint person_store_fkey references store (id),
    id uuid not null, friend_id uuid, email text, name text not null default '', note text,
    is_vip boolean not null default false, created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint person_pkey primary key (store_id, id),
    constraint person_friend_fkey foreign key (store_id, friend_id)
        references person (store_id, id),
    constraint person_note_check check (note is null or note <> 'forbidden'));
create unique index person_email_key on person (store_id, lower(email));
create index person_name_idx on person (store_id, name) where name <> '';
comment on index person_name_idx is 'people by name';
create table letter (
    store_id uuid not null references store (id), id uuid not null default gen_random_uuid(),
    person_id uuid not null, code text not null, content jsonb, price numeric(8, 2),
    created_at timestamptz not null,
    constraint letter_pkey primary key (store_id, id),
    constraint letter_person_fkey foreign key (store_id, person_id)
        references person (store_id, id) on delete cascade,
    constraint letter_code_key unique (store_id, code));
comment on constraint letter_code_key on letter is 'one letter a code';
create index letter_person_idx on letter (store_id, person_id);
create table scan (
    store_id uuid not null, id uuid not null, letter_id uuid, code text not null,
    kind text not null constraint scan_kind_check check (kind in ('open', 'click')),
    is_bot boolean not null, created_at timestamptz not null,
    constraint scan_pkey primary key (store_id, id),
    constraint scan_letter_fkey foreign key (store_id, letter_id) references letter (store_id, id)
) partition by range (id);
create index scan_code_idx on scan (store_id, code);
create table route (
    code text constraint route_pkey primary key, store_id uuid references store (id),
    letter_id uuid not null);
insert into route values ('of-another-app', null, gen_random_uuid());

create function month_id(at timestamptz) returns uuid language sql immutable return
    (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0')
     || '70008000000000000000')::uuid;
create table known_partition (name text primary key);
create function ensure_partitions(starting timestamptz, ending timestamptz, only_table text)
returns setof text language plpgsql as $$
declare at timestamptz := date_trunc('month', starting); name text;
begin
  while at <= ending loop
    name := 'scan_' || to_char(at, 'YYYY_MM');
    if to_regclass('public.' || name) is null then
      execute format('create table public.%I partition of public.scan for values from (%L) to (%L)',
                     name, public.month_id(at), public.month_id(at + interval '1 month'));
      insert into public.known_partition values (name);
      return next name;
    end if;
    at := at + interval '1 month';
  end loop;
end $$;
create function drop_partition(partition regclass) returns void language plpgsql as $$
begin
  delete from public.known_partition as k where to_regclass('public.' || k.name) = partition;
  execute format('drop table %s', partition);
end $$;
select ensure_partitions('2026-01-01Z', '2026-02-01Z', 'scan');
alter index scan_2026_01_pkey rename to a_name_of_its_own;

create function refuse() returns trigger language plpgsql as
    $$ begin raise exception 'triggers must be off while rows are loaded'; end $$;
create trigger person_touch before insert or update or delete on person
    for each row execute function refuse();
create trigger scan_touch before insert or delete on scan for each row execute function refuse();
create trigger letter_audit after insert or delete on letter
    for each statement execute function refuse();
alter table letter enable always trigger letter_audit;
create trigger letter_off before insert on letter for each row execute function refuse();
alter table letter disable trigger letter_off;
"""

CONFIG = """
name = "shop"
[[source]]
sqlite = "shop.db"
tenants = "shops"
[tenant]
column = "store_id"
root = "store"
[tables.shops.columns]
title = "name"
[tables.people.columns]
mail = "email"
password = { drop = "people sign in anew" }
[tables.letters]
[tables.letters.columns]
body = "content"
[[tables.letters.also]]
into = "public.route"
[tables.letters.also.columns]
code = "s.code"
store_id = "loaded.tenant"
letter_id = "loaded.id"
[tables.scans.columns]
kind = { into = "kind" }
[tables.cache]
drop = "made again when it is needed"
"""

SOURCE = """
create table shops (id text primary key, title text, slug text, created_at text);
create table people (
    id integer primary key, shop_id text references shops(id),
    friend_id integer references people(id), mail text,
    name text not null, note text, is_vip integer, password text, created_at text);
create table letters (
    id integer primary key, person_id integer references people(id), code text unique, body text,
    price real, created_at text);
create table scans (
    id integer primary key, code text references letters(code), kind text, is_bot, created_at);
create table cache (name text, value blob);
"""

#: definitions that a run may not change: indexes, constraints, triggers, with their comments
DEFINITIONS = """
select 'index', i.indrelid::regclass::text, pg_get_indexdef(i.indexrelid), i.indisvalid::text,
       obj_description(i.indexrelid, 'pg_class')
from pg_index i join pg_class c on c.oid = i.indexrelid
where c.relnamespace = 'public'::regnamespace
union all
select 'constraint', conrelid::regclass::text, conname || ' ' || pg_get_constraintdef(oid),
       convalidated::text, obj_description(oid, 'pg_constraint')
from pg_constraint where connamespace = 'public'::regnamespace
union all
select 'trigger', tgrelid::regclass::text, pg_get_triggerdef(oid), tgenabled::text, null
from pg_trigger where not tgisinternal
order by 1, 2, 3, 4
"""


@dataclass(frozen=True)
class Shop:
    """A legacy file, its config, and the target's address."""

    folder: Path
    url: str

    @property
    def config(self) -> Path:
        return self.folder / "shop.toml"

    @property
    def source(self) -> Path:
        return self.folder / "shop.db"

    def configure(self, text: str) -> None:
        self.config.write_text(text)

    def change_source(self, *statements: str) -> None:
        with sqlite3.connect(self.source) as connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()

    def plan(self, *, is_forced: bool = False) -> Plan:
        with connect(self.url) as connection:
            return make_plan(read_config(self.config), connection, is_forced=is_forced)

    def read_plan(self) -> Plan:
        return read_directory(read_config(self.config).plan_dir)

    def edit(self, file: str, old: str, new: str) -> None:
        path = read_config(self.config).plan_dir / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def run(self, reporter: Reporter | None = None) -> Outcome:
        return run_plan(self.read_plan(), self.url, reporter=reporter or Silence())

    def undo(self, run_id: int) -> None:
        undo_run(run_id, self.url, reporter=Silence())

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        with connect(self.url) as connection:
            return connection.execute(query.encode(), parameters or None).fetchall()

    def execute(self, statement: str) -> None:
        with connect(self.url) as connection:
            connection.execute(statement.encode())

    def definitions(self) -> list[tuple[Any, ...]]:
        return self.rows(DEFINITIONS)

    def checksums(self) -> dict[str, tuple[int, int]]:
        """Rows and content of every table of the target's own schema."""
        tables = self.rows(
            "select oid::regclass::text from pg_class where relnamespace = 'public'::regnamespace"
            " and relkind in ('r', 'p') and not relispartition order by 1"
        )
        each = (
            f"select {table!r}, count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)"
            f" from {table} t"
            for (table,) in tables
        )
        return {
            table: (count, int(total))
            for table, count, total in self.rows(" union all ".join(each))
        }

    def accounts(self) -> dict[str, tuple[int, ...]]:
        """Source table -> source, loaded, merged, quarantined, dropped of the last run."""
        rows = self.rows(
            "select source_table, source_rows, loaded, merged, quarantined, dropped"
            " from unify.table_result where run_id = (select max(id) from unify.run)"
        )
        return {row[0]: row[1:] for row in rows}

    def quarantine(self) -> dict[tuple[str, str], tuple[str | None, str]]:
        rows = self.rows(
            "select source_table, key, column_name, reason from unify.quarantine"
            " where run_id = (select max(id) from unify.run)"
        )
        return {(row[0], row[1]): (row[2], row[3]) for row in rows}

    def moved_to(self, url: str) -> Shop:
        """The same source and config with another target."""
        return replace(self, url=url)


def fill_source(path: Path, *, people: int = 40) -> None:
    """Write the legacy file: every row of it can be loaded."""
    connection = sqlite3.connect(path)
    connection.executescript(SOURCE)
    connection.executemany(
        "insert into shops values (?, ?, ?, ?)",
        [(f"shop-{n}", f"Shop {n}", f"shop-{n}", f"2025-12-0{n} 10:00:00") for n in (1, 2, 3)],
    )
    connection.executemany(
        "insert into people values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (n, f"shop-{n % 3 + 1}", n - 3 if n > 3 else None, f"p{n}@example.com", f"P {n}", None,
             n % 2, f"secret-{n}", f"2025-12-{n % 28 + 1:02} 12:00:00.{n:06}")
            for n in range(1, people + 1)
        ],
    )  # fmt: skip
    connection.executemany(
        "insert into letters values (?, ?, ?, ?, ?, ?)",
        [
            (n, n % people + 1, f"CODE{n}", json.dumps({"n": n}), n / 4, f"2026-01-{n % 28 + 1:02}")
            for n in range(1, people * 2 + 1)
        ],
    )
    connection.executemany(
        "insert into scans values (?, ?, ?, ?, ?)",
        (_scan(number, letters=people * 2) for number in range(1, people * 4 + 1)),
    )
    connection.execute("insert into cache values ('page', x'00ff')")
    connection.commit()
    connection.close()


def _scan(number: int, *, letters: int) -> tuple[object, ...]:
    moment: object = f"2026-0{number % 3 + 1}-{number % 28 + 1:02}T08:00:00Z"
    if number % 7 == 0:
        moment = 1_767_225_600 + number * 3600
    kind = "open" if number % 2 else "click"
    return number, f"CODE{number % letters + 1}", kind, number % 5 == 0, moment


@pytest.fixture(scope="session")
def _shop_target(scratch: ScratchServer) -> str:
    """A template that has a ledger: to make one is tried where kills are."""
    name = f"shop_{uuid4().hex}"
    with connect(scratch.create_database(name)) as connection:
        connection.execute(TARGET)
        ensure_schema(connection)
    return name


@pytest.fixture
def shop(tmp_path: Path, scratch: ScratchServer, _shop_target: str) -> Iterator[Shop]:
    """A shop whose rows all fit, planned into a target with triggers that refuse every write."""
    name = f"test_{uuid4().hex}"
    made = Shop(tmp_path, scratch.create_database(name, template=_shop_target))
    fill_source(made.source)
    made.configure(CONFIG)
    yield made
    scratch.drop_database(name)
