-- rule: 23
-- Money is numeric(12,2) or integer cents, never a float.
--
-- Floats lose cents; the type money depends on the server's locale. A column counts as money by its
-- name: amounts, prices, spend, revenue, budgets, balances. A unit price is a rate and a model's cost
-- is far below a cent: they may have more decimals, but are never floats.
select c.label || '.' || c.name as object, 'is money as ' || c.type_name as message,
       'numeric(12,2), or integer cents in a column named ..._cents' as fix
from our_column as c
where c.type = 'money'::regtype
   or c.name ~ '(^|_)(amount|price|spend|revenue|budget|balance|fee)(_|$)'
      and c.name !~ '^unit_'
      and not (c.type_name = 'numeric(12,2)'
               or c.type_name in ('smallint', 'integer', 'bigint') and c.name ~ '_cents$'
               or c.type not in ('float4'::regtype, 'float8'::regtype, 'numeric'::regtype,
                                 'int2'::regtype, 'int4'::regtype, 'int8'::regtype))
   or c.name ~ '(^|_)cost(_|$)|^unit_' and c.type in ('float4'::regtype, 'float8'::regtype)
order by 1
