-- The check constraints, each with the quoted texts and the numbers that stand in it.
select k.label, k.name, k.columns,
       array(select replace(found[1], '''''', '''')
             from regexp_matches(k.definition, '''((?:[^'']|'''')*)''', 'g') as found)
       || array(select found[1]
                from regexp_matches(k.definition, '\m(-?\d+(?:\.\d+)?)\M', 'g') as found) as literals
from our_constraint as k
where k.kind = 'c' and k.columns is not null and k.class is not null
order by k.label, k.name
