create function similarity(text, text) returns real immutable strict language sql
  return case when $1 = $2 then 1 else 0 end;
create function word_similarity(text, text) returns real immutable strict language sql
  return similarity($1, $2);
create function strict_word_similarity(text, text) returns real immutable strict language sql
  return similarity($1, $2);
create function show_trgm(text) returns text[] immutable strict language sql return array[$1];
create function show_limit() returns real stable language sql return 0.3::real;
create function set_limit(real) returns real language sql return $1;
create function similarity_op(text, text) returns boolean immutable strict language sql
  return $1 = $2;
create function similarity_dist(text, text) returns real immutable strict language sql
  return 1 - similarity($1, $2);
create operator % (leftarg = text, rightarg = text, function = similarity_op, commutator = %);
create operator <% (leftarg = text, rightarg = text, function = similarity_op);
create operator %> (leftarg = text, rightarg = text, function = similarity_op);
create operator <<% (leftarg = text, rightarg = text, function = similarity_op);
create operator %>> (leftarg = text, rightarg = text, function = similarity_op);
create operator <-> (leftarg = text, rightarg = text, function = similarity_dist, commutator = <->);
create operator <<-> (leftarg = text, rightarg = text, function = similarity_dist);
create operator <->> (leftarg = text, rightarg = text, function = similarity_dist);
