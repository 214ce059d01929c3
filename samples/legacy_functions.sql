-- What the rows of the PostgreSQL samples are made of. Everything follows from a row's position
-- (from 0), the seed and the source's name, so that the same call makes the same database.
--
-- Sizes are chosen so that a parent's divides its children's: `i % size(parent)` then leads to the
-- same tenant along every way through the foreign keys.
create schema sample;

create function sample.size(of_what text) returns bigint
  language sql immutable as $$ select (:'sizes'::jsonb ->> of_what)::bigint $$;

create function sample.positions(of_what text) returns setof bigint
  language sql immutable as $$ select generate_series(0, sample.size(of_what) - 1) $$;

-- Every so many rows, never by chance: as Flaw.strikes does.
create function sample.struck(flaw text, i bigint) returns boolean
  language sql immutable as $$
  select coalesce(i % (:'flaws'::jsonb ->> flaw)::bigint = (:'flaws'::jsonb ->> flaw)::bigint / 2, false)
$$;

create function sample.mix(i bigint, salt integer default 0) returns bigint
  language sql immutable as $$ select hashint8extended(i, :'seed'::bigint + salt) & 9223372036854775807 $$;

create function sample.key(kind text, i bigint) returns uuid
  language sql immutable as $$
  select overlay(overlay(md5(:'source'::text || :'seed'::text || kind || i::text)
                         placing '4' from 13) placing '8' from 17)::uuid
$$;

-- Forty days a level: what stands on a higher level is always later than what it belongs to.
create function sample.moment(level integer, i bigint) returns timestamptz
  language sql immutable as $$
  select to_timestamp((:'epoch_first'::bigint + level * 3456000 + sample.mix(i, 7) % 3456000)::double precision)
$$;

create function sample.pick(i bigint, choices text[]) returns text
  language sql immutable as $$ select choices[1 + i % cardinality(choices)] $$;

-- The pool that all samples draw agencies, people and clients from: no seed, no source in it.

create function sample.agency_name(agency bigint) returns text
  language sql immutable as $$ select (:'company_names'::text[])[1 + agency] $$;

create function sample.agency_slug(agency bigint) returns text
  language sql immutable as $$ select (:'company_slugs'::text[])[1 + agency] $$;

create function sample.first_name(i bigint) returns text
  language sql immutable as $$ select sample.pick(i * 11, :'first_names'::text[]) $$;

create function sample.last_name(i bigint) returns text
  language sql immutable as $$ select sample.pick(i * 17, :'last_names'::text[]) $$;

create function sample.person_email(agency bigint, place bigint) returns text
  language sql immutable as $$ select 'person' || place::text || '@agency' || agency::text || '.example' $$;

create function sample.client_name(agency bigint, place bigint) returns text
  language sql immutable as $$
  select sample.pick(agency * 31 + place * 7, :'last_names'::text[]) || ' '
    || sample.pick(place, '{Dental,Roofing,Yoga,Solar,Law,Bakery,Pets,Gardens,Optics,Tiles,Café,Movers}')
$$;

-- The tag of a stored file, of the bytes that legacy_files.py writes for its name and size.
create function sample.content_tag(name text, size bigint) returns text
  language sql immutable as $$
  select '"' || md5(left(repeat(md5(name), (size / 32 + 1)::integer), size::integer)) || '"'
$$;

-- Bcrypt hashes (cost 10) of `mainstem sample password`, made once: the tests know no other.
create function sample.password_hash(i bigint) returns text
  language sql immutable as $$
  select sample.pick(i, array[
    '$2a$10$NBNj1K9WYF4K9N4Gw9InLO1w4GSYo8oN8Iu6p7VlDmhGaaqYqmtVG',
    '$2a$10$0s.58RVzO7VZnF/LGLIGweLZty8Y5/7ZCFTWQo8uib7VLUTuBqQQS',
    '$2a$10$oFRQEC9KPCufaFLmS0gUPuPnfeJwkkHvNiqHEzVwB.F7.yKhhgeP.',
    '$2a$10$nGR0XYZZbKEtD.I2JaVZKeH55zztFS5Pqe/QS5MXCANWgOhb8VQkO'])
$$;
