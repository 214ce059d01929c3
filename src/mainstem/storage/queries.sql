-- Buckets and files. What is read is read as the caller, under the policies; what is written is
-- written as service_role, for the agency that is named, and then looked at as the caller.

-- name: buckets
-- The buckets of an agency.
select agency_id, id, name, is_public, object_bytes_max, mime_types, created_by, created_at, updated_at
from public.storage_bucket
where agency_id = %(agency_id)s
  and (%(search)s::text is null or strpos(lower(name), lower(%(search)s)) > 0)
order by name
limit %(limit)s offset %(offset)s

-- name: bucket
-- One bucket by its name.
select agency_id, id, name, is_public, object_bytes_max, mime_types, created_by, created_at, updated_at
from public.storage_bucket
where agency_id = %(agency_id)s and name = %(name)s

-- name: add_bucket
-- A new bucket; one of that name gives no row.
insert into public.storage_bucket (agency_id, name, is_public, object_bytes_max, mime_types, created_by)
values (%(agency_id)s, %(name)s, %(is_public)s, %(object_bytes_max)s, %(mime_types)s, %(created_by)s)
on conflict (agency_id, name) do nothing
returning agency_id, id, name, is_public, object_bytes_max, mime_types, created_by, created_at, updated_at

-- name: change_bucket
-- What a bucket takes, and who may read it.
update public.storage_bucket
set is_public = %(is_public)s, object_bytes_max = %(object_bytes_max)s, mime_types = %(mime_types)s
where agency_id = %(agency_id)s and id = %(id)s

-- name: remove_bucket
-- An empty bucket; the foreign key of its files holds back one that is not.
delete from public.storage_bucket where agency_id = %(agency_id)s and id = %(id)s

-- name: object
-- One file by its name.
select agency_id, id, bucket_id, client_id, name, version, mime_type, size_bytes, sha256, cache_s, metadata,
       created_by, created_at, updated_at
from public.storage_object
where agency_id = %(agency_id)s and bucket_id = %(bucket_id)s and name = %(name)s

-- name: object_by_id
-- One file by its id.
select agency_id, id, bucket_id, client_id, name, version, mime_type, size_bytes, sha256, cache_s, metadata,
       created_by, created_at, updated_at
from public.storage_object
where agency_id = %(agency_id)s and id = %(id)s

-- name: objects
-- Some files by their names.
select agency_id, id, bucket_id, client_id, name, version, mime_type, size_bytes, sha256, cache_s, metadata,
       created_by, created_at, updated_at
from public.storage_object
where agency_id = %(agency_id)s and bucket_id = %(bucket_id)s and name = any (%(names)s)
order by name
limit %(limit)s

-- name: some_objects
-- The first files of a bucket, whichever they are: it is being emptied.
select agency_id, id, bucket_id, client_id, name, version, mime_type, size_bytes, sha256, cache_s, metadata,
       created_by, created_at, updated_at
from public.storage_object
where agency_id = %(agency_id)s and bucket_id = %(bucket_id)s
order by name
limit %(limit)s

-- name: add_object
-- A new file; its client is set by a trigger.
insert into public.storage_object
  (agency_id, bucket_id, name, version, mime_type, size_bytes, sha256, cache_s, metadata, created_by)
values (%(agency_id)s, %(bucket_id)s, %(name)s, %(version)s, %(mime_type)s, %(size_bytes)s, %(sha256)s,
        %(cache_s)s, %(metadata)s, %(created_by)s)
returning id

-- name: replace_object
-- Other bytes for a file that is there; the version before is told, so that its bytes can go.
with replaced as (
  select o.agency_id, o.id, o.version from public.storage_object as o
  where o.agency_id = %(agency_id)s and o.id = %(id)s for update
)
update public.storage_object as o
set name = o.name, version = %(version)s, mime_type = %(mime_type)s, size_bytes = %(size_bytes)s,
    sha256 = %(sha256)s, cache_s = %(cache_s)s, metadata = %(metadata)s, created_by = %(created_by)s
from replaced
where o.agency_id = replaced.agency_id and o.id = replaced.id
returning replaced.version

-- name: rename_object
-- Another name, or another bucket; the bytes stay where they are.
update public.storage_object set bucket_id = %(bucket_id)s, name = %(name)s
where agency_id = %(agency_id)s and id = %(id)s
returning id

-- name: remove_objects
-- Files by their ids; the versions are told, so that their bytes can go.
delete from public.storage_object where agency_id = %(agency_id)s and id = any (%(ids)s)
returning id, version

-- name: client_of_name
-- The client that a file of that name would belong to, as the trigger decides it.
with made as (
  insert into public.storage_object (agency_id, bucket_id, name, mime_type, size_bytes, sha256)
  values (%(agency_id)s, %(bucket_id)s, %(name)s, '', 0, '')
  returning id, client_id
)
select id, client_id from made

-- name: listing
-- What lies directly in a folder: folders first where it is not sorted by name, then files.
with inside as (
  select o.*, substr(o.name, length(%(prefix)s::text) + 1) as rest
  from public.storage_object as o
  where o.agency_id = %(agency_id)s and o.bucket_id = %(bucket_id)s
    and (%(prefix)s = '' or (o.name >= %(prefix)s and o.name < %(behind)s))
), found as (
  select i.*, strpos(i.rest, '/') > 0 as is_deeper from inside as i
  where %(search)s = '' or starts_with(lower(i.rest), lower(%(search)s))
), line as (
  select distinct split_part(f.rest, '/', 1) as label, null::uuid as id, null::timestamptz as created_at,
         null::timestamptz as updated_at
  from found as f where f.is_deeper
  union all
  select f.rest, f.id, f.created_at, f.updated_at from found as f where not f.is_deeper
)
select l.label, o.agency_id, o.id, o.bucket_id, o.client_id, o.name, o.version, o.mime_type, o.size_bytes, o.sha256,
       o.cache_s, o.metadata, o.created_by, o.created_at, o.updated_at
from line as l
left join public.storage_object as o on o.agency_id = %(agency_id)s and o.id = l.id
order by
  case when %(column)s <> 'name' then l.id is not null end,
  case when not %(is_descending)s and %(column)s = 'created_at' then l.created_at
       when not %(is_descending)s and %(column)s = 'updated_at' then l.updated_at end,
  case when %(is_descending)s and %(column)s = 'created_at' then l.created_at
       when %(is_descending)s and %(column)s = 'updated_at' then l.updated_at end desc,
  case when %(is_descending)s and %(column)s = 'name' then l.label end desc,
  l.label
limit %(limit)s offset %(offset)s

-- name: page
-- Files below a beginning of their names, all levels, in the order of names.
select agency_id, id, bucket_id, client_id, name, version, mime_type, size_bytes, sha256, cache_s, metadata,
       created_by, created_at, updated_at
from public.storage_object
where agency_id = %(agency_id)s and bucket_id = %(bucket_id)s and name >= %(start)s
  and (%(prefix)s = '' or (name >= %(prefix)s and name < %(behind)s))
order by name
limit %(limit)s

-- name: agencies
-- Which of these are agencies of this database: the sweep leaves the bytes of all others alone.
select id from public.agency where id = any (%(ids)s)

-- name: kept_versions
-- Which of these versions are some file's.
select version from public.storage_object where agency_id = %(agency_id)s and version = any (%(versions)s)
