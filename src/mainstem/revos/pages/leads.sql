-- What the page of a lead reads.

-- name: timeline
-- Everything that happened to one lead, and what is still to come, in its order. `text` is what somebody wrote,
-- `state` what became of it, `ledger` what the send ledger holds of it, `reason` why.
with one as (
  select l.agency_id, l.id, l.campaign_id, l.linkedin_id, l.email, l.email_confidence, l.captured_at, l.created_at,
         l.source, l.dm_sequence_id
  from public.lead as l where l.agency_id = %(agency_id)s and l.id = %(lead_id)s
)
select * from (
  select one.created_at as at, 'found' as kind, null as text, one.source as state, null as ledger, null as reason,
         null as name, null::uuid as link_id, null::numeric as sureness
  from one
  union all
  select coalesce(k.commented_at, k.created_at), 'comment', k.content, null, null, left(p.content, 80), null, null, null
  from one
  join public.post as p on p.agency_id = one.agency_id and p.campaign_id = one.campaign_id
  join public.comment as k on k.agency_id = p.agency_id and k.post_id = p.id and k.author_linkedin_id = one.linkedin_id
  union all
  select t.created_at, 'judged', null, t.status, null, t.reason, t.match_kind, null, t.score
  from one
  join public.comment as k on k.agency_id = one.agency_id and k.author_linkedin_id = one.linkedin_id
  join public.triggered_comment as t
    on t.agency_id = k.agency_id and t.comment_id = k.id and t.campaign_id = one.campaign_id
  union all
  select happened.at, 'invitation', null, happened.state, null, i.error_slug, a.account_name, null, null
  from one
  join public.pending_connection as i on i.agency_id = one.agency_id and i.lead_id = one.id
  left join public.linkedin_account as a on a.agency_id = i.agency_id and a.id = i.linkedin_account_id
  cross join lateral (values
    (i.replied_at, 'answered in public'), (i.sent_at, 'sent'), (i.accepted_at, 'accepted'),
    (case when i.status not in ('invitation_sent', 'accepted') then i.updated_at end, i.status)
  ) as happened (at, state)
  where happened.at is not null
  union all
  select coalesce(s.sent_at, s.claimed_at, s.scheduled_for, s.created_at), 'message', s.message, s.status, d.status,
         coalesce(s.error_message, d.error_message), s.purpose, null, null
  from one
  join public.dm_step as s on s.agency_id = one.agency_id and s.dm_sequence_id = one.dm_sequence_id
  left join public.dm_delivery as d on d.agency_id = one.agency_id and d.campaign_id = one.campaign_id
    and d.provider_person_id = one.linkedin_id and d.step = s.step
  union all
  select coalesce(m.sent_at, m.created_at), case m.direction when 'inbound' then 'reply' else 'by_hand' end, m.message,
         null, null, null, null, null, null
  from one
  join public.dm_message as m on m.agency_id = one.agency_id and m.lead_id = one.id
  where m.direction = 'inbound' or not exists (
    select from public.dm_step as s where s.agency_id = m.agency_id and s.dm_sequence_id = m.dm_sequence_id
      and s.unipile_message_id = m.unipile_message_id)
  union all
  select coalesce(r.reviewed_at, r.created_at), 'address', coalesce(r.confirmed_email, r.candidate_email), r.status, null,
         null, nullif(concat_ws(' ', u.first_name, u.last_name), ''), null, r.confidence
  from one
  join public.email_extraction_review as r on r.agency_id = one.agency_id and r.lead_id = one.id
  left join public."user" as u on u.agency_id = r.agency_id and u.id = r.reviewed_by
  union all
  select one.captured_at, 'captured', one.email, null, null, null, null, null, one.email_confidence
  from one where one.captured_at is not null and one.email is not null
  union all
  select h.created_at, 'webhook', null, h.status, null, h.error_message, w.name, h.id, null
  from one
  join public.webhook_delivery as h on h.agency_id = one.agency_id and h.lead_id = one.id
  join public.webhook_config as w on w.agency_id = h.agency_id and w.id = h.webhook_config_id
  union all
  select q.link_clicked_at, 'followed', null, null, null, null, null, null, null
  from one
  join public.dm_sequence as q on q.agency_id = one.agency_id and q.id = one.dm_sequence_id
  where q.link_clicked_at is not null
) as every
order by at, array_position(array['comment', 'judged', 'found'], kind) nulls last
limit 300
