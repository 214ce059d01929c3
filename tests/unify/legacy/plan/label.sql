-- from brands
select s._key, unify.minted(s._key) as id, f.tenant as firm_id, 'brand' as kind, s.name,
  jsonb_build_object('size', s.size, 'deep', s.deep::jsonb) as config
from :stage.brands as s left join :map.firms as f on f.old_id = s.firm_id;

-- from styles
select s._key, unify.minted(s._key) as id, f.tenant as firm_id, 'style'::text as kind, s.name,
  jsonb_strip_nulls(jsonb_build_object('tone', coalesce(s.tone, 'low'))) as config
from :stage.styles as s left join :map.firms as f on f.old_id = s.firm_id;
