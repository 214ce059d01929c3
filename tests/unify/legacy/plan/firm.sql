-- from firms
select s._key, unify.minted(s._key) as id, s.title as name from :stage.firms as s;
