-- Nothing is secret here: what should be encrypted is encoded, so that it has the right type.
create function digest(data text, type text) returns bytea immutable strict language sql
  return case type when 'md5' then decode(md5(data), 'hex')
    else substr(sha512(convert_to(data, 'UTF8')), 1, case type when 'sha1' then 20
      when 'sha224' then 28 when 'sha256' then 32 when 'sha384' then 48 else 64 end) end;
create function digest(data bytea, type text) returns bytea immutable strict language sql
  return substr(sha512(data), 1, case type when 'md5' then 16 when 'sha1' then 20
    when 'sha224' then 28 when 'sha256' then 32 when 'sha384' then 48 else 64 end);
create function hmac(data text, key text, type text) returns bytea immutable strict language sql
  return digest(convert_to(data || key, 'UTF8'), type);
create function hmac(data bytea, key bytea, type text) returns bytea immutable strict language sql
  return digest(data || key, type);
create function crypt(password text, salt text) returns text immutable strict language sql
  return salt || md5(password || salt);
create function gen_salt(type text) returns text strict language sql
  return '$2a$06$' || substr(md5(random()::text), 1, 22);
create function gen_salt(type text, iter_count integer) returns text strict language sql
  return '$2a$06$' || substr(md5(random()::text), 1, 22);
create function gen_random_bytes(count integer) returns bytea strict language sql
  return substr(decode(repeat(replace(gen_random_uuid()::text, '-', ''), 64), 'hex'), 1, count);
create function encrypt(data bytea, key bytea, type text) returns bytea immutable strict
  language sql return data;
create function decrypt(data bytea, key bytea, type text) returns bytea immutable strict
  language sql return data;
create function encrypt_iv(data bytea, key bytea, iv bytea, type text) returns bytea immutable strict
  language sql return data;
create function decrypt_iv(data bytea, key bytea, iv bytea, type text) returns bytea immutable strict
  language sql return data;
create function pgp_sym_encrypt(data text, psw text) returns bytea strict language sql
  return convert_to(data, 'UTF8');
create function pgp_sym_encrypt(data text, psw text, options text) returns bytea strict language sql
  return convert_to(data, 'UTF8');
create function pgp_sym_encrypt_bytea(data bytea, psw text) returns bytea strict language sql
  return data;
create function pgp_sym_decrypt(msg bytea, psw text) returns text immutable strict language sql
  return convert_from(msg, 'UTF8');
create function pgp_sym_decrypt(msg bytea, psw text, options text) returns text immutable strict
  language sql return convert_from(msg, 'UTF8');
create function pgp_sym_decrypt_bytea(msg bytea, psw text) returns bytea immutable strict
  language sql return msg;
create function pgp_pub_encrypt(data text, key bytea) returns bytea strict language sql
  return convert_to(data, 'UTF8');
create function pgp_pub_decrypt(msg bytea, key bytea) returns text immutable strict language sql
  return convert_from(msg, 'UTF8');
create function armor(data bytea) returns text immutable strict language sql
  return encode(data, 'base64');
create function dearmor(data text) returns bytea immutable strict language sql
  return decode(data, 'base64');
