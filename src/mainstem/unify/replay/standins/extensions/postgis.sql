-- Domains over text: the right names in the catalog, without any geometry.
create domain geometry as text;
create domain geography as text;
create domain box2d as text;
create domain box3d as text;
create domain raster as text;
create function st_point(float8, float8) returns geometry immutable language sql
  return ($1::text || ' ' || $2::text)::geometry;
create function st_point(float8, float8, integer) returns geometry immutable language sql
  return ($1::text || ' ' || $2::text)::geometry;
create function st_makepoint(float8, float8) returns geometry immutable language sql
  return ($1::text || ' ' || $2::text)::geometry;
create function st_setsrid(text, integer) returns geometry immutable language sql
  return $1::geometry;
create function st_srid(text) returns integer immutable language sql return 4326;
create function st_geomfromtext(text) returns geometry immutable language sql return $1::geometry;
create function st_geomfromtext(text, integer) returns geometry immutable language sql
  return $1::geometry;
create function st_geogfromtext(text) returns geography immutable language sql
  return $1::geography;
create function st_geographyfromtext(text) returns geography immutable language sql
  return $1::geography;
create function st_geomfromgeojson(text) returns geometry immutable language sql
  return $1::geometry;
create function st_asgeojson(text) returns text immutable language sql return $1;
create function st_astext(text) returns text immutable language sql return $1;
create function st_x(text) returns float8 immutable language sql return 0::float8;
create function st_y(text) returns float8 immutable language sql return 0::float8;
create function st_distance(text, text) returns float8 immutable language sql return 0::float8;
create function st_distance(text, text, boolean) returns float8 immutable language sql
  return 0::float8;
create function st_dwithin(text, text, float8) returns boolean immutable language sql return true;
create function st_dwithin(text, text, float8, boolean) returns boolean immutable language sql
  return true;
create function st_contains(text, text) returns boolean immutable language sql return true;
create function st_within(text, text) returns boolean immutable language sql return true;
create function st_intersects(text, text) returns boolean immutable language sql return true;
create function st_area(text) returns float8 immutable language sql return 0::float8;
create function st_length(text) returns float8 immutable language sql return 0::float8;
create function st_centroid(text) returns geometry immutable language sql return $1::geometry;
create function st_buffer(text, float8) returns geometry immutable language sql
  return $1::geometry;
create function st_makeenvelope(float8, float8, float8, float8, integer default 0)
  returns geometry immutable language sql return ''::geometry;
create function st_transform(text, integer) returns geometry immutable language sql
  return $1::geometry;
create function geometry_distance(geometry, geometry) returns float8 immutable language sql
  return 0::float8;
create function geometry_overlaps(geometry, geometry) returns boolean immutable language sql
  return true;
create function geography_distance(geography, geography) returns float8 immutable language sql
  return 0::float8;
create operator <-> (leftarg = geometry, rightarg = geometry, function = geometry_distance);
create operator && (leftarg = geometry, rightarg = geometry, function = geometry_overlaps);
create operator <-> (leftarg = geography, rightarg = geography, function = geography_distance);
create table spatial_ref_sys (
  srid integer primary key, auth_name varchar(256), auth_srid integer, srtext varchar(2048),
  proj4text varchar(2048)
);
