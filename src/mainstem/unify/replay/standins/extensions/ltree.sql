-- Domains over text: the right names in the catalog, without the operators' meaning.
create domain ltree as text;
create domain lquery as text;
create domain ltxtquery as text;
create function nlevel(ltree) returns integer immutable strict language sql
  return array_length(string_to_array($1, '.'), 1);
create function subpath(ltree, integer) returns ltree immutable strict language sql return $1;
create function subpath(ltree, integer, integer) returns ltree immutable strict language sql
  return $1;
create function subltree(ltree, integer, integer) returns ltree immutable strict language sql
  return $1;
create function text2ltree(text) returns ltree immutable strict language sql return $1;
create function ltree2text(ltree) returns text immutable strict language sql return $1;
create function ltree_contains(text, text) returns boolean immutable strict language sql
  return starts_with($2, $1);
create function ltree_contained(text, text) returns boolean immutable strict language sql
  return starts_with($1, $2);
create operator @> (leftarg = text, rightarg = text, function = ltree_contains);
create operator <@ (leftarg = text, rightarg = text, function = ltree_contained);
