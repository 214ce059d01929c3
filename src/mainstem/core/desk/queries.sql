-- What stands on a person's desk. Every query runs in a tenant transaction.

-- name: desk
-- What stands around every page: the agency's face, what is unread, the chosen client's name.
select a.name as agency, a.slug,
       case jsonb_typeof(a.settings -> 'brand') when 'object' then a.settings -> 'brand' else '{}' end as brand,
       (select count(*) from (
          select from public.notification as n
          where n.agency_id = a.id and n.user_id = %(user_id)s and n.read_at is null and n.dismissed_at is null
          limit 100) as waiting) as unread,
       (select c.name from public.client as c where c.agency_id = a.id and c.id = %(client_id)s) as client
from public.agency as a
where a.id = %(agency_id)s

-- name: change_face
-- Give the agency another name and face; the rest of its settings stays as it is.
update public.agency
set name = %(name)s, settings = (settings - 'brand') || jsonb_build_object('brand', %(brand)s::jsonb)
where id = %(agency_id)s

-- name: choices
-- The clients that somebody may choose to look at.
select id, name
from public.client
where agency_id = %(agency_id)s and name ilike %(pattern)s
order by name
limit %(rows_max)s

-- name: views
-- The saved lists of a page.
select id, name, query
from public.saved_view
where agency_id = %(agency_id)s and user_id = %(user_id)s and page = %(page)s
order by position, name
limit %(rows_max)s

-- name: save_view
-- Save a list, in place of the one of that name.
insert into public.saved_view (agency_id, user_id, page, name, query)
values (%(agency_id)s, %(user_id)s, %(page)s, %(name)s, %(query)s)
on conflict (agency_id, user_id, page, name) do update set query = excluded.query

-- name: drop_view
-- Delete a saved list of the person's own.
delete from public.saved_view
where agency_id = %(agency_id)s and user_id = %(user_id)s and id = %(view_id)s

-- name: notifications
-- The newest messages to the person.
select id, kind, title, body, link, read_at, created_at
from public.notification
where agency_id = %(agency_id)s and user_id = %(user_id)s and dismissed_at is null
order by id desc
limit %(rows_max)s

-- name: mark_read
-- Mark one message as read, or all of the person's.
update public.notification
set read_at = now()
where agency_id = %(agency_id)s and user_id = %(user_id)s and read_at is null
  and (%(notification_id)s::uuid is null or id = %(notification_id)s)
