-- name: agencies_due
-- The agencies with accounts whose conversations are open and were not looked at for a while, or that
-- were disconnected.
select distinct a.agency_id from public.linkedin_account as a
where a.unipile_account_id is not null
  and (a.inbox_read_at is null or a.inbox_read_at <= case
    when a.status = 'active' and app.is_awake(%(at)s, a.timezone, a.work_days, a.work_starts_at, a.work_ends_at)
    then %(before)s::timestamptz else %(before_asleep)s::timestamptz end)
  and (a.status = 'expired'
    or a.status = 'active' and (a.paused_until is null or a.paused_until <= %(at)s)
      and exists (select from public.dm_sequence as q
                  where q.agency_id = a.agency_id and q.linkedin_account_id = a.id and q.status = 'in_progress'))

-- name: due
-- Accounts whose conversations are open and were not looked at for a while, or that were disconnected;
-- taken.
with due as (
  select a.id from public.linkedin_account as a
  where a.agency_id = %(agency_id)s and a.unipile_account_id is not null
    and (a.inbox_read_at is null or a.inbox_read_at <= case
      when a.status = 'active' and app.is_awake(%(at)s, a.timezone, a.work_days, a.work_starts_at, a.work_ends_at)
      then %(before)s::timestamptz else %(before_asleep)s::timestamptz end)
    and (a.status = 'expired'
      or a.status = 'active' and (a.paused_until is null or a.paused_until <= %(at)s)
        and exists (select from public.dm_sequence as q
                    where q.agency_id = a.agency_id and q.linkedin_account_id = a.id and q.status = 'in_progress'))
  order by a.inbox_read_at nulls first
  limit %(limit)s
  for update of a skip locked
)
update public.linkedin_account as a set inbox_read_at = %(at)s
from due where a.agency_id = %(agency_id)s and a.id = due.id
returning a.id, a.client_id

-- name: requests
-- What looking takes. Contacts are looked at only where somebody was invited, and rarely.
select a.id, a.unipile_account_id, a.status = 'expired' as is_lost, a.inbox_read_to, a.inbox_cursor,
       a.inbox_cursor_after,
       (a.relations_read_at is null or a.relations_read_at <= %(relations_before)s)
         and exists (select from public.pending_connection as p
                     where p.agency_id = a.agency_id and p.linkedin_account_id = a.id and p.status in ('waiting', 'unknown'))
         as wants_relations,
       array(select p.provider_person_id from public.pending_connection as p
             where p.agency_id = a.agency_id and p.linkedin_account_id = a.id and p.status in ('waiting', 'unknown')
             order by p.sent_at nulls first limit %(people_max)s) as waiting
from public.linkedin_account as a
where a.agency_id = %(agency_id)s and a.id = any (%(ids)s)

-- name: is_lost
-- Whether it is still as it was: what was stopped meanwhile, a person lets go on.
select id from public.linkedin_account
where agency_id = %(agency_id)s and id = %(account_id)s and status = 'expired'
for update

-- name: looked
-- How far all was taken in, of each account. A look that did not get to its end goes on there, soon.
update public.linkedin_account as a
set inbox_read_to = case when l.is_whole then greatest(a.inbox_read_to, a.inbox_cursor_newest, l.newest)
                         else a.inbox_read_to end,
    inbox_cursor = case when a.unipile_account_id = l.account then l.cursor end,
    inbox_cursor_after = case when l.cursor is not null then l.after end,
    inbox_cursor_newest = case when l.cursor is not null then greatest(a.inbox_cursor_newest, l.newest) end,
    inbox_read_at = case when l.has_more then null else a.inbox_read_at end,
    relations_read_at = case when l.read_relations then %(at)s::timestamptz else a.relations_read_at end
from json_to_recordset(%(looks)s::json) as l (
  account_id uuid, account text, newest timestamptz, after timestamptz, cursor text, is_whole boolean, has_more boolean,
  read_relations boolean)
where a.agency_id = %(agency_id)s and a.id = l.account_id

-- name: waiting_for
-- Whom the account has invited.
select provider_person_id from public.pending_connection
where agency_id = %(agency_id)s and linkedin_account_id = %(account_id)s and status in ('waiting', 'unknown')
  and provider_person_id = any (%(people)s)

-- name: known_messages
-- Which of these messages were taken in.
select linkedin_account_id, unipile_message_id from public.processed_message
where agency_id = %(agency_id)s and linkedin_account_id = any (%(accounts)s) and event = 'message_received'
  and unipile_message_id = any (%(ids)s)
