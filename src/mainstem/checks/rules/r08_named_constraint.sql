-- rule: 8
-- Every constraint has a name that was chosen.
--
-- A name that the server numbered differs between databases, so a later migration cannot name it.
-- (A chosen name that looks like the server's own cannot be told apart in the catalog: for those
-- `tests/checks/test_constraint_names.py` reads the migrations.)
select k.label as object,
       'has the constraint ' || k.name || ', which the server named' as message,
       'name it: constraint ' || left(k.label, 40) || '_..._check' as fix
from our_constraint as k
where k.kind <> 'n' and k.name ~ '^\$\d+$|_(check|fkey|key|pkey|excl)\d+$'
order by 1
