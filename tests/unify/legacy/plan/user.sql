-- from users
select s._key, unify.minted(s._key) as id, f.tenant as firm_id, s.name as full_name, s.is_active
from :stage.users as s left join :map.firms as f on f.old_id = s.firm;
