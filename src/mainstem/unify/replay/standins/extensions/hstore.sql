-- A domain over text: the right name in the catalog, without the operators' meaning.
create domain hstore as text;
create function hstore(text, text) returns hstore immutable language sql
  return ($1 || '=>' || $2)::hstore;
create function hstore(anyelement) returns hstore immutable language sql return $1::text::hstore;
create function hstore_to_json(hstore) returns json immutable language sql return '{}'::json;
create function hstore_to_jsonb(hstore) returns jsonb immutable language sql return '{}'::jsonb;
create function akeys(hstore) returns text[] immutable language sql return '{}'::text[];
create function avals(hstore) returns text[] immutable language sql return '{}'::text[];
create function hstore_fetch(text, text) returns text immutable strict language sql
  return null::text;
create operator -> (leftarg = text, rightarg = text, function = hstore_fetch);
