-- Why: pages count and list what they show by rows, and a policy is asked of each one. Where all that a count asks for
-- stands in the index, the table itself is not read. And whether somebody runs the platform is known with their session,
-- which each page asked for once more.

-- How many leads a campaign has, and in which states: half the time of a list of campaigns.
drop index public.lead_campaign_status_idx;
create index lead_campaign_status_idx on public.lead (agency_id, campaign_id, status) include (client_id);

-- An agency's dead and cancelled jobs, the newest first. Most jobs end well and are not in it.
create index job_archive_ended_idx on app.job_archive (agency_id, status, id desc)
  include (queue, app_context, client_id) where status <> 'completed';

-- As before, and whether the person is an operator: by their address until their row is known.
create or replace function app.access_of_request(
  key_prefix text, token_session uuid, cookie_hash bytea, at timestamptz, clients_max integer,
  out key text, out session text)
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  wanted uuid := token_session;
begin
  if key_prefix is not null then
    select row_to_json(live)::text into key from (
      select k.id, k.agency_id, k.client_id, encode(k.key_hash, 'base64') as key_hash, k.app, k.profile, k.scopes,
             k.last_used_at,
             array(select p.key || case when rp.is_allowed then '+' else '-' end
                   from public.role_permission as rp join public.permission as p on p.id = rp.permission_id
                   where rp.agency_id = k.agency_id
                     and rp.user_role = case when k.client_id is null then 'manager' else 'client' end
                   order by p.key) as overrides
      from app.token_route as r
      join public.api_key as k on k.agency_id = r.agency_id and k.id = r.target_id
      where r.kind = 'api_key' and r.token = key_prefix
        and k.revoked_at is null and (k.expires_at is null or k.expires_at > at)
    ) as live;
  end if;
  if wanted is null and cookie_hash is not null then
    select s.id into wanted from app.session as s where s.token_hash = cookie_hash and s.kind = 'browser';
  end if;
  if wanted is not null then
    select row_to_json(live)::text into session from (
      select s.id as session_id, s.kind, s.assurance, s.app_context, s.client_id as session_client_id,
             s.last_seen_at, u.id, u.agency_id, u.email, u.role, u.first_name, u.last_name, u.is_active,
             u.last_login_at, u.created_at, u.updated_at, u.settings -> 'metadata' as metadata,
             array(select m.client_id from public.member_client_access as m
                   where m.agency_id = u.agency_id and m.user_id = u.id
                   order by m.client_id limit clients_max) as client_ids,
             array(select m.client_id from public.member_client_access as m
                   where m.agency_id = u.agency_id and m.user_id = u.id and m.permission = 'read'
                   order by m.client_id limit clients_max) as read_only_client_ids,
             exists (select from app.credential as c
                     where c.user_id = u.id and c.kind = 'totp' and c.confirmed_at is not null
                    ) as has_second_factor,
             exists (select from app.operator as o
                     where o.revoked_at is null
                       and (o.user_id = u.id or (o.user_id is null and lower(o.email) = lower(u.email)))
                    ) as is_operator,
             array(select p.key || case when rp.is_allowed then '+' else '-' end
                   from public.role_permission as rp join public.permission as p on p.id = rp.permission_id
                   where rp.agency_id = u.agency_id and rp.user_role = u.role
                   order by p.key) as overrides
      from app.session as s
      join public."user" as u on u.id = s.user_id
      where s.id = wanted and s.revoked_at is null and s.expires_at > at and u.is_active
    ) as live;
  end if;
end
$$;
