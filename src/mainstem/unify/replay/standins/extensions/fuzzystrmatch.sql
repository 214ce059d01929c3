create function levenshtein(text, text) returns integer immutable strict language sql
  return abs(length($1) - length($2));
create function levenshtein_less_equal(text, text, integer) returns integer immutable strict
  language sql return abs(length($1) - length($2));
create function soundex(text) returns text immutable strict language sql return $1;
create function difference(text, text) returns integer immutable strict language sql return 0;
create function metaphone(text, integer) returns text immutable strict language sql return $1;
create function dmetaphone(text) returns text immutable strict language sql return $1;
