"""What the role that migrates must be allowed to do, asked before anything is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.errors import ServerError

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

#: What is missing, and a superuser's statement that gives it. From 16 on a role with CREATEROLE
#: may hand on its own BYPASSRLS, and has those roles in its hand that it has the admin option on.
MISSING = """
with me as (
  select rolname as name, oid, rolcreaterole, rolbypassrls,
         current_setting('server_version_num')::int >= 160000 as is_16
  from pg_catalog.pg_roles where rolname = current_user and not rolsuper
), wanted as (
  select w.name, w.bypass, w.name = 'service_role' as needs_bypass, r.oid,
         coalesce(r.rolbypassrls, false) as has_bypass,
         r.oid is not null and pg_has_role(
           me.oid, r.oid, case when me.is_16 then 'SET' else 'MEMBER' end) as is_mine,
         me.rolcreaterole and (not me.is_16 or r.oid is null
           or pg_has_role(me.oid, r.oid, 'MEMBER WITH ADMIN OPTION')) as in_hand
  from me
  cross join (values ('anon', ''), ('authenticated', ''), ('service_role', ' bypassrls'))
    as w (name, bypass)
  left join pg_catalog.pg_roles as r on r.rolname = w.name
)
select need.privilege, need.remedy
from me
cross join lateral (
  select 1 as place, 'BYPASSRLS' as privilege, format('alter role %I bypassrls', me.name) as remedy
  where not me.rolbypassrls
  union all
  select 2, format('CREATE on database %I', current_database()),
         format('grant create on database %I to %I', current_database(), me.name)
  where not has_database_privilege(me.oid, current_database(), 'create')
  union all
  select 3, 'CREATE on schema public', format('grant create on schema public to %I', me.name)
  where not has_schema_privilege(me.oid, to_regnamespace('public')::oid, 'create')
  union all
  select 4, case when w.oid is not null then 'membership in ' || w.name
                 when me.rolcreaterole then 'the role ' || w.name
                 else 'CREATEROLE for the role ' || w.name end,
         case when w.oid is null
              then format('create role %I nologin noinherit%s; ', w.name, w.bypass) else '' end
         || format('grant %I to %I', w.name, me.name)
  from wanted as w
  where not w.is_mine and not (w.in_hand and (w.oid is not null or not w.needs_bypass or me.is_16))
  union all
  select 5, 'BYPASSRLS of service_role', 'alter role service_role bypassrls'
  from wanted as w
  where w.needs_bypass and w.oid is not null and not w.has_bypass and not (w.in_hand and me.is_16)
) as need
order by need.place, need.privilege
"""


def require(connection: psycopg.Connection[TupleRow]) -> None:
    """Refuse a role that could not carry the migrations out.

    Raises:
        ServerError: it names every privilege that is missing and the statements that grant them.
    """
    with connection.transaction():
        rows = connection.execute(MISSING).fetchall()
        me = connection.execute("select current_user").fetchone()
    if rows:
        assert me is not None, "a function call has one row"
        lacking = ", ".join(privilege for privilege, _ in rows)
        remedies = "; ".join(remedy for _, remedy in rows)
        raise ServerError(
            f"role {me[0]!r} cannot migrate {connection.info.dbname!r}, it lacks {lacking}; "
            f"nothing was applied. Connect as another, or have a superuser run: {remedies}"
        )
