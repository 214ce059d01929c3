-- name: agencies_due
-- The agencies with e-mails to send, ids only.
select distinct agency_id from public.email_queue
where status = 'pending' and (begun_at is null and scheduled_for <= %(at)s or sent_at is not null)
  or (status = 'sending' or status = 'pending' and begun_at is not null)
    and updated_at < now() - interval '30 minutes'

-- name: as_they_were
-- What was sent stays sent, whoever saves the row as it had been before.
update public.email_queue set status = 'sent'
where agency_id = %(agency_id)s and status = 'pending' and sent_at is not null

-- name: cancel_late
-- What was due long ago is not sent by surprise: a person plans it anew.
update public.email_queue set status = 'cancelled', error_message = %(reason)s
where agency_id = %(agency_id)s and status = 'pending' and begun_at is null and scheduled_for < %(late_before)s

-- name: due
-- E-mails to send now, and those whose jobs were lost for good: they may be out.
select id from public.email_queue
where agency_id = %(agency_id)s
  and (status = 'pending' and begun_at is null and scheduled_for <= %(at)s
    or (status = 'sending' or status = 'pending' and begun_at is not null)
      and updated_at < now() - interval '30 minutes')
order by scheduled_for limit %(limit)s

-- name: begin
-- They are being sent from here on; one that was begun before may be out already.
with fresh as (
  update public.email_queue as e
  set status = 'sending', begun_at = %(at)s, attempts = e.attempts + 1, error_message = null
  where e.agency_id = %(agency_id)s and e.id = any (%(ids)s) and e.status = 'pending' and e.begun_at is null
    and e.attempts < e.attempts_max
  returning e.id
)
select e.id, e.client_id, e.to_email, e.from_email, e.reply_to, e.subject, e.body_text, e.body_html, e.attempts,
       e.attempts_max, f.id is not null as is_fresh
from public.email_queue as e left join fresh as f on f.id = e.id
where e.agency_id = %(agency_id)s and e.id = any (%(ids)s) and e.status in ('pending', 'sending')

-- name: settle
-- What became of one; a refusal of this moment is tried again later, as often as the row allows.
update public.email_queue
set status = case when %(status)s = 'pending' and attempts >= attempts_max then 'failed' else %(status)s end,
    sent_at = case when %(status)s = 'sent' then %(at)s::timestamptz end,
    begun_at = case when %(status)s in ('sent', 'unknown') then coalesce(begun_at, %(at)s::timestamptz) end,
    error_message = %(reason)s,
    scheduled_for = case when %(status)s = 'pending' then %(again_at)s::timestamptz else scheduled_for end
where agency_id = %(agency_id)s and id = %(id)s and status in ('sending', 'pending')
returning client_id, campaign_id, subject

-- name: whom_to_ask
-- Who answers for a campaign's e-mails: whose account it writes with, else whoever made it.
select coalesce(a.user_id, c.created_by) as user_id
from public.campaign as c
left join public.linkedin_account as a on a.agency_id = c.agency_id and a.id = c.linkedin_account_id
where c.agency_id = %(agency_id)s and c.id = %(campaign_id)s and coalesce(a.user_id, c.created_by) is not null
