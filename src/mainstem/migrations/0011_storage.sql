-- Why: files are rows too: which bucket and client each belongs to, who may see it, and under which
-- key its bytes lie. And the hashes of keys and invitations are nobody's to read by a statement.

-- Columns that are not for reading ------------------------------------------------------------------

alter table app.table_class add column hidden text[] not null default '{}';
comment on column app.table_class.hidden is
  'Columns that authenticated may not read: hashes of what proves who somebody is.';

-- As before, but a table with hidden columns is readable column by column.
create or replace procedure app.grant_columns(of_table text)
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  rights jsonb;
  hidden_names text[];
  columns text;
begin
  select m.writable -> 'authenticated', m.hidden into rights, hidden_names
  from app.table_class as m where m.schema_name = 'public' and m.table_name = of_table;
  call app.revoke_everything(format('public.%I', of_table)::regclass);
  execute format('grant select, insert, update, delete on public.%I to service_role', of_table);
  if hidden_names = '{}' then
    execute format('grant select on public.%I to authenticated', of_table);
  else
    select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into columns
    from pg_catalog.pg_attribute as a
    where a.attrelid = format('public.%I', of_table)::regclass and a.attnum > 0 and not a.attisdropped
      and a.attname <> all (hidden_names);
    execute format('grant select (%s) on public.%I to authenticated', columns, of_table);
  end if;
  select string_agg(quote_ident(name), ', ') into columns from jsonb_array_elements_text(rights -> 'insert') as name;
  if columns is not null then
    execute format('grant insert (%s) on public.%I to authenticated', columns, of_table);
  end if;
  select string_agg(quote_ident(name), ', ') into columns from jsonb_array_elements_text(rights -> 'update') as name;
  if columns is not null then
    execute format('grant update (%s) on public.%I to authenticated', columns, of_table);
  end if;
  if (rights -> 'delete')::boolean then
    execute format('grant delete on public.%I to authenticated', of_table);
  end if;
end
$$;

create procedure app.hide_columns(of_table text, names text[])
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from unnest(names) as name where not exists (
      select from pg_catalog.pg_attribute as a
      where a.attrelid = format('public.%I', of_table)::regclass and a.attname = name and not a.attisdropped)) then
    raise exception 'table % has no column to match all of %', of_table, names;
  end if;
  update app.table_class as m set hidden = names where m.schema_name = 'public' and m.table_name = of_table;
  call app.grant_columns(of_table);
end
$$;
comment on procedure app.hide_columns(text, text[]) is
  'Keeps columns of a protected table from authenticated: they are not granted, now and whenever it is protected again.';
revoke all on procedure app.hide_columns(text, text[]) from public;

call app.hide_columns('api_key', '{key_hash}');
call app.hide_columns('invitation', '{token_hash}');

-- Folders of clients --------------------------------------------------------------------------------

create function app.folder_of(name text) returns text
  language sql immutable parallel safe
  return trim(both '-' from regexp_replace(lower(name), '[^a-z0-9]+', '-', 'g'));
comment on function app.folder_of(text) is
  'A name as a folder has it: Northwind Traders -> northwind-traders; empty where no letter of it is a Latin one.';

create index client_folder_idx on public.client (agency_id, app.folder_of(name));

-- Buckets and objects -------------------------------------------------------------------------------
-- Nobody writes them by a statement of their own: a row names bytes, and whoever could choose the name
-- could have another's. The server writes as service_role, then asks as the caller whether it shows.

create table public.storage_bucket (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  name text not null,
  is_public boolean not null default false,
  object_bytes_max bigint,
  mime_types text[],
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint storage_bucket_pkey primary key (agency_id, id),
  constraint storage_bucket_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint storage_bucket_created_by_fkey foreign key (created_by) references public."user" (id),
  constraint storage_bucket_name_key unique (agency_id, name),
  constraint storage_bucket_name_check check (name <> '' and length(name) <= 100 and name !~ '[/@]'),
  constraint storage_bucket_object_bytes_check check (object_bytes_max >= 0)
);
create index storage_bucket_created_by_idx on public.storage_bucket (agency_id, created_by);
comment on table public.storage_bucket is
  'One row a bucket of files: whether anybody may read it, how large a file may be and of which types.';
comment on column public.storage_bucket.mime_types is
  'The types that a file may have, such as image/*; null allows any.';
call app.protect('storage_bucket', 'agency', writes => '{}');

create table public.storage_object (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  bucket_id uuid not null,
  client_id uuid,
  name text collate "C" not null,
  version uuid not null default app.uuid7(),
  mime_type text not null,
  size_bytes bigint not null,
  sha256 bytea not null,
  cache_s integer not null default 3600,
  metadata jsonb not null default '{}',
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint storage_object_pkey primary key (agency_id, id),
  constraint storage_object_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint storage_object_bucket_fkey foreign key (agency_id, bucket_id)
    references public.storage_bucket (agency_id, id),
  constraint storage_object_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint storage_object_created_by_fkey foreign key (created_by) references public."user" (id),
  constraint storage_object_name_key unique (agency_id, bucket_id, name),
  constraint storage_object_version_key unique (agency_id, version),
  constraint storage_object_name_check check (name <> '' and octet_length(name) <= 1024),
  constraint storage_object_size_check check (size_bytes >= 0),
  constraint storage_object_cache_check check (cache_s >= 0)
);
create index storage_object_client_idx on public.storage_object (agency_id, client_id);
create index storage_object_created_by_idx on public.storage_object (agency_id, created_by);
comment on table public.storage_object is
  'One row a file of a bucket. Its bytes lie in the store of files, under the agency and the version.';
comment on column public.storage_object.client_id is
  'The client that the first folder of the name names, by id or by name; null is the agency''s own. Set by a trigger.';
comment on column public.storage_object.version is 'Names the bytes: each upload has one of its own, so that none is ever written over.';

-- Whoever writes decides the name; the name decides the client.
create function app.set_storage_client() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  folder constant text := case when strpos(new.name, '/') > 0 then split_part(new.name, '/', 1) end;
  found_ids uuid[];
begin
  select array_agg(c.id) into found_ids from public.client as c
  where c.agency_id = new.agency_id and c.id::text = lower(folder);
  if found_ids is null and folder <> '' then
    select array_agg(c.id) into found_ids from public.client as c
    where c.agency_id = new.agency_id and app.folder_of(c.name) = folder;
  end if;
  if cardinality(found_ids) > 1 then
    raise exception 'the folder % is that of several clients', folder
      using errcode = 'cardinality_violation', hint = 'name the folder by the id of the client';
  end if;
  new.client_id := found_ids[1];
  return new;
end
$$;
comment on function app.set_storage_client() is 'Sets the client of a file from the first folder of its name.';
revoke all on function app.set_storage_client() from public;
create trigger storage_object_client before insert or update of name, client_id on public.storage_object
  for each row execute function app.set_storage_client('storage_object');

call app.protect('storage_object', 'client', writes => '{}');

insert into public.permission (id, key, resource, action, app, description) values
  ('019b76da-a800-7000-8000-00010000003d', 'storage_bucket.manage', 'storage_bucket', 'manage', null, 'Make, change and remove buckets of files')
on conflict do nothing;
