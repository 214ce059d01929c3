-- rule: 24
-- app.uuid7() makes version-7 ids of now, in order; app.uuid7_minted() makes the same id for the same row; app.uuid7_floor() is below both.
--
-- Partitions, paging and the order of rows rest on it.
with made as (
  select app.uuid7() as id, clock_timestamp() as at
), tried (is_right, problem) as (
  select substr(m.id::text, 15, 1) = '7' and substr(m.id::text, 20, 1) in ('8', '9', 'a', 'b'),
         'app.uuid7() makes ids that are not version 7'
  from made as m
  union all
  select m.id >= app.uuid7_floor(m.at - interval '1 minute')
           and m.id < app.uuid7_floor(m.at + interval '1 minute'),
         'app.uuid7() makes ids of another time'
  from made as m
  union all
  select app.uuid7_minted(m.at, 'a') = app.uuid7_minted(m.at, 'a')
           and app.uuid7_minted(m.at, 'a') <> app.uuid7_minted(m.at, 'b')
           and substr(app.uuid7_minted(m.at, 'a')::text, 15, 1) = '7',
         'app.uuid7_minted() does not make one version-7 id for one row'
  from made as m
  union all
  select app.uuid7_minted(m.at, 'a') >= app.uuid7_floor(m.at)
           and app.uuid7_minted(m.at, 'a') < app.uuid7_floor(m.at + interval '1 millisecond')
           and app.uuid7_floor(m.at) < app.uuid7_floor(m.at + interval '2 microseconds'),
         'ids are not ordered by time to the microsecond'
  from made as m
)
select 'app.uuid7' as object, t.problem as message, 'run `mainstem db diff`' as fix
from tried as t
where not t.is_right
