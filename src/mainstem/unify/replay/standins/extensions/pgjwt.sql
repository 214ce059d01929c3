create function url_encode(data bytea) returns text immutable language sql
  return translate(encode(data, 'base64'), E'+/=\n', '-_');
create function url_decode(data text) returns bytea immutable language sql
  return decode(translate(data, '-_', '+/'), 'base64');
create function sign(payload json, secret text, algorithm text default 'HS256') returns text
  immutable language sql return url_encode(convert_to(payload::text, 'UTF8'));
create function verify(token text, secret text, algorithm text default 'HS256')
  returns table (header json, payload json, valid boolean) immutable language sql
  as $$ select '{}'::json, '{}'::json, false $$;
create function try_cast_double(inp text) returns double precision immutable language sql
  return null::double precision;
