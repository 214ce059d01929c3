-- name: account
-- One account as its page shows it.
select a.id, a.client_id, a.account_name as name, k.name as client, a.display_name, a.headline, a.status,
       a.status_reason, a.status_changed_at, a.paused_until, a.timezone, a.work_days,
       to_char(a.work_starts_at, 'HH24:MI') as work_starts_at, to_char(a.work_ends_at, 'HH24:MI') as work_ends_at,
       a.warmup_started_on, a.warmup_days, a.unipile_account_id is not null as is_linked
from public.linkedin_account as a
left join public.client as k on k.agency_id = a.agency_id and k.id = a.client_id
where a.agency_id = %(agency_id)s and a.id = %(account_id)s

-- name: used
-- What was asked of the provider in the last day, by route, beside the account's own caps.
select r.route as label, r.most,
       (select count(*) from public.provider_call as c
        where c.agency_id = a.agency_id and c.linkedin_account_id = a.id and c.route = r.route
          and c.called_at > now() - interval '1 day')::integer as number
from public.linkedin_account as a
cross join lateral (values
  (1, 'dm', a.daily_dm_cap), (2, 'invitation', a.daily_invitation_cap), (3, 'comment', a.daily_comment_cap),
  (4, 'reaction', a.daily_reaction_cap), (5, 'post', a.daily_post_cap), (6, 'read_comments', 90)) as r (place, route, most)
where a.agency_id = %(agency_id)s and a.id = %(account_id)s
order by r.place
