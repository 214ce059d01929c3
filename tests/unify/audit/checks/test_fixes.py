"""The statements that findings propose work as they stand, whatever the names look like."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING
from uuid import uuid4

from tests.unify.audit.checks.planting import PLATFORM

from mainstem.pg.connect import connect
from mainstem.unify.audit.subject import Subject
from mainstem.unify.catalog.read_database import read_database

if TYPE_CHECKING:
    from mainstem.pg.scratch import ScratchServer

#: names as Prisma, and people who quote them, give them
SCHEMA = """
create table "Team" (id uuid primary key, name text);
create table "Order" (
  id uuid, "teamId" uuid references "Team" (id), "userId" text, "unitPrice" double precision,
  "madeAt" timestamp, "paidAt" timestamptz, "Code" char(8), "moreData" json, slug text
);
create index "Order_first" on "Order" ("userId");
create index "Order_second" on "Order" ("userId");
create table "Item" ("teamId" uuid references "Team" (id), id uuid primary key);
alter table "Item" add constraint "Item again" foreign key ("teamId") references "Team" (id);
alter table "Order" add constraint "To Item" foreign key (id) references "Item" (id) not valid;
create policy "Own" on "Item" using (true);
create view "Open Orders" as select id from "Order";
alter table "Order" enable row level security;
create policy "Own" on "Order" using ("teamId" is not null);
create function "Count It"("someId" uuid) returns bigint language sql security definer
  as 'select count(*) from public."Order"';
create schema "Old";
create table "Old"."select" (id uuid primary key, "at" timestamp, "teamId" uuid);
create index "Old_a" on "Old"."select" ("at");
create index "Old_b" on "Old"."select" ("at");
create function "Old"."on" () returns trigger language plpgsql as 'begin return new; end';
create trigger "On Change" before update on "Old"."select" execute function "Old"."on" ();
alter table "Old"."select" disable trigger "On Change";
"""
CHECKS = {
    "health": (
        "constraint_not_validated",
        "disabled_trigger",
        "duplicate_foreign_key",
        "duplicate_index",
        "float_for_money",
        "function_search_path_mutable",
        "json_column",
        "natural_key_without_unique",
        "padded_text",
        "timestamp_without_time_zone",
        "unindexed_foreign_key",
    ),
    "isolation": (
        "definer_view",
        "grant_to_anon",
        "policies_without_row_security",
        "row_security_off",
        "tenant_key_nullable",
    ),
}


def test_proposed_statements_can_be_run(scratch: ScratchServer) -> None:
    name = f"fixes_{uuid4().hex}"
    with connect(scratch.create_database(name)) as connection:
        connection.execute(PLATFORM)
        connection.execute(SCHEMA)
        subject = Subject(databases=(read_database(connection, name="planted"),))
        for group, checks in CHECKS.items():
            for check in checks:
                module = import_module(f"mainstem.unify.audit.checks.{group}.{check}")
                fixes = [found.fix for found in module.find(subject)]
                assert fixes, check
                for fix in [fix for fix in fixes if fix and "..." not in fix]:
                    statement = fix.partition(";")[0].replace(" concurrently", "")
                    connection.execute(statement.encode())
    scratch.drop_database(name)
