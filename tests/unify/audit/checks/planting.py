"""Plants a fault by SQL in a database like the platform's, and tells what a check finds there."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from mainstem.pg.connect import connect
from mainstem.unify.audit.registry import GROUPS
from mainstem.unify.audit.subject import Subject
from mainstem.unify.catalog.read_database import read_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.pg.scratch import ScratchServer
    from mainstem.unify.audit.model import Found
    from mainstem.unify.catalog.database import Database

_CHECKS = "mainstem.unify.audit.checks"

#: what of the platform the checks look at; the roles are the cluster's
PLATFORM = """
do $$
declare name text;
begin
  foreach name in array array['anon', 'authenticated', 'authenticator', 'service_role'] loop
    begin  -- other workers make the same roles, which all databases share
      execute format('create role %I %s', name,
                     case when name = 'service_role' then 'bypassrls' else '' end);
    exception when duplicate_object or unique_violation then null;
    end;
  end loop;
  if not (select rolbypassrls from pg_roles where rolname = 'service_role') then
    begin
      alter role service_role bypassrls;
    exception when internal_error then null;  -- another worker alters it at the same moment
    end;
  end if;
end $$;
create schema auth;
create schema storage;
create table auth.users (id uuid primary key, email text, raw_user_meta_data jsonb);
create table storage.buckets (id text primary key);
create table storage.objects (id uuid primary key, bucket_id text, owner uuid);
alter table storage.objects enable row level security;
create function auth.uid() returns uuid language sql stable
  return nullif(current_setting('request.jwt.claim.sub', true), '')::uuid;
create function auth.role() returns text language sql stable
  return current_setting('request.jwt.claim.role', true);
create function auth.jwt() returns jsonb language sql stable
  return nullif(current_setting('request.jwt.claims', true), '')::jsonb;
grant usage on schema public to anon, authenticated;
alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges in schema public grant execute on functions to anon, authenticated;
"""

#: organisations, and a table that is theirs, as they should be
TENANTS = """
create table agency (id uuid primary key);
alter table agency enable row level security;
create function agency_id() returns uuid language sql stable
  return nullif(auth.jwt() ->> 'agency_id', '')::uuid;
create policy own on agency using (id = agency_id());
create table client (
  agency_id uuid not null references agency (id),
  id uuid not null,
  name text not null,
  primary key (agency_id, id)
);
alter table client enable row level security;
create policy own on client using (agency_id = agency_id());
"""


class Planted:
    """A database whose every planting is rolled back."""

    def __init__(self, connection: psycopg.Connection[TupleRow]) -> None:
        self._connection = connection

    def database(self, sql: str) -> Database:
        """The catalog with what the SQL makes in it."""
        with self._connection.transaction(force_rollback=True):
            self._connection.execute(sql.encode())
            return read_database(self._connection, name="planted")

    def found(self, check: str, sql: str) -> list[Found]:
        """What the check of that name finds where the SQL was run."""
        names = (f"{_CHECKS}.{group}.{check.replace('-', '_')}" for group in GROUPS)
        (name,) = (name for name in names if find_spec(name) is not None)
        subject = Subject(databases=(self.database(sql),))
        return list(import_module(name).find(subject))

    def told(self, check: str, sql: str) -> list[str]:
        """The messages of what it finds."""
        return [found.message for found in self.found(check, sql)]


@contextmanager
def planted_database(scratch: ScratchServer, name: str) -> Iterator[Planted]:
    """A database of that name with the platform and one table of tenants."""
    with connect(scratch.create_database(name)) as connection:
        connection.execute(PLATFORM)
        connection.execute(TENANTS)
        connection.commit()
        yield Planted(connection)
    scratch.drop_database(name)
