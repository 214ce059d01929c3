create function unaccent(text) returns text stable strict language sql return $1;
create function unaccent(regdictionary, text) returns text stable strict language sql return $2;
