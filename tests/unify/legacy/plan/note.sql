-- from notes
select s._key, unify.minted(s._key) as id, u.tenant as firm_id, u.id as user_id, s.text as body
from :stage.notes as s left join :map.users as u on u.old_id = s.author::text;

-- also public.note_link from notes
select s._key, 'link' as kind, s.url, loaded.tenant as firm_id, loaded.id as note_id
from :stage.notes as s join :map.notes as loaded on loaded.old_id = s._key;
